namespace Zoo;

/// <summary>Votes from many small vectors to a few, agreed on in rounds, after capsules (2017). [B, I, In] -> [B, O, D].</summary>
public sealed partial class Capsules(int inputs, int inFeatures, int outputs, int width, int rounds = 2) : Module, IForward<Tensor, Tensor>
{
    public Parameter Weight { get; } = new(Tensor.Rand(1, inputs, outputs, width, inFeatures) - 0.5);

    public Tensor Forward(Tensor x)
    {
        Tensor votes = Weight.Value.MatMul(x.Unsqueeze(2).Unsqueeze(-1)).Squeeze(-1);                // [B, I, O, D]
        Tensor logits = Tensor.Zeros([x.Shape[0], inputs, outputs], x.DType, x.Device), y = votes.Sum(1);
        for (int i = 0; i < rounds; i++)
        {
            y = Squash((logits.Softmax(-1).Unsqueeze(-1) * votes).Sum(1));
            logits = logits + (votes * y.Unsqueeze(1)).Sum(-1);
        }
        return y;
    }

    private static Tensor Squash(Tensor s)
    {
        Tensor squares = s.Square().Sum(-1, keep: true);
        return s * (squares / (1 + squares) / (squares + 1e-8).Sqrt());
    }
}

/// <summary>Whole samples skip a branch at random, after stochastic depth (2016). [B, C] -> [B, C].</summary>
public sealed partial class DropPath(int width, double rate) : Module, IForward<Tensor, Tensor>
{
    public Linear Branch { get; } = new(width, width);

    public Tensor Forward(Tensor x)
    {
        Tensor y = Branch.Forward(x).Relu();
        if (!Training || rate == 0) return x + y;
        Tensor keep = Tensor.Full([x.Shape[0], 1], 1 - rate, x.DType, x.Device).Bernoulli();
        return x + y * keep / (1 - rate);
    }
}

/// <summary>Whole channels dropped, and gaussian noise that keeps the mean, in one net. [B, C] -> [B, C].</summary>
public sealed partial class NoisyNet(int width) : Module, IForward<Tensor, Tensor>
{
    public Linear First { get; } = new(width, width);
    public Dropout Drop { get; } = new(0.2);
    public Linear Second { get; } = new(width, width);

    public Tensor Forward(Tensor x)
    {
        Tensor h = Drop.Forward(First.Forward(x).Relu());
        if (Training) h = h * (1 + Tensor.RandNLike(h) * 0.1);
        return Second.Forward(h);
    }
}

/// <summary>A layer whose noise is learned, after NoisyNet for exploration (2017); the noise is a buffer. [B, In] -> [B, Out].</summary>
public sealed partial class NoisyLinear : Module, IForward<Tensor, Tensor>
{
    public NoisyLinear(int inFeatures, int outFeatures, double sigma = 0.5)
    {
        WeightMu = new(Init.KaimingUniform(Tensor.Empty([outFeatures, inFeatures])));
        WeightSigma = new(Tensor.Full([outFeatures, inFeatures], sigma / Math.Sqrt(inFeatures)));
        WeightEpsilon = new(Tensor.Zeros(outFeatures, inFeatures));
    }

    public Parameter WeightMu { get; }
    public Parameter WeightSigma { get; }
    public Buffer WeightEpsilon { get; }

    public void ResetNoise() => WeightEpsilon.Value.NormalInPlace();

    public Tensor Forward(Tensor x) => Tensor.Linear(x, WeightMu + WeightSigma * WeightEpsilon.Value.Clone());
}

/// <summary>The largest of several layers, after maxout (2013). [B, In] -> [B, Out].</summary>
public sealed partial class Maxout(int inFeatures, int outFeatures, int pieces) : Module, IForward<Tensor, Tensor>
{
    private readonly ModuleList<Linear> _pieces = new(Enumerable.Range(0, pieces).Select(_ => new Linear(inFeatures, outFeatures)));

    public Tensor Forward(Tensor x) => Tensor.Stack([.. _pieces.Select(piece => piece.Forward(x))]).Max(0);
}

/// <summary>Learned curves on a fixed grid instead of weights, after KAN (2024). [B, In] -> [B, Out].</summary>
public sealed partial class SplineLayer(int inFeatures, int outFeatures, int knots) : Module, IForward<Tensor, Tensor>
{
    private readonly double _width = 2.0 / (knots - 1);

    public Buffer Grid { get; } = new(Tensor.Linspace(-1, 1, knots));
    public Parameter Coefficients { get; } = new(Init.Normal(Tensor.Empty([outFeatures, inFeatures * knots]), deviation: 0.1));

    public Tensor Forward(Tensor x)
    {
        Tensor hats = (1 - (x.Unsqueeze(-1) - Grid).Abs() / _width).Relu();                          // [B, In, knots]
        return Tensor.Linear(hats.Flatten(1), Coefficients);
    }
}

/// <summary>Stored patterns called back by attention, after modern Hopfield networks (2020). [B, C] -> [B, C].</summary>
public sealed partial class HopfieldMemory(int patterns, int width, double beta = 1) : Module, IForward<Tensor, Tensor>
{
    public BufferList Memories { get; } = new(Enumerable.Range(0, patterns).Select(i => new Buffer(Tensor.Eye(patterns, width)[i])));
    public Linear Query { get; } = new(width, width);

    public Tensor Forward(Tensor x)
    {
        Tensor stored = Tensor.Stack([.. Memories.Select(m => m.Value)]);
        return (Query.Forward(x).MatMul(stored.T) * beta).Softmax(-1).MatMul(stored);
    }
}

/// <summary>Statistics of several inputs in a dictionary of buffers. [B] by name -> [B].</summary>
public sealed partial class FeatureScaler : Module
{
    public FeatureScaler(IReadOnlyDictionary<string, (float Mean, float Deviation)> features)
    {
        foreach ((string name, (float mean, float deviation)) in features) Moments.Add(name, Tensor.From([mean, deviation]));
        Weights = new(features.Count, 1);
    }

    public BufferDictionary Moments { get; } = [];
    public Linear Weights { get; }

    public Tensor Forward(IReadOnlyDictionary<string, Tensor> columns)
    {
        var scaled = new List<Tensor>();
        foreach ((string name, Buffer moments) in Moments) scaled.Add((columns[name] - moments[0]) / moments[1]);
        return Weights.Forward(Tensor.Stack([.. scaled], -1)).Squeeze(-1);
    }
}

/// <summary>An ensemble with a shared base class and generic members. [B, In] -> [B, Out].</summary>
public abstract partial class Ensemble<TMember>(params TMember[] members) : Module, IForward<Tensor, Tensor>
    where TMember : Module, IForward<Tensor, Tensor>
{
    public ModuleList<TMember> Members { get; } = new(members);

    public Tensor Forward(Tensor x) => Join(Tensor.Stack([.. Members.Select(m => m.Forward(x))]));

    protected abstract Tensor Join(Tensor outputs);
}

/// <summary>Members weighed by learned numbers.</summary>
public sealed partial class WeightedEnsemble(int inFeatures, int outFeatures)
    : Ensemble<Linear>(new Linear(inFeatures, outFeatures), new Linear(inFeatures, outFeatures))
{
    public Parameter Weights { get; } = new(Tensor.Zeros(2));

    protected override Tensor Join(Tensor outputs) => (outputs * Weights.Value.Softmax().Reshape(2, 1, 1)).Sum(0);
}
