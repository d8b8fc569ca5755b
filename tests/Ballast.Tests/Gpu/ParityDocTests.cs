using Ballast.Tests.OpTables;

namespace Ballast.Tests.Gpu;

/// <summary>docs/parity.md against the op table: its rows and columns, not the digits in them.</summary>
public sealed class ParityDocTests
{
    private static readonly string[] _lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "parity.md"));

    [Fact]
    public void Every_row_of_the_op_table_is_listed_once_in_its_order()
    {
        string[] listed = [.. Cells().Skip(2).Select(c => c[0])];
        Assert.True(OpTable.Rows.Select(r => r.Name).SequenceEqual(listed), "docs/parity.md lists other rows than the op table: "
            + $"{string.Join(", ", OpTable.Rows.Select(r => r.Name).Except(listed))} missing, "
            + $"{string.Join(", ", listed.Except(OpTable.Rows.Select(r => r.Name)))} too many. Write it anew: dotnet run build.cs -- parity");
    }

    [Fact]
    public void Each_device_has_a_figure_wherever_the_row_has_a_dtype()
    {
        string[][] cells = [.. Cells()];
        string[] header = cells[0];
        Assert.Contains("cpu f32", header);
        Assert.Contains("opencl:0 f32", header);
        foreach (string[] line in cells.Skip(2))
        {
            OpRow row = OpTable.Row(line[0]);
            Assert.Equal(header.Length, line.Length);
            for (int i = 2; i < header.Length; i++)
            {
                string column = header[i][(header[i].IndexOf(' ') + 1)..];
                bool has = column switch
                {
                    "grad f32" => row.Differentiable,
                    "bf16" or "f16" => row.Halves,
                    "i64" => row.Integers.Contains(DType.Int64),
                    "i32" => row.Integers.Contains(DType.Int32),
                    _ => true,
                };
                Assert.True(has != (line[i] == "·"), $"{row.Name}, {header[i]}: '{line[i]}'; write it anew: dotnet run build.cs -- parity");
                Assert.False(line[i].Contains("fails"), $"{row.Name}, {header[i]} fails");
            }
        }
    }

    [Fact]
    public void Without_figures_of_an_NVIDIA_device_the_file_says_so() =>
        Assert.True(Cells().First().Any(h => h.StartsWith("cuda", StringComparison.Ordinal))
            != _lines.Any(l => l.Contains("No NVIDIA device was available")));

    private static IEnumerable<string[]> Cells() => _lines.Where(l => l.StartsWith('|')).Select(l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries));
}
