using Ballast.Tests.Conformance.State;

namespace Ballast.Tests.Modules;

/// <summary>A module tree drawn from a seed: ties, views, absent slots, containers, extra state and children on meta.</summary>
internal sealed class RandomTree
{
    private readonly Random _random;
    private readonly List<Parameter> _parameters = [];
    private readonly List<Buffer> _buffers = [];
    private readonly List<Module> _modules = [];
    private int _names;

    public RandomTree(int seed)
    {
        _random = new Random(seed);
        Root = Node(0);
    }

    public Module Root { get; }

    /// <summary>True if some state has no data.</summary>
    public bool HasMeta { get; private set; }

    private Module Node(int depth)
    {
        Module node;
        switch (_random.Next(6))
        {
            case 0 when depth > 0:
                node = new ModuleList<Module>(Enumerable.Range(0, _random.Next(3)).Select(_ =>
                Child(depth + 1)).ToArray()); break;
            case 1: node = new ParameterList(Enumerable.Range(0, _random.Next(3)).Select(_ => Parameter()).ToArray()); break;
            case 2:
                var dictionary = new BufferDictionary();
                for (int i = _random.Next(3); i > 0; i--) dictionary.Add(Name(), Buffer());
                node = dictionary;
                break;
            case 3: node = new WithExtra { Words = $"word {_random.Next(100)}" }; break;
            default: node = new Empty(); break;
        }
        for (int i = _random.Next(5); i > 0; i--) Register(node, depth);
        _modules.Add(node);
        return node;
    }

    private Module Child(int depth)
    {
        // A module that is there already is finished, so it cannot contain itself.
        if (_modules.Count > 0 && _random.Next(5) == 0) return _modules[_random.Next(_modules.Count)];
        if (_random.Next(12) > 0) return Node(depth);
        HasMeta = true;
        using (Device.Meta.AsDefault()) return new Linear(_random.Next(1, 3), 2);
    }

    private void Register(Module node, int depth)
    {
        switch (_random.Next(depth < 3 ? 8 : 5))
        {
            case 0 or 1: node.RegisterParameter(Name(), _random.Next(6) == 0 ? null : Parameter()); break;
            case 2 or 3: node.RegisterBuffer(Name(), _random.Next(6) == 0 ? null : Buffer()); break;
            case 4: node.RegisterModule<Module>(Name(), null); break;
            default: node.RegisterModule(Name(), Child(depth + 1)); break;
        }
    }

    private string Name() => $"n{_names++}";

    private Parameter Parameter()
    {
        if (_parameters.Count > 0 && _random.Next(4) == 0) return _parameters[_random.Next(_parameters.Count)];
        var parameter = new Parameter(Value(), requiresGrad: _random.Next(4) > 0);
        if (parameter.RequiresGrad && _random.Next(3) == 0) parameter.Grad = Tensor.Full(parameter.Shape, 0.5);
        _parameters.Add(parameter);
        return parameter;
    }

    private Buffer Buffer()
    {
        if (_buffers.Count > 0 && _random.Next(4) == 0) return _buffers[_random.Next(_buffers.Count)];
        Buffer buffer = _random.Next(8) switch
        {
            0 => new Buffer(Tensor.From((long)_random.Next(100))),
            1 => new RunningStat(Value()),
            2 => new Buffer(Value(), keepDType: true),
            3 => new RotaryTable(2, _random.Next(1, 4)),
            4 when _parameters.Count > 0 => new Buffer(_parameters[_random.Next(_parameters.Count)].Value.Transpose(0, 1)),
            _ => new Buffer(Value(), persistent: _random.Next(3) > 0),
        };
        _buffers.Add(buffer);
        return buffer;
    }

    private Tensor Value()
    {
        int rows = _random.Next(1, 4), columns = _random.Next(1, 4);
        float[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => _random.NextSingle() - 0.5f)];
        return Tensor.From(values, [rows, columns]);
    }
}
