using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>The rows on Ballast, written as its users write: nothing is freed by hand.</summary>
internal static class OurSide
{
    /// <summary>How many threads one operation may use.</summary>
    public static void Start(int threads)
    {
        BallastRuntime.Start();
        CpuOptions.Threads = threads;
    }

    public static Workload Product(int rows, int columns, int depth)
    {
        Tensor a = Normal(rows, depth), b = Normal(depth, columns);
        return Doing(() => a.MatMul(b));
    }

    public static Workload Add(int elements)
    {
        Tensor a = Normal(elements), b = Normal(elements);
        return Doing(() => a + b);
    }

    public static Workload Gelu(int rows, int columns)
    {
        Tensor x = Normal(rows, columns);
        return Doing(() => x.Gelu(tanh: true));
    }

    public static Workload Softmax(int rows, int columns)
    {
        Tensor x = Normal(rows, columns);
        return Doing(() => x.Softmax());
    }

    public static Workload LayerNorm(int rows, int columns)
    {
        Tensor x = Normal(rows, columns), weight = Tensor.Ones(columns), bias = Tensor.Zeros(columns);
        return Doing(() => x.LayerNorm([columns], weight, bias));
    }

    private static Workload Doing(Func<Tensor> work) => new(() => GC.KeepAlive(work()), Forget);

    /// <summary>The row's tensors are unreachable by now: the allocator has their memory again before the next row.</summary>
    private static void Forget()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static Tensor Normal(params ReadOnlySpan<int> shape)
    {
        Shape whole = Shape.Create(shape);
        var values = new float[whole.Elements];
        for (int i = 0; i < values.Length; i++) values[i] = (float)Generator.Default.NextNormal();
        return Tensor.From(values, whole);
    }
}
