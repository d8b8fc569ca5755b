namespace Zoo;

/// <summary>A field of colour and density over Fourier features, after NeRF (2020). [N, 3], [N, 3] -> [N, 4].</summary>
public sealed partial class RadianceField : Module
{
    public RadianceField(int frequencies, int hidden)
    {
        Frequencies = Buffer.Derived(
            device => Tensor.From(2f, device).Pow(Tensor.Arange(frequencies, device: device).ToFloat()), keepDType: false);
        int encoded = 3 * (1 + 2 * frequencies);
        Layer1 = new(encoded, hidden);
        Layer2 = new(hidden + encoded, hidden);
        Density = new(hidden, 1);
        Colour = new(hidden + 3, 3);
    }

    public Buffer Frequencies { get; }
    public Linear Layer1 { get; }
    public Linear Layer2 { get; }
    public Linear Density { get; }

    [StateName("rgb")]
    public Linear Colour { get; }

    public Tensor Forward(Tensor points, Tensor directions)
    {
        Tensor angles = (points.Unsqueeze(-1) * Frequencies).Flatten(1);
        Tensor encoded = Tensor.Cat([points, angles.Sin(), angles.Cos()], -1);
        Tensor h = Layer1.Forward(encoded).Relu();
        h = Layer2.Forward(Tensor.Cat([h, encoded], -1)).Relu();
        Tensor colour = Colour.Forward(Tensor.Cat([h, directions], -1)).Sigmoid();
        return Tensor.Cat([colour, Density.Forward(h).Relu()], -1);
    }
}

/// <summary>Fixed waves of the coordinates, saved with the model, after Tancik et al. (2020). [N, In] -> [N, 2 * F].</summary>
public sealed partial class FourierFeatures : Module, IForward<Tensor, Tensor>
{
    public FourierFeatures(Tensor waves, int outFeatures)
    {
        B = new(waves.Clone());
        Out = new(2 * waves.Shape[1], outFeatures);
    }

    [StateName("B")]
    public Buffer B { get; }

    public Linear Out { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor angles = x.MatMul(B) * (2 * Math.PI);
        return Out.Forward(Tensor.Cat([angles.Sin(), angles.Cos()], -1));
    }
}

/// <summary>Sines between the layers, after SIREN (2020). [N, In] -> [N, Out].</summary>
public sealed partial class Siren : Module, IForward<Tensor, Tensor>
{
    private readonly double _omega;

    public Siren(int inFeatures, int hidden, int outFeatures, double omega = 30)
    {
        _omega = omega;
        Net = [new Linear(inFeatures, hidden), new Linear(hidden, hidden), new Linear(hidden, outFeatures)];
        Init.Uniform(Net[0].Weight, -1.0 / inFeatures, 1.0 / inFeatures);
        foreach (Linear layer in Net.Skip(1))
        {
            double bound = Math.Sqrt(6.0 / layer.InFeatures) / omega;
            Init.Uniform(layer.Weight, -bound, bound);
        }
    }

    public ModuleList<Linear> Net { get; }

    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < Net.Count - 1; i++) x = (Net[i].Forward(x) * _omega).Sin();
        return Net[^1].Forward(x);
    }
}

/// <summary>A function of a set: a sum of what each element gives, after Deep Sets (2017). [B, N, In] -> [B, Out].</summary>
public sealed partial class DeepSets(int inFeatures, int hidden, int outFeatures) : Module, IForward<Tensor, Tensor>
{
    public Sequential Phi { get; } = new(new Linear(inFeatures, hidden), new ReLU(), new Linear(hidden, hidden));
    public Sequential Rho { get; } = new(new Linear(hidden, hidden), new ReLU(), new Linear(hidden, outFeatures));

    public Tensor Forward(Tensor x) => Rho.Forward(Phi.Forward(x).Sum(1));
}

/// <summary>A layer over a fixed graph, its normalised adjacency a buffer, after GCN (2016). [N, In] -> [N, Out].</summary>
public sealed partial class GraphConvolution : Module, IForward<Tensor, Tensor>
{
    public GraphConvolution(float[,] edges, int inFeatures, int outFeatures)
    {
        Tensor adjacency = Tensor.From(edges) + Tensor.Eye(edges.GetLength(0));
        Tensor degree = adjacency.Sum(1).Pow(-0.5);
        Adjacency = new(degree.Unsqueeze(1) * adjacency * degree);
        Layer = new(inFeatures, outFeatures);
    }

    public Buffer Adjacency { get; }
    public Linear Layer { get; }

    public Tensor Forward(Tensor x) => Adjacency.Value.MatMul(Layer.Forward(x)).Relu();
}

/// <summary>Neighbours weighed by attention, after GAT (2017). [N, In], [N, N] -> [N, Out].</summary>
public sealed partial class GraphAttention(int inFeatures, int outFeatures) : Module
{
    [StateName("W")] public Linear Map { get; } = new(inFeatures, outFeatures, bias: false);
    public Parameter AttSource { get; } = new(Tensor.Rand(outFeatures, 1) - 0.5);
    public Parameter AttTarget { get; } = new(Tensor.Rand(outFeatures, 1) - 0.5);

    public Tensor Forward(Tensor x, Tensor adjacency)
    {
        Tensor h = Map.Forward(x), scores = h.MatMul(AttSource) + h.MatMul(AttTarget).T;
        scores = Tensor.Where(scores > 0, scores, scores * 0.2).MaskedFill(adjacency.Eq(0), -1e9);
        return scores.Softmax(-1).MatMul(h);
    }
}

/// <summary>A few fixed steps of an ordinary differential equation. [B, C] -> [B, C].</summary>
public sealed partial class OdeBlock(int width, int steps) : Module, IForward<Tensor, Tensor>
{
    public Linear In { get; } = new(width + 1, width);
    public Linear Out { get; } = new(width, width);
    public Buffer Times { get; } = Buffer.Derived(device => Tensor.Linspace(0, 1, steps + 1, device: device), keepDType: false);

    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < steps; i++)
        {
            Tensor t = Times[i], dt = Times[i + 1] - t;
            Tensor middle = x + Slope(x, t) * dt / 2;
            x = x + Slope(middle, t + dt / 2) * dt;
        }
        return x;
    }

    private Tensor Slope(Tensor x, Tensor t) => Out.Forward(In.Forward(Tensor.Cat([x, t.Expand(x.Shape[0], 1)], -1)).Tanh());
}
