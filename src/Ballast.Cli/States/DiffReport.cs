using System.Text.Json.Serialization;

namespace Ballast.Cli.States;

/// <summary>What differs between two checkpoints; the JSON of <c>diff --json</c>.</summary>
/// <param name="A">The first file.</param>
/// <param name="B">The second file.</param>
/// <param name="Compared">Names that both have.</param>
/// <param name="Equal">True when nothing differs.</param>
/// <param name="Differences">In the order of A, then what only B has.</param>
internal sealed record DiffReport(string A, string B, int Compared, bool Equal, DiffEntry[] Differences)
{
    /// <summary>Compares two checkpoints.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="tolerance">Elements this close are equal.</param>
    /// <param name="ignoreDType">True: equal values of two dtypes are no difference.</param>
    /// <param name="progress">Hears of every name before it is compared.</param>
    public static DiffReport Of(StateFile a, StateFile b, double tolerance, bool ignoreDType, Action<string> progress)
    {
        var differences = new List<DiffEntry>();
        int compared = 0;
        foreach ((string name, Tensor left) in a.Tensors)
        {
            if (!b.Tensors.TryGetValue(name, out Tensor? right))
            {
                differences.Add(new DiffEntry(name, "only in A", TensorText.Of(left), null, null));
                continue;
            }
            compared++;
            progress(name);
            if (Compare(name, left, right, tolerance, ignoreDType) is { } difference) differences.Add(difference);
        }
        foreach ((string name, Tensor right) in b.Tensors)
            if (!a.Tensors.ContainsKey(name)) differences.Add(new DiffEntry(name, "only in B", null, TensorText.Of(right), null));
        return new DiffReport(a.Path, b.Path, compared, differences.Count == 0, [.. differences]);
    }

    private static DiffEntry? Compare(string name, Tensor left, Tensor right, double tolerance, bool ignoreDType)
    {
        TensorText a = TensorText.Of(left), b = TensorText.Of(right);
        if (left.Shape != right.Shape) return new DiffEntry(name, "shape", a, b, null);
        TensorDifference values = TensorDifference.Of(left, right, tolerance);
        if (values.Different > 0) return new DiffEntry(name, "values", a, b, values);
        return left.DType != right.DType && !ignoreDType ? new DiffEntry(name, "dtype", a, b, values) : null;
    }
}

/// <summary>One name that differs.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="What">"only in A", "only in B", "shape", "dtype" (equal values of two dtypes), or "values".</param>
/// <param name="A">The tensor in A.</param>
/// <param name="B">The tensor in B.</param>
/// <param name="Values">By how much the values differ, where the shapes are one.</param>
internal sealed record DiffEntry(string Name, string What, TensorText? A, TensorText? B, TensorDifference? Values);

/// <summary>A tensor's dtype and shape.</summary>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Elements along each axis.</param>
internal sealed record TensorText([property: JsonPropertyName("dtype")] string DType, int[] Shape)
{
    /// <summary>Of a tensor.</summary>
    public static TensorText Of(Tensor tensor) => new(tensor.DType.Name, tensor.Shape.ToArray());

    /// <summary>The shape in brackets.</summary>
    [JsonIgnore]
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <inheritdoc/>
    public override string ToString() => $"{DType} {ShapeText}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DiffReport))]
internal sealed partial class DiffJson : JsonSerializerContext;
