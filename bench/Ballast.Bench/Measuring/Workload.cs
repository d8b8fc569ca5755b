namespace Ballast.Bench.Measuring;

/// <summary>One side of a row, ready to run: its inputs exist already.</summary>
/// <param name="Once">Does the work one time.</param>
/// <param name="Release">Gives its inputs back.</param>
internal sealed record Workload(Action Once, Action Release) : IDisposable
{
    /// <summary>What the work gives, in a form that the other side's can be compared with; null where there is nothing to compare.</summary>
    public Func<float[]>? Answer { get; init; }

    /// <summary>What must be done before every run and is not timed; null where runs follow each other.</summary>
    public Action? Prepare { get; init; }

    /// <summary>True once a run has been seen to take long.</summary>
    public bool IsSlow { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Release();

    /// <summary>Does the work so many times in a row; once, where each run must be prepared.</summary>
    public void Run(long times)
    {
        if (Prepare is not null) Once();
        else
        {
            for (long i = 0; i < times; i++) Once();
        }
    }
}
