using System.Text.Json;
using Ballast.Formats;

namespace Ballast.Tests.Ops.Nn;

/// <summary>One case of a golden file: PyTorch's inputs, outputs and gradients with the options they came from.</summary>
internal sealed class GoldenCase
{
    private static readonly Lazy<IReadOnlyDictionary<string, Tensor>> _layers = new(() => Safetensors.Load(PathOf("layers")));
    private static readonly Lazy<IReadOnlyDictionary<string, Tensor>> _optimizers = new(() => Safetensors.Load(PathOf("optimizers")));
    private static readonly Lazy<IReadOnlyDictionary<string, string>> _layerOptions = new(() => Safetensors.LoadMetadata(PathOf("layers")));
    private static readonly Lazy<IReadOnlyDictionary<string, string>> _optimizerOptions =
        new(() => Safetensors.LoadMetadata(PathOf("optimizers")));

    private readonly IReadOnlyDictionary<string, Tensor> _tensors;
    private readonly string _name;

    private GoldenCase(string name, IReadOnlyDictionary<string, Tensor> tensors, string options)
    {
        _name = name;
        _tensors = tensors;
        Options = JsonDocument.Parse(options).RootElement;
    }

    public JsonElement Options { get; }

    public static GoldenCase Layer(string name) => new(name, _layers.Value, _layerOptions.Value[name]);

    public static GoldenCase Optimizer(string name) => new(name, _optimizers.Value, _optimizerOptions.Value[name]);

    /// <summary>The names of the layer cases of one op, in alphabetical order.</summary>
    public static IEnumerable<string> Layers(string op) => Names(_layerOptions.Value, "op", op);

    /// <summary>The names of the optimizer cases of one class.</summary>
    public static IEnumerable<string> Optimizers(string optimizer) => Names(_optimizerOptions.Value, "optimizer", optimizer);

    /// <summary>A tensor of the case, copied out of the file.</summary>
    public Tensor this[string name] => _tensors[$"{_name}/{name}"].Clone();

    public Tensor? Find(string name) => _tensors.TryGetValue($"{_name}/{name}", out Tensor? tensor) ? tensor.Clone() : null;

    /// <summary>
    /// Runs the op on the case's inputs and compares its output, and the gradients of Σ output·loss_weight, with PyTorch's.
    /// </summary>
    public void Check(Func<GoldenInputs, Tensor> function, double tolerance = 2e-6)
    {
        var inputs = new GoldenInputs(this);
        Tensor output = function(inputs);
        NnTensors.Near(this["output"], output, tolerance);
        if (Find("loss_weight") is not { } weight) return;
        (output * weight).Sum().Backward();
        int compared = 0;
        foreach ((string name, Tensor leaf) in inputs.Used)
        {
            if (Find($"grad_{name}") is not { } expected) continue;
            Assert.NotNull(leaf.Grad);
            NnTensors.Near(expected, leaf.Grad!, tolerance);
            compared++;
        }
        Assert.Equal(_tensors.Keys.Count(k => k.StartsWith($"{_name}/grad_", StringComparison.Ordinal)), compared);
    }

    private static string PathOf(string file) => Repository.Golden($"{file}.safetensors");

    private static IEnumerable<string> Names(IReadOnlyDictionary<string, string> all, string key, string value) => all
        .Where(pair => pair.Value.StartsWith('{') && JsonDocument.Parse(pair.Value).RootElement.TryGetProperty(key, out JsonElement found)
            && found.GetString() == value)
        .Select(pair => pair.Key).Order(StringComparer.Ordinal);
}

/// <summary>The inputs of a case by name; those with a stored gradient become leaves that require one.</summary>
internal sealed class GoldenInputs(GoldenCase source)
{
    public Dictionary<string, Tensor> Used { get; } = [];

    public JsonElement Options => source.Options;

    public Tensor this[string name] => Find(name) ?? throw new KeyNotFoundException(name);

    public Tensor? Find(string name)
    {
        if (Used.TryGetValue(name, out Tensor? used)) return used;
        if (source.Find(name) is not { } tensor) return null;
        if (source.Find($"grad_{name}") is not null) tensor.RequiresGrad = true;
        return Used[name] = tensor;
    }
}
