namespace Ballast.Tests.Allocation;

/// <summary>Tensors over memory that somebody else owns.</summary>
public sealed class FromMemoryTests
{
    [Fact]
    public void Both_sides_see_each_others_writes()
    {
        float[] host = [1, 2, 3, 4];
        Tensor x = Tensor.FromMemory<float>(host, [2, 2]);
        host[3] = 9;
        Assert.Equal([1, 2, 3, 9], x.ToArray<float>());
        x.MulInPlace(2);
        Assert.Equal([2, 4, 6, 18], host);
        x.T.Select(0, 0).FillInPlace(0);
        Assert.Equal([0, 4, 0, 18], host);
    }

    [Fact]
    public void A_part_of_an_array_is_enough()
    {
        int[] host = [1, 2, 3, 4, 5];
        Tensor x = Tensor.FromMemory(host.AsMemory(1, 3), [3]);
        x.AddInPlace(10);
        Assert.Equal([1, 12, 13, 14, 5], host);
    }

    [Fact]
    public void The_memory_stays_where_it_is_while_a_view_lives()
    {
        Tensor view = MakeView(out WeakReference<long[]> host);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        Assert.True(host.TryGetTarget(out _));
        Assert.Equal([2L, 3L], view.ToArray<long>());

        static Tensor MakeView(out WeakReference<long[]> weak)
        {
            long[] host = [1, 2, 3];
            weak = new WeakReference<long[]>(host);
            return Tensor.FromMemory<long>(host, [3]).Narrow(0, 1, 2);
        }
    }

    [Fact]
    public void It_takes_no_memory_of_the_device_and_a_wrong_length_is_refused()
    {
        Assert.False(Tensor.FromMemory<float>(new float[8], [8]).Storage.Pooled);
        Assert.Contains("3 values were given for shape [2, 2]",
            Assert.Throws<ShapeException>(() => Tensor.FromMemory<float>(new float[3], [2, 2])).Message, StringComparison.Ordinal);
    }
}
