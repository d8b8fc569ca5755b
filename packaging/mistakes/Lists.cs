using Ballast;

namespace Mistakes;

/// <summary>Modules and variables in ordinary collections.</summary>
public sealed partial class Lists : Module, IForward<Tensor, Tensor>
{
    private readonly List<Linear> _layers = new();
    private readonly Linear[] _pair = [new(4, 4), new(4, 4)];
    private readonly Dictionary<string, Linear> _named = new() { ["one"] = new Linear(4, 4) };
    private readonly List<IForward<Tensor, Tensor>> _steps = [new ReLU(), new Linear(4, 4)];
    private readonly List<Parameter> _scales = [new(Tensor.Ones(4))];

    public Lists(int depth)
    {
        for (int i = 0; i < depth; i++) _layers.Add(new Linear(4, 4));
    }

    public Tensor Forward(Tensor x)
    {
        foreach (var layer in _layers) x = layer.Forward(x);
        foreach (var layer in _pair) x = layer.Forward(x);
        foreach (var step in _steps) x = step.Forward(x);
        foreach (var scale in _scales) x = x * scale;
        return _named["one"].Forward(x);
    }
}

/// <summary>A module behind a type parameter.</summary>
public sealed partial class Choice<T>(T inner) : Module, IForward<Tensor, Tensor> where T : class, IForward<Tensor, Tensor>
{
    private readonly T _inner = inner;

    public Tensor Forward(Tensor x) => _inner.Forward(x);
}
