using Ballast.Cli.Charts;

namespace Ballast.Cli.Tests;

public sealed class ChartTests
{
    [Fact]
    public void Terminal_chart_keeps_its_size_and_shows_levels_and_validation()
    {
        IReadOnlyList<string> lines = TerminalChart.Draw(Falling(500), 80, 12);
        Assert.Equal(15, lines.Count);
        Assert.All(lines.Take(12), line => Assert.Equal(80, line.Length));
        Assert.Contains(lines, l => l.Contains("unigram 3.20", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("bigram 2.40", StringComparison.Ordinal));
        Assert.Contains(lines.Take(12), l => l.Contains('●', StringComparison.Ordinal));
    }

    [Fact]
    public void Falling_loss_is_drawn_from_the_upper_left_to_the_lower_right()
    {
        string[] lines = [.. TerminalChart.Draw(Falling(500) with { Validation = [] }, 80, 12).Take(12)];
        int Row(Func<string, bool> has) => Array.FindIndex(lines, l => has(l));
        int first = Row(l => IsBraille(l[7])), last = Row(l => IsBraille(l[^1]));
        Assert.True(first >= 0 && last > first, $"first column in row {first}, last in row {last}");
    }

    [Fact]
    public void Smoothing_is_centred_but_for_the_end_and_leaves_out_what_is_no_number()
    {
        float[] ramp = [.. Enumerable.Range(0, 200).Select(i => (float)i)];
        double[] smooth = new LossHistory(ramp, [], 1, 1).SmoothTrain();
        for (int i = 0; i < 195; i++) Assert.Equal(ramp[i], smooth[i], 9);
        for (int i = 195; i < 200; i++) Assert.Equal(Enumerable.Range(i - 5, 205 - i).Average(), smooth[i], 9);
        ramp[100] = float.NaN;
        Assert.Equal(100, new LossHistory(ramp, [], 1, 1).SmoothTrain()[100], 9);
        ramp[0] = float.PositiveInfinity;
        Assert.True(double.IsNaN(new LossHistory(ramp, [], 1, 1).SmoothTrain()[0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Short_runs_draw_without_fault(int steps)
    {
        var history = new LossHistory([.. Enumerable.Repeat(4f, steps)], [], 3.2, 2.4);
        Assert.Equal(steps == 0 ? 0 : 15, TerminalChart.Draw(history, 80, 12).Count);
    }

    [Fact]
    public void Losses_that_are_no_numbers_are_left_out()
    {
        var history = new LossHistory([4f, float.NaN, float.PositiveInfinity, 3f], [(2, double.NaN)], 3.2, 2.4);
        Assert.Equal(15, TerminalChart.Draw(history, 80, 12).Count);
        using var folder = new TemporaryFolder();
        Assert.Null(LossPlot.TrySave(history, folder["loss.png"], "title"));
    }

    [Fact]
    public void Picture_is_a_png_of_the_asked_size()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(LossPlot.TrySave(Falling(2000), folder["loss.png"], "tiny", 900, 500));
        byte[] bytes = File.ReadAllBytes(folder["loss.png"]);
        Assert.Equal((byte[])[0x89, 0x50, 0x4e, 0x47], bytes[..4]);
        Assert.Equal(900, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)));
        Assert.Equal(500, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)));
    }

    [Fact]
    public void Folder_that_cannot_be_written_costs_the_picture_and_one_line()
    {
        using var folder = new TemporaryFolder();
        string? note = LossPlot.TrySave(Falling(10), folder["missing/loss.png"], "tiny");
        Assert.StartsWith("no loss.png: ", note, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', note!);
    }

    private static bool IsBraille(char c) => c is > '\u2800' and <= '\u28ff';

    private static LossHistory Falling(int steps)
    {
        var random = new Random(1);
        float Loss(int step) => (float)(1.6 + 3 * Math.Exp(-step / (steps / 6.0)) + 0.12 * (random.NextDouble() - 0.5));
        float[] train = [.. Enumerable.Range(0, steps).Select(Loss)];
        return new LossHistory(train, [.. Enumerable.Range(1, 10).Select(i => (i * steps / 10, 1.75 + 3 * Math.Exp(-i * 0.6)))], 3.2, 2.4);
    }
}
