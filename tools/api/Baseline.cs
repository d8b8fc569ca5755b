using System.Reflection;

namespace Ballast.Api;

/// <summary>The public surface that was agreed on: one text a floor in <c>api/</c>.</summary>
public static class Baseline
{
    /// <summary>The assemblies of the package.</summary>
    public static IReadOnlyList<string> Floors { get; } =
        ["Ballast", "Ballast.Cpu", "Ballast.Formats", "Ballast.Gpu", "Ballast.Modules", "Ballast.Tensors"];

    /// <summary>What the assembly has and its text has not (<c>+</c>), and the other way round (<c>-</c>), each with its type.</summary>
    public static IReadOnlyList<string> Differences(string folder, string floor)
    {
        string file = PathOf(folder, floor);
        HashSet<string> agreed = [.. WithTypes(File.Exists(file) ? File.ReadAllLines(file) : [])];
        HashSet<string> present = [.. WithTypes(Lines(floor))];
        return [.. agreed.Except(present).Select(l => $"- {l}").Concat(present.Except(agreed).Select(l => $"+ {l}"))
            .OrderBy(l => l[2..], StringComparer.Ordinal)];
    }

    /// <summary>Makes the text what the assembly is.</summary>
    public static void Write(string folder, string floor) =>
        File.WriteAllText(PathOf(folder, floor), string.Concat(Lines(floor).Select(l => l + "\n")));

    private static string PathOf(string folder, string floor) => Path.Combine(folder, floor + ".txt");

    private static string[] Lines(string floor) => [.. ApiText.Of(Assembly.Load(floor))];

    // A member alone does not say whose it is.
    private static IEnumerable<string> WithTypes(IEnumerable<string> lines)
    {
        string type = "";
        foreach (string line in lines)
        {
            if (line.Length == 0) continue;
            if (line[0] != ' ') type = line;
            yield return line[0] == ' ' ? $"{type}: {line.Trim()}" : line;
        }
    }
}
