using Ballast.Cpu;

namespace Ballast.Tests.Ops.Index;

/// <summary>Changes the number of threads, so it runs beside nothing else.</summary>
[Collection("WorkerPoolTests")]
public sealed class IndexThreadTests
{
    [Fact]
    public void Sums_do_not_depend_on_the_number_of_threads()
    {
        Tensor places = Tensor.Arange(20_000).Mul(31).Remainder(50), values = Differences.Weight([20_000, 9]).ToFloat();
        float[] many = Tensor.Zeros([50, 9]).IndexAdd(0, places, values).ToArray<float>();
        int before = WorkerPool.Threads;
        WorkerPool.Threads = 1;
        try
        {
            Assert.Equal(many, Tensor.Zeros([50, 9]).IndexAdd(0, places, values).ToArray<float>());
            Assert.Equal(many, Tensor.Zeros([50, 9]).ScatterAdd(0, places.Reshape(-1, 1).Expand(20_000, 9), values).ToArray<float>());
        }
        finally
        {
            WorkerPool.Threads = before;
        }
    }
}
