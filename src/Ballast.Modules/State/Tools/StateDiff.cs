using System.Globalization;
using System.Text;

namespace Ballast;

/// <summary>What differs at one path of two states.</summary>
public enum StateDifference : byte
{
    /// <summary>Nothing: same dtype, shape and values.</summary>
    None,

    /// <summary>Only the first state has it.</summary>
    OnlyInFirst,

    /// <summary>Only the second state has it.</summary>
    OnlyInSecond,

    /// <summary>The shapes differ.</summary>
    Shape,

    /// <summary>The values differ; the dtypes may differ too.</summary>
    Values,

    /// <summary>The dtypes differ, and the values are equal.</summary>
    DType,

    /// <summary>One of them is on meta, so there are no values to compare.</summary>
    NoData,
}

/// <summary>One path of a comparison.</summary>
/// <param name="Path">The path.</param>
/// <param name="Kind">What differs.</param>
/// <param name="First">Dtype and shape in the first state, empty if it lacks the path.</param>
/// <param name="Second">Dtype and shape in the second state, empty if it lacks the path.</param>
/// <param name="MaxAbsolute">The largest |a − b|; NaN if one side has NaN where the other has not.</param>
/// <param name="MaxRelative">The largest |a − b| / max(|a|, |b|), 0 where both are 0.</param>
/// <param name="Differing">The number of elements that differ.</param>
public readonly record struct StateDiffEntry(
    string Path, StateDifference Kind, string First, string Second, double MaxAbsolute = 0, double MaxRelative = 0, long Differing = 0);

/// <summary>A comparison of two states, path by path.</summary>
public sealed class StateDiff
{
    private readonly List<StateDiffEntry> _entries = [];

    private StateDiff() { }

    /// <summary>All paths: those of the first state in its order, then those that only the second has.</summary>
    public IReadOnlyList<StateDiffEntry> Entries => _entries;

    /// <summary>The paths that differ.</summary>
    public IEnumerable<StateDiffEntry> Differences => _entries.Where(e => e.Kind != StateDifference.None);

    /// <summary>True if nothing differs.</summary>
    public bool IsEmpty => !Differences.Any();

    /// <summary>Compares two modules: parameters and all buffers, saved or not; ties once.</summary>
    public static StateDiff Between(Module first, Module second) => Between(All(first), All(second));

    /// <summary>Compares two states, such as state dicts or the contents of files.</summary>
    public static StateDiff Between(IReadOnlyDictionary<string, Tensor> first, IReadOnlyDictionary<string, Tensor> second)
    {
        var diff = new StateDiff();
        using (Autograd.NoGrad())
        {
            foreach ((string path, Tensor a) in first)
                diff._entries.Add(second.TryGetValue(path, out Tensor? b)
                    ? Compare(path, a, b) : new StateDiffEntry(path, StateDifference.OnlyInFirst, Text(a), ""));
            foreach ((string path, Tensor b) in second)
                if (!first.ContainsKey(path)) diff._entries.Add(new StateDiffEntry(path, StateDifference.OnlyInSecond, "", Text(b)));
        }
        return diff;
    }

    private static OrderedDictionary<string, Tensor> All(Module module)
    {
        var all = new OrderedDictionary<string, Tensor>();
        foreach (StateEntry entry in StateTree.Of(module).Distinct()) all.Add(entry.Path, entry.Variable!.Current.Detach());
        return all;
    }

    private static string Text(Tensor x) => $"{x.DType.Name} {x.Shape}";

    private static StateDiffEntry Compare(string path, Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape) return new StateDiffEntry(path, StateDifference.Shape, Text(a), Text(b));
        if (a.Device.IsMeta || b.Device.IsMeta) return new StateDiffEntry(path, StateDifference.NoData, Text(a), Text(b));
        StateDifference same = a.DType == b.DType ? StateDifference.None : StateDifference.DType;
        if (a.Elements == 0 || a.SameMemory(b)) return new StateDiffEntry(path, same, Text(a), Text(b));
        // Exact first: float64 cannot tell large integers apart.
        Tensor x = a.Detach().To(Device.Cpu), y = b.Detach().To(Device.Cpu);
        DType common = Promotion.Common(x.DType, y.DType);
        Tensor differs = x.To(common).Ne(y.To(common));
        if (common.IsFloating) differs =
            differs.LogicalAnd(x.To(common).Eq(x.To(common)).LogicalOr(y.To(common).Eq(y.To(common)))); // NaN equals NaN here
        long count = differs.To(DType.Int64).Sum().Item<long>();
        if (count == 0) return new StateDiffEntry(path, same, Text(a), Text(b));
        Tensor u = x.To(DType.Float64), v = y.To(DType.Float64);
        Tensor gap = Tensor.Where(differs, (u - v).Abs(), Tensor.Zeros(Shape.Scalar, DType.Float64, Device.Cpu));
        Tensor scale = u.Abs().Maximum(v.Abs());
        Tensor relative = Tensor.Where(differs, gap / scale, Tensor.Zeros(Shape.Scalar, DType.Float64, Device.Cpu));
        return new StateDiffEntry(path, StateDifference.Values, Text(a), Text(b), gap.Max().Item<double>(), relative.Max().Item<double>(),
            count);
    }

    /// <summary>The differences, one a line, after a summary.</summary>
    public override string ToString()
    {
        List<StateDiffEntry> differences = [.. Differences];
        if (differences.Count == 0) return $"all {_entries.Count} paths are equal.";
        var text = new StringBuilder($"{differences.Count} of {_entries.Count} paths differ:");
        foreach (StateDiffEntry e in differences)
        {
            string what = e.Kind switch
            {
                StateDifference.OnlyInFirst => $"only in the first: {e.First}",
                StateDifference.OnlyInSecond => $"only in the second: {e.Second}",
                StateDifference.Shape => $"{e.First} against {e.Second}",
                StateDifference.DType => $"{e.First} against {e.Second}, equal values",
                StateDifference.NoData => $"{e.First}, without data on one side",
                _ => string.Create(CultureInfo.InvariantCulture,
                    $"{e.First}{(e.First == e.Second ? "" : $" against {e.Second}")}: {e.Differing:N0} values differ, at most by "
                    + $"{e.MaxAbsolute:G6} absolute and {e.MaxRelative:G6} relative"),
            };
            text.Append($"\n  {e.Path}  {what}");
        }
        return text.ToString();
    }
}
