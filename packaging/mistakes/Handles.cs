using Ballast;

namespace Mistakes;

/// <summary>Buffers and layers that are made at the wrong place or in the wrong way.</summary>
public sealed partial class Buffers(int width) : Module, IForward<Tensor, Tensor>
{
    public Buffer Ramp { get; } = new(Tensor.Arange(0, width), persistent: false);
    public Buffer Noise { get; } = new(Tensor.RandN(4), persistent: false);
    public Linear Proj => new(4, 4);
    public Buffer LayerNorm { get; } = new(Tensor.Ones(4));
    public Buffer layer_norm = new(Tensor.Ones(4));
    public Buffer Mean { get; private set; } = new(Tensor.Zeros(4));

    public Tensor Forward(Tensor x)
    {
        Mean = new Buffer(x.Mean(0));
        return Proj.Forward(x) * LayerNorm * layer_norm + Ramp - Mean + Noise;
    }
}

/// <summary>Weights that are tied by their tensor, copied, or made in Forward.</summary>
public sealed partial class Tied : Module, IForward<Tensor, Tensor>
{
    public Buffer First { get; }
    public Embedding Table { get; } = new(4, 4);
    public Parameter Out { get; }

    public Tied()
    {
        First = new Buffer(Table.Weight, keepDType: true);
        Out = new Parameter(Table.Weight);
    }

    public Tensor Forward(Tensor x)
    {
        var noise = Tensor.Zeros(4);
        x = new Linear(4, 4).Forward(x) + noise;
        return x.MatMul(Out.T) + First;
    }
}
