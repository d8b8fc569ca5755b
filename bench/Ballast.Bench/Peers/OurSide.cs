using Ballast.Bench.Measuring;
using Ballast.Models;
using Ballast.Optimizers;

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
        Tensor x = Normal(rows, columns);
        var layer = new LayerNorm(columns);
        return WithoutGradients(() => layer.Forward(x));
    }

    public static Workload Linear(int rows, int inFeatures, int outFeatures)
    {
        Tensor x = Normal(rows, inFeatures);
        var layer = new Linear(inFeatures, outFeatures);
        return WithoutGradients(() => layer.Forward(x));
    }

    public static Workload TrainCharGpt() => new(CharGptStep(), Forget);

    /// <summary>One training step of the <c>train char-gpt</c> model on one batch, again at every call.</summary>
    public static Action CharGptStep()
    {
        var model = new Gpt(new GptConfig
        {
            VocabularySize = CharGpt.Vocabulary, BlockLength = CharGpt.Block,
            Width = CharGpt.Width, Heads = CharGpt.Heads, Layers = CharGpt.Layers,
        });
        var optimizer = new AdamW(model.NamedParameters(), CharGpt.LearningRate, weightDecay: CharGpt.WeightDecay);
        Tensor inputs = Tokens(), targets = Tokens().Reshape(-1);
        return () =>
        {
            optimizer.ZeroGrad();
            Tensor loss = model.Forward(inputs).Reshape(-1, CharGpt.Vocabulary).CrossEntropy(targets);
            loss.Backward();
            optimizer.Step();
            _ = loss.Item<float>();
        };
    }

    private static Tensor Tokens()
    {
        var tokens = new long[CharGpt.Batch * CharGpt.Block];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = (long)(Generator.Default.NextFloat64() * CharGpt.Vocabulary);
        return Tensor.From(tokens, [CharGpt.Batch, CharGpt.Block]);
    }

    private static Workload WithoutGradients(Func<Tensor> work) => Doing(() =>
    {
        using (Autograd.NoGrad()) return work();
    });

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
