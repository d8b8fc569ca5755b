using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>Rows of single operations on Ballast, written as its users write: nothing is freed by hand.</summary>
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
        Tensor a = Normal(1, rows, depth), b = Normal(2, depth, columns);
        return Doing(() => a.MatMul(b));
    }

    public static Workload Add(int elements)
    {
        Tensor a = Normal(1, elements), b = Normal(2, elements);
        return Doing(() => a + b);
    }

    public static Workload Gelu(int rows, int columns)
    {
        Tensor x = Normal(1, rows, columns);
        return Doing(() => x.Gelu(tanh: true));
    }

    public static Workload Softmax(int rows, int columns)
    {
        Tensor x = Normal(1, rows, columns);
        return Doing(() => x.Softmax());
    }

    public static Workload LayerNorm(int rows, int columns)
    {
        Tensor x = Normal(1, rows, columns);
        var layer = new LayerNorm(columns);
        return WithoutGradients(() => layer.Forward(x));
    }

    /// <summary>y = x · Wᵀ, W [Out, In], with a bias or without.</summary>
    public static Workload Linear(int rows, int outFeatures, int inFeatures, bool bias)
    {
        Tensor x = Normal(1, rows, inFeatures), weight = Normal(2, outFeatures, inFeatures);
        var layer = new Linear(new Parameter(weight), bias ? new Parameter(Normal(3, outFeatures)) : null);
        return WithoutGradients(() => layer.Forward(x));
    }

    public static Workload Attention(int heads, int length, int headWidth)
    {
        Tensor q = Normal(1, 1, heads, length, headWidth), k = Normal(2, 1, heads, length, headWidth);
        Tensor v = Normal(3, 1, heads, length, headWidth);
        return Doing(() => Tensor.ScaledDotProductAttention(q, k, v, causal: true));
    }

    /// <summary>Work whose tensors are unreachable once it is done: the allocator has their memory again before the next row.</summary>
    public static void Forget()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static Workload WithoutGradients(Func<Tensor> work) => Doing(() =>
    {
        using (Autograd.NoGrad()) return work();
    });

    private static Workload Doing(Func<Tensor> work) => new(() => GC.KeepAlive(work()), Forget)
    {
        Answer = () => Inputs.Compared(work().Detach().AsSpan<float>()),
    };

    private static Tensor Normal(int seed, params ReadOnlySpan<int> shape)
    {
        Shape whole = Shape.Create(shape);
        return Tensor.From(Inputs.Normal(whole.Elements, seed), whole);
    }
}
