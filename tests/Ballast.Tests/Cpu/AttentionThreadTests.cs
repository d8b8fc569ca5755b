using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Cpu;

/// <summary>How many threads share the blocks of an attention; the count is the process's, so nothing may run beside.</summary>
[Collection(nameof(WorkerPoolTests))]
public sealed class AttentionThreadTests : IDisposable
{
    private readonly int _threads = CpuOptions.Threads;

    public void Dispose() => CpuOptions.Threads = _threads;

    [Theory]
    [InlineData(5, 200)]
    [InlineData(1, 300)]
    [InlineData(7, 2)]
    public void A_result_does_not_depend_on_the_threads(int heads, int queries)
    {
        float[][] results = new float[4][];
        for (int i = 0; i < 2; i++)
        {
            CpuOptions.Threads = 1 + 2 * i;
            Tensor q = NnTensors.Random([heads, queries, 24], 1, DType.Float32).WithGrad();
            Tensor k = NnTensors.Random([heads, 200, 24], 2, DType.Float32);
            Tensor y = Tensor.ScaledDotProductAttention(q, k, k, causal: true);
            y.Sum().Backward();
            (results[i], results[2 + i]) = (y.ToArray<float>(), q.Grad!.ToArray<float>());
        }
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[2], results[3]);
    }
}
