using System.Globalization;
using System.Text;

namespace Ballast;

/// <summary>A module's state as text.</summary>
internal static class StateTable
{
    public static string Render(Module root)
    {
        StateTree tree = StateTree.Of(root);
        var rows = new List<string[]>();
        var devices = new OrderedDictionary<string, long>();
        long parameters = 0, frozen = 0, buffers = 0, bytes = 0;
        foreach (StateEntry entry in tree.Entries)
        {
            rows.Add(Row(entry));
            if (entry.Variable is not { IsComputed: true } variable || entry.Alias is not null) continue;
            long elements = variable.Shape.Elements, size = elements * variable.DType.SizeBytes;
            bytes += size;
            devices[variable.Device.Name] = devices.GetValueOrDefault(variable.Device.Name) + size;
            if (variable is not Parameter parameter) buffers += elements;
            else
            {
                parameters += elements;
                if (!parameter.RequiresGrad) frozen += elements;
            }
        }
        foreach ((string path, Module? _) in Absent(tree)) rows.Add([path, "absent", "", "", "", ""]);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{tree.RootName}: {parameters:N0} parameters, {buffers:N0} buffer elements, {bytes:N0} bytes");
        if (frozen > 0) text.Append(CultureInfo.InvariantCulture, $", {frozen:N0} parameters frozen");
        if (devices.Count == 1) text.Append($", on {devices.GetAt(0).Key}");
        else if (devices.Count > 1) text.Append(", on ").AppendJoin(", ", devices.Select(d =>
            string.Create(CultureInfo.InvariantCulture, $"{d.Key} ({d.Value:N0} bytes)")));
        if (rows.Count == 0) return text.ToString();
        int[] widths = new int[rows[0].Length];
        foreach (string[] row in rows)
            for (int i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        foreach (string[] row in rows)
        {
            var line = new StringBuilder("  ");
            for (int i = 0; i < row.Length; i++) line.Append(row[i].PadRight(widths[i] + 2));
            text.Append('\n').Append(line.ToString().TrimEnd());
        }
        return text.ToString();
    }

    private static string[] Row(StateEntry entry)
    {
        if (entry.Extra is not null) return [entry.Path, "extra state", "", "", "", ""];
        if (entry.Variable is not { } variable) return [entry.Path, "absent", "", "", "", ""];
        if (entry.Alias is not null) return [entry.Path, variable.Kind, "", "", "", $"tied to {entry.Alias}"];
        string rules = Rules(variable);
        if (!variable.IsComputed) return [entry.Path, variable.Kind, "", "", variable.Device.Name, Join("not computed yet", rules)];
        return [entry.Path, variable.Kind, variable.DType.Name, variable.Shape.ToString(), variable.Device.Name, rules];
    }

    /// <summary>Declared modules that are absent.</summary>
    private static IEnumerable<(string Path, Module? Module)> Absent(StateTree tree)
    {
        foreach ((string path, Module module) in tree.Modules)
            foreach ((string name, Module? child) in StateTree.Members.Of(module).Children)
                if (child is null) yield return (StateTree.Join(path, name), null);
    }

    /// <summary>The rules of a handle that are not the defaults.</summary>
    private static string Rules(Variable variable)
    {
        if (variable is Parameter parameter) return parameter.RequiresGrad ? "" : "frozen";
        var buffer = (Buffer)variable;
        string text = buffer.DTypePolicy.IsFollow ? "" : buffer.DTypePolicy.ToString();
        if (buffer.IsDerived) return buffer.Length > 0 ? Join(text, $"for length {buffer.Length}") : text;
        if (buffer.Averaging == AverageRule.Average) text = Join(text, "averaged");
        if (buffer.Averaging == AverageRule.Keep) text = Join(text, "kept by averages");
        if (buffer.Replicas != ReplicaRule.BroadcastFirst) text = Join(text, $"replicas: {buffer.Replicas.ToString().ToLowerInvariant()}");
        if (buffer.Optional) text = Join(text, "optional");
        return text;
    }

    private static string Join(string a, string b) => a.Length == 0 ? b : b.Length == 0 ? a : a + ", " + b;
}
