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
        long parameters = 0, buffers = 0, bytes = 0;
        foreach (StateEntry entry in tree.Entries)
        {
            if (entry.Variable is not { } variable)
            {
                rows.Add([entry.Path, "absent", "", "", "", ""]);
                continue;
            }
            if (entry.Alias is not null)
            {
                rows.Add([entry.Path, variable.Kind, "", "", "", $"tied to {entry.Alias}"]);
                continue;
            }
            if (variable is Buffer { IsDerived: true, IsComputed: false })
            {
                rows.Add([entry.Path, variable.Kind, "", "", variable.Device.Name, "not computed yet"]);
                continue;
            }
            long elements = variable.Shape.Elements;
            bytes += elements * variable.DType.SizeBytes;
            if (variable is Parameter) parameters += elements; else buffers += elements;
            string note = variable switch
            {
                Parameter { RequiresGrad: false } => "frozen",
                Buffer { KeepDType: true } => "keeps its dtype",
                _ => "",
            };
            rows.Add([entry.Path, variable.Kind, variable.DType.Name, variable.Shape.ToString(), variable.Device.Name, note]);
        }
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{tree.RootName}: {parameters:N0} parameters, {buffers:N0} buffer elements, {bytes:N0} bytes");
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
}
