using ScottPlot;
using SkiaSharp;

namespace Ballast.Cli.Charts;

/// <summary>Draws the loss curve as a picture. A machine without the native drawing library loses the picture, not the run.</summary>
public static class LossPlot
{
    /// <summary>The picture's name in a run folder.</summary>
    public const string FileName = "loss.png";

    /// <summary>The first one installed is used; with none of them the library's own choice.</summary>
    private static readonly string[] s_fonts =
        ["Inter", "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial"];

    private static readonly Color s_faint = Color.FromHex("#a9c7e8");
    private static readonly Color s_train = Color.FromHex("#1f5fa8");
    private static readonly Color s_validation = Color.FromHex("#d9601a");
    private static readonly Color s_baseline = Color.FromHex("#767676");

    /// <summary>Writes the picture; returns null, or one line that says why there is none.</summary>
    /// <param name="history">The losses.</param>
    /// <param name="path">The PNG file, replaced at once when complete.</param>
    /// <param name="title">Headline.</param>
    /// <param name="widthPixels">Pixels across.</param>
    /// <param name="heightPixels">Pixels down.</param>
    public static string? TrySave(LossHistory history, string path, string title, int widthPixels = 1200, int heightPixels = 720)
    {
        if (history.Train.Count == 0) return null;
        try
        {
            using Plot plot = Draw(history, title);
            string unfinished = path + ".tmp";
            File.WriteAllBytes(unfinished, plot.GetImageBytes(widthPixels, heightPixels, ImageFormat.Png));
            File.Move(unfinished, path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException
            or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            string why = e is TypeInitializationException { InnerException: { } inner } ? inner.Message : e.Message;
            return $"no {FileName}: {why.ReplaceLineEndings(" ")}";
        }
    }

    private static Plot Draw(LossHistory history, string title)
    {
        var plot = new Plot { ScaleFactor = 1.5 };
        double[] steps = [.. Enumerable.Range(1, history.Train.Count).Select(s => (double)s)];
        double[] train = [.. history.Train.Select(l => (double)l)];
        var raw = plot.Add.ScatterLine(steps, train, s_faint);
        raw.LineWidth = 1;
        raw.LegendText = "training";
        var smooth = plot.Add.ScatterLine(steps, history.SmoothTrain(), s_train);
        smooth.LineWidth = 2;
        smooth.LegendText = "training, smoothed";
        if (history.Validation.Count > 0)
        {
            double[] at = [.. history.Validation.Select(v => (double)v.Step)];
            var points = plot.Add.Scatter(at, (double[])[.. history.Validation.Select(v => v.Loss)], s_validation);
            points.LineWidth = 1.5f;
            points.MarkerSize = history.Validation.Count > 40 ? 4 : 6;
            points.LegendText = "validation";
        }
        double last = steps[^1];
        string? font = s_fonts.FirstOrDefault(SKFontManager.Default.FontFamilies.Contains);
        Level(plot, history.Unigram, "unigram", last, font);
        Level(plot, history.Bigram, "bigram", last, font);

        double[] shown = [.. train.Concat(history.Validation.Select(v => v.Loss)).Append(history.Unigram).Append(history.Bigram)
            .Where(double.IsFinite)];
        double low = shown.Min(), high = shown.Max(), margin = Math.Max(0.02, (high - low) * 0.06);
        plot.Axes.SetLimits(0, Math.Max(2, last * 1.01), low - margin, high + margin);
        plot.Title(title, 15);
        if (font is not null) plot.Font.Set(font);
        plot.XLabel("step");
        plot.YLabel("nats per character");
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Color.FromHex("#ebebeb");
        Legend legend = plot.ShowLegend(Alignment.UpperRight);
        legend.OutlineWidth = 0;
        legend.ShadowColor = Colors.Transparent;
        return plot;
    }

    private static void Level(Plot plot, double loss, string name, double last, string? font)
    {
        var line = plot.Add.HorizontalLine(loss, 1.5f, s_baseline, LinePattern.DenselyDashed);
        line.EnableAutoscale = false;
        var label = plot.Add.Text($"{name} {loss:0.000}", last, loss);
        label.LabelAlignment = Alignment.LowerRight;
        label.LabelFontColor = s_baseline;
        label.LabelFontSize = 12;
        if (font is not null) label.LabelFontName = font;
        label.OffsetY = -2;
    }
}
