namespace Ballast.Tests.Allocation;

[Collection(AllocationCollection.Name)]
public sealed class TensorScopeTests
{
    [Fact]
    public void The_end_of_a_scope_frees_what_was_made_in_it()
    {
        long before = Device.Cpu.Memory.LiveBytes;
        Tensor made;
        using (TensorScope.Begin())
        {
            made = Tensor.Ones(1024) + 1;
            Assert.True(Device.Cpu.Memory.LiveBytes >= before + 2 * 4096);
        }
        Assert.Equal(before, Device.Cpu.Memory.LiveBytes);
        GC.KeepAlive(made);
    }

    [Fact]
    public void Using_a_freed_tensor_throws_and_names_the_way_out()
    {
        Tensor made, view;
        using (TensorScope.Begin())
        {
            made = Tensor.Ones(4, 4);
            view = made.T;
        }
        foreach (Action use in (Action[])[() => made.ToArray<float>(), () => _ = made + 1, () => view.Sum(), () => made.FillInPlace(0),
            () => made.AsSpan<float>()])
            Assert.Contains("scope.Keep", Assert.Throws<ObjectDisposedException>(use).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_outlives_the_scope_but_not_the_one_outside()
    {
        Tensor kept;
        using (TensorScope.Begin())
        {
            using (TensorScope.Begin()) kept = TensorScope.Keep(Tensor.Full([3], 7));
            Assert.Equal([7, 7, 7], kept.ToArray<long>());
        }
        Assert.Throws<ObjectDisposedException>(() => kept.ToArray<long>());
    }

    [Fact]
    public void Gradients_of_leaves_escape_every_scope()
    {
        Tensor x = Tensor.From([1f, 2f]).WithGrad();
        using (TensorScope.Begin())
        using (TensorScope.Begin())
        {
            x.Square().Sum().Backward();
            x.Square().Sum().Backward();
        }
        Assert.Equal([4, 8], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Tensors_from_before_are_left_alone()
    {
        Tensor before = Tensor.Ones(3), view;
        using (TensorScope.Begin()) view = before.Narrow(0, 1, 2);
        Assert.Equal([1, 1], view.ToArray<float>());
    }

    [Fact]
    public void Scopes_end_in_reverse_order()
    {
        TensorScope outer = TensorScope.Begin(), inner = TensorScope.Begin();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
    }
}
