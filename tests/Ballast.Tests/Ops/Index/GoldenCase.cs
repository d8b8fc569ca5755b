using System.Text.Json;
using Ballast.Formats;

namespace Ballast.Tests.Ops.Index;

/// <summary>One case of <c>Golden/ops.safetensors</c>: inputs, outputs and gradients that PyTorch computed.</summary>
internal sealed class GoldenCase
{
    private static readonly string _path = Repository.Golden("ops.safetensors");
    private static readonly IReadOnlyDictionary<string, Tensor> _tensors = Safetensors.Load(_path, map: false);
    private static readonly IReadOnlyDictionary<string, string> _metadata = Safetensors.LoadMetadata(_path);
    private readonly string _name;

    public GoldenCase(string name)
    {
        _name = name;
        Options = JsonDocument.Parse(_metadata[name]).RootElement;
    }

    /// <summary>The op and its options.</summary>
    public JsonElement Options { get; }

    public Tensor this[string tensor] => _tensors[$"{_name}/{tensor}"];

    public bool Has(string tensor) => _tensors.ContainsKey($"{_name}/{tensor}");

    /// <summary>A fresh leaf, with a gradient if PyTorch's case has one for it.</summary>
    public Tensor Leaf(string tensor)
    {
        Tensor leaf = this[tensor].Clone();
        return Has($"grad_{tensor}") ? leaf.WithGrad() : leaf;
    }

    /// <summary>Compares an output, and the gradients of the leaves, within 1e-6.</summary>
    public void Check(Tensor output, string name = "output", params (string Name, Tensor Leaf)[] leaves)
    {
        Same(this[name], output, 1e-6);
        if (leaves.Length == 0) return;
        Tensor weight = this[name == "output" ? "loss_weight" : $"loss_weight_{name}"];
        (output * weight).Sum().Backward();
        foreach ((string leafName, Tensor leaf) in leaves) Same(this[$"grad_{leafName}"], leaf.Grad!, 1e-6);
    }

    public static void Same(Tensor expected, Tensor actual, double tolerance = 0)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.DType, actual.DType);
        double[] e = expected.Detach().To(DType.Float64).ToArray<double>(), a = actual.Detach().To(DType.Float64).ToArray<double>();
        for (int i = 0; i < e.Length; i++)
            Assert.True(e[i].Equals(a[i]) || Math.Abs(e[i] - a[i]) <= tolerance, $"element {i}: {a[i]:R} instead of {e[i]:R}");
    }
}

/// <summary>Gradients against central differences in float64.</summary>
internal static class Differences
{
    private const double Step = 1e-5;

    /// <summary>Compares the gradient of a fixed projection of <paramref name="function"/> with differences, for every input that is
    /// floating.</summary>
    public static void Check(Func<Tensor[], Tensor> function, params Tensor[] inputs)
    {
        Tensor[] leaves = Array.ConvertAll(inputs, x => x.DType.IsFloating ? x.Detach().To(DType.Float64).Clone().WithGrad() : x);
        Tensor output = function(leaves);
        Tensor weight = Weight(output.Shape);
        (output * weight).Sum().Backward();
        using (Autograd.NoGrad())
        {
            for (int i = 0; i < leaves.Length; i++)
            {
                if (!leaves[i].RequiresGrad) continue;
                Tensor gradient = leaves[i].Grad ?? throw new InvalidOperationException($"input {i} got no gradient");
                Assert.Equal(leaves[i].Shape, gradient.Shape);
                double[] values = leaves[i].ToArray<double>(), computed = gradient.ToArray<double>();
                for (int j = 0; j < values.Length; j++)
                {
                    double numeric = (Loss(i, j, Step) - Loss(i, j, -Step)) / (2 * Step);
                    Assert.True(
                        Math.Abs(numeric - computed[j]) < 1e-6 * Math.Max(1, Math.Abs(numeric)),
                        $"input {i}, element {j}: {computed[j]:R} instead of {numeric:R}");
                }
            }
        }

        double Loss(int input, int element, double change)
        {
            Tensor[] moved = Array.ConvertAll(leaves, x => x.Detach());
            double[] values = moved[input].ToArray<double>();
            values[element] += change;
            moved[input] = Tensor.From(values, moved[input].Shape);
            return (function(moved) * weight).Sum().Item<double>();
        }
    }

    /// <summary>Numbers without pattern: fractional parts of multiples of the golden ratio.</summary>
    public static Tensor Weight(Shape shape, double seed = 0.3)
    {
        var values = new double[shape.Elements];
        for (int i = 0; i < values.Length; i++) values[i] = (seed + i * 0.6180339887498949) % 1 * 2 - 1;
        return Tensor.From(values, shape);
    }
}
