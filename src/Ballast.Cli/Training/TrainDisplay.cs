using System.Diagnostics;
using System.Globalization;
using Ballast.Cli.Charts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ballast.Cli.Training;

/// <summary>Where a training run stands now.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps to do in all.</param>
/// <param name="Loss">Training loss of the last step, nats per character.</param>
/// <param name="ValidationLoss">The last one measured, or null.</param>
/// <param name="CharactersPerSecond">Over the last seconds.</param>
/// <param name="ResidentBytes">Memory that the process holds.</param>
/// <param name="Left">Time left, or null when not known yet.</param>
public sealed record TrainProgress(
    int Step, int Steps, float Loss, double? ValidationLoss, double CharactersPerSecond, long ResidentBytes, TimeSpan? Left)
{
    /// <summary>All but the step, in words.</summary>
    public string Describe()
    {
        string validation = ValidationLoss is { } value ? string.Create(CultureInfo.InvariantCulture, $"  validation {value:0.000}") : "";
        string left = Left is { } time ? "  left " + Time(time) : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"loss {Loss:0.000}{validation}  {CharactersPerSecond:0} characters/s  memory {Machine.Size(ResidentBytes)}{left}");
    }

    /// <summary>Minutes and seconds, or hours too.</summary>
    public static string Time(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}

/// <summary>Shows a run while it trains: live on a terminal, as lines elsewhere.</summary>
public abstract class TrainDisplay
{
    /// <summary>The display for an output.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="plain">True: lines even on a terminal.</param>
    public static TrainDisplay For(TextWriter output, bool plain) =>
        !plain && Consoles.IsTerminal(output) ? new LiveTrainDisplay(AnsiConsole.Console) : new LineTrainDisplay(output);

    /// <summary>Runs the loop with the display on.</summary>
    public abstract void Run(Action loop);

    /// <summary>Tells of a step; draws only when it is time to.</summary>
    public abstract void Show(TrainProgress progress, Func<LossHistory> history);

    /// <summary>Prints a line that stays.</summary>
    public abstract void Say(string line);

    /// <summary>Tells something while the loop runs; may be called on another thread.</summary>
    public abstract void Notice(string line);

    /// <summary>Prints the whole run's loss curve.</summary>
    public abstract void Chart(LossHistory history);
}

/// <summary>A line now and then: about twenty a run, and at least one every ten seconds.</summary>
internal sealed class LineTrainDisplay(TextWriter output) : TrainDisplay
{
    private const int ChartWidth = 100, ChartHeight = 16;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

    public override void Run(Action loop) => loop();

    public override void Show(TrainProgress progress, Func<LossHistory> history)
    {
        int every = Math.Max(1, progress.Steps / 20);
        if (progress.Step % every != 0 && progress.Step != progress.Steps && _sinceLine.Elapsed < s_longest) return;
        _sinceLine.Restart();
        string steps = progress.Steps.ToString(CultureInfo.InvariantCulture);
        Say($"step {progress.Step.ToString(CultureInfo.InvariantCulture).PadLeft(steps.Length)}/{steps}  {progress.Describe()}");
    }

    public override void Say(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    public override void Notice(string line) => Say(line);

    public override void Chart(LossHistory history)
    {
        foreach (string line in TerminalChart.Draw(history, ChartWidth, ChartHeight)) output.WriteLine(line.TrimEnd());
    }
}

/// <summary>The loss curve, a progress bar and the figures, redrawn four times a second.</summary>
internal sealed class LiveTrainDisplay(IAnsiConsole console) : TrainDisplay
{
    private const int ChartHeight = 12;
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(250);
    private readonly Stopwatch _sinceDraw = new();
    private LiveDisplayContext? _live;
    private volatile string? _notice;

    public override void Run(Action loop)
    {
        console.Live(Text.Empty).AutoClear(true).Start(context =>
        {
            _live = context;
            try
            {
                loop();
            }
            finally
            {
                _live = null;
            }
        });
    }

    public override void Show(TrainProgress progress, Func<LossHistory> history)
    {
        if (_live is null || (_sinceDraw.IsRunning && _sinceDraw.Elapsed < s_between && progress.Step != progress.Steps)) return;
        _sinceDraw.Restart();
        Text notice = _notice is { } line ? new Text(line) : Text.Empty;
        _live.UpdateTarget(new Rows([.. Lines(history(), ChartHeight), Text.Empty, Bar(progress), new Text(progress.Describe()), notice]));
    }

    public override void Say(string line) => console.WriteLine(line);

    // Printed past the live display, it would push the chart out of place.
    public override void Notice(string line) => _notice = line;

    public override void Chart(LossHistory history)
    {
        foreach (IRenderable line in Lines(history, ChartHeight + 4)) console.Write(new Rows(line));
    }

    private IEnumerable<IRenderable> Lines(LossHistory history, int height)
    {
        int width = Math.Clamp(console.Profile.Width - 2, 40, 120);
        foreach (IReadOnlyList<(string Text, ChartInk Ink)> line in TerminalChart.DrawInk(history, width, height))
        {
            var paragraph = new Paragraph { Overflow = Overflow.Crop };
            foreach ((string text, ChartInk ink) in line) paragraph.Append(text, new Style(InkColor(ink)));
            yield return paragraph;
        }
    }

    private Markup Bar(TrainProgress progress)
    {
        int width = Math.Clamp(console.Profile.Width - 40, 10, 80);
        int done = (int)((long)width * progress.Step / Math.Max(1, progress.Steps));
        (string full, string empty) = (new string('━', done), new string('━', width - done));
        return new Markup(string.Create(CultureInfo.InvariantCulture,
            $"[deepskyblue1]{full}[/][grey39]{empty}[/] step {progress.Step} of {progress.Steps}"));
    }

    private static Color InkColor(ChartInk ink) => ink switch
    {
        ChartInk.Train => Color.DeepSkyBlue1,
        ChartInk.Validation => Color.Orange1,
        ChartInk.Baseline => Color.Grey58,
        _ => Color.Grey78,
    };
}
