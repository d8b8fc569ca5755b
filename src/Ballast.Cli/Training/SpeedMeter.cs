using System.Diagnostics;

namespace Ballast.Cli.Training;

/// <summary>Speed over the last steps, without the time that validating and saving took.</summary>
/// <param name="charactersPerStep">Characters that a step learns from.</param>
internal sealed class SpeedMeter(long charactersPerStep)
{
    private const double Memory = 0.95;
    private long _last = Stopwatch.GetTimestamp();
    private double _seconds, _steps;

    /// <summary>Time of a step, or null before the first.</summary>
    public TimeSpan? PerStep => _steps > 0 ? TimeSpan.FromSeconds(_seconds / _steps) : null;

    /// <summary>Characters learnt from a second; 0 before the first step.</summary>
    public double CharactersPerSecond => _seconds > 0 ? charactersPerStep * _steps / _seconds : 0;

    /// <summary>A step ended.</summary>
    public void Step()
    {
        double seconds = Stopwatch.GetElapsedTime(_last).TotalSeconds;
        Skip();
        _seconds = _seconds * Memory + seconds;
        _steps = _steps * Memory + 1;
    }

    /// <summary>What happened since the last step does not count.</summary>
    public void Skip() => _last = Stopwatch.GetTimestamp();
}
