using Ballast;

namespace Mistakes;

/// <summary>Plain tensors of every plain form.</summary>
public sealed partial class Attention : Module, IForward<Tensor, Tensor>
{
    private readonly Tensor _mask;
    private Tensor? _cached;
    public Tensor Bias = Tensor.Zeros(4), Gain = Tensor.Ones(4);
    public Tensor Scale { get; set; } = Tensor.Ones(4);
    private readonly List<Tensor> _heads = [];
    private readonly Tensor[] _levels = [Tensor.Ones(4), Tensor.Zeros(4)], _none = [];
    private readonly Dictionary<string, Tensor> _table = new() { ["a"] = Tensor.Ones(4) };

    public Linear Query { get; } = new(4, 4);

    public Attention(int length)
    {
        _mask = Tensor.Ones(length, length).Triu(1);
        for (int i = 0; i < 3; i++) _heads.Add(Tensor.Full([4], i));
    }

    public Tensor Forward(Tensor x)
    {
        int length = x.Shape[0] + _none.Length;
        _cached ??= Tensor.Ones([4], device: x.Device);
        x = Query.Forward(x) * Scale + Bias * Gain + _cached;
        foreach (Tensor head in _heads) x = x + head;
        for (int i = 0; i < _levels.Length; i++) x += _levels[i];
        x += _table["a"];
        return _mask[..length, ..length].MatMul(x);
    }
}
