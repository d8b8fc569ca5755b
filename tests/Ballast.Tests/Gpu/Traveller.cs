using Ballast.Optimizers;

namespace Ballast.Tests.Gpu;

/// <summary>A module with every kind of state: ties, a shared buffer, derived and non-persistent buffers, integers, bools, fixed dtypes.</summary>
internal sealed partial class Traveller : Module
{
    public Traveller(ulong seed)
    {
        var generator = new Generator(seed);
        In = new Linear(6, 10, generator: generator);
        Middle = new Linear(10, 6, generator: generator);
        Out = new Linear(In.Weight);
        Again = Shared;
        Half = new Linear(2, 3, generator: generator).To(DType.BFloat16);
    }

    public Linear In { get; }

    public Linear Middle { get; }

    public Linear Out { get; }

    public Linear Half { get; }

    public LayerNorm Norm { get; } = new(10);

    public Buffer Shared { get; } = new(Tensor.Linspace(0, 1, 10));

    public Buffer Again { get; }

    public Buffer Count { get; } = new(Tensor.From(long.MaxValue - 5));

    public Buffer Mask { get; } = new(Tensor.Ones([5, 5], DType.Bool).Triu(1));

    public Buffer Table { get; } = new(Tensor.Arange(7).To(DType.Float64) / 3, keepDType: true);

    public Buffer Cache { get; } = new(Tensor.From([float.NaN, -0.0f, float.Epsilon, float.NegativeInfinity]), persistent: false);

    public Buffer Squares { get; } = Buffer.Derived(device => Tensor.Arange(9).To(DType.Float32).Square().To(device));

    /// <summary>Leaves a gradient on every parameter but those of Half.</summary>
    public float Learn(Tensor x)
    {
        Tensor hidden = Norm.Forward(In.Forward(x)).Gelu() + Shared;
        Tensor loss = (Out.Forward(Middle.Forward(hidden)) * Again).Square().Mean();
        loss.Backward();
        return loss.Item();
    }

    /// <summary>The bits of everything: values and gradients by path.</summary>
    public Dictionary<string, (DType DType, byte[] Bytes)> Bits()
    {
        Dictionary<string, (DType, byte[])> bits = [];
        foreach ((string path, Parameter p) in NamedParameters())
        {
            bits[path] = (p.DType, OpTables.Check.Bytes(p.Value));
            if (p.Grad is { } grad) bits[path + " gradient"] = (grad.DType, OpTables.Check.Bytes(grad));
        }
        foreach ((string path, Buffer b) in NamedBuffers()) bits[path] = (b.DType, OpTables.Check.Bytes(b.Value));
        return bits;
    }

    public AdamW NewOptimizer() => new(NamedParameters(), 1e-2, weightDecay: 0.1);
}
