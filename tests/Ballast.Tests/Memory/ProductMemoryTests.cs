using Ballast.Cpu;

namespace Ballast.Tests.Allocation;

/// <summary>What a product takes; alone, because a pool that other tests keep busy is first entered at any time.</summary>
[Collection(AllocationCollection.Name)]
public sealed unsafe class ProductMemoryTests
{
    [Fact]
    public void Products_of_one_row_allocate_nothing_but_the_result()
    {
        var generator = new Generator(5);
        Tensor x = Normal(generator, 1, 512).To(DType.BFloat16), w = Normal(generator, 600, 512).To(DType.BFloat16);
        Tensor y = Tensor.Zeros(1, 600);
        Allocated();
        Assert.Equal(0, Allocated());

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 50; i++)
            {
                Gemm.Multiply<float>(
                    1, 1, 600, 512, new(x.Pointer, x.DType, 512, 1), new(w.Pointer, w.DType, 1, 512), new(y.Pointer, y.DType, 600, 1), null);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static Tensor Normal(Generator generator, params int[] shape)
    {
        Shape whole = Shape.Create(shape);
        var values = new float[whole.Elements];
        for (var i = 0; i < values.Length; i++) values[i] = (float)generator.NextNormal();
        return Tensor.From(values, whole);
    }
}
