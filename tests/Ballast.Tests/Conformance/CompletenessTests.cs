using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Ballast.Tests.Conformance;

/// <summary>Every fact of the list of what PyTorch's modules do has its test here, or its line among the differences.</summary>
public sealed partial class CompletenessTests
{
    // The facts that the list states; the gaps in the numbering are part of it.
    private static readonly int[] _facts =
    [
        1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 16, 17, 18, 20, 21, 22, 23, 24, 26, 27, 29, 30, 32, 33, 35, 36, 37, 39, 40, 42, 43, 44, 45, 47, 48, 49,
        51, 52, 54, 55, 57, 58, 59, 61, 62, 64, 65, 66, 67, 69, 71, 72, 73, 74, 75, 77, 78, 80, 81, 83, 84, 86, 88, 89, 90, 92, 93, 94, 96, 97, 98,
        100, 102, 103, 104, 105, 107, 109, 110, 111, 112, 114, 115, 117, 118, 119, 121, 122, 124, 125, 126, 127, 129, 130, 131, 132, 133, 135, 136,
        138, 139, 140, 142, 143, 144, 146, 147, 148, 150, 151, 152, 154, 155, 157, 158, 159, 160, 162, 163, 165, 166, 167, 168, 170, 171, 173, 174,
        175, 177, 178, 179, 181, 182, 183, 185, 186, 187, 188, 190, 191, 192, 194, 195, 197, 198, 199, 200, 202, 203, 204, 206, 207, 209, 211, 212,
        214, 215, 216, 218, 219,
    ];

    [Fact]
    public void Every_fact_has_a_test_or_a_line_among_the_differences()
    {
        HashSet<int> covered = [.. Tested(), .. Listed()];
        Assert.Equal(161, _facts.Length);
        Assert.Empty(string.Join(" ", _facts.Where(f => !covered.Contains(f)).Select(f => $"C{f:000}")));
    }

    [Fact]
    public void At_least_160_tests_carry_a_number() => Assert.True(Numbered().Count() >= 160, $"{Numbered().Count()} do.");

    [Fact]
    public void Numbers_in_tests_and_among_the_differences_exist() =>
        Assert.Empty(Tested().Concat(Listed()).Except(_facts).Select(f => $"C{f:000}"));

    private static IEnumerable<int> Tested() =>
        Numbered().SelectMany(m => Number().Match(m.Name).Groups[1].Captures).Select(c => int.Parse(c.Value, CultureInfo.InvariantCulture));

    private static IEnumerable<MethodInfo> Numbered() => typeof(CompletenessTests).Assembly.GetTypes()
        .Where(t => t.Namespace?.StartsWith(typeof(CompletenessTests).Namespace!, StringComparison.Ordinal) == true)
        .SelectMany(t => t.GetMethods())
        .Where(m => m.GetCustomAttributes<FactAttribute>().Any() && Number().IsMatch(m.Name));

    private static IEnumerable<int> Listed() =>
        File.ReadLines(Path.Combine(Repository.Root, "docs", "pytorch-differences.md"))
            .Select(l => Row().Match(l)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?:C(\d{3})_)+")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\| C(\d{3}) \|")]
    private static partial Regex Row();
}
