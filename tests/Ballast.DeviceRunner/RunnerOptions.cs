namespace Ballast.DeviceRunner;

/// <summary>What to run.</summary>
internal sealed record RunnerOptions
{
    /// <summary>The parts of a run, in their order.</summary>
    public static readonly string[] AllParts = ["ops", "gpt", "bench"];

    /// <summary>The devices, one after the other.</summary>
    public required string[] Devices { get; init; }

    /// <summary>Which of <see cref="AllParts"/>.</summary>
    public required string[] Parts { get; init; }

    /// <summary>Rows and benchmarks whose name contains it.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Three cases of a row, and small benchmarks.</summary>
    public bool Quick { get; init; }

    /// <summary>The smallest case of each row: for drivers that interpret kernels.</summary>
    public bool Tiny { get; init; }

    /// <summary>The part of a tiny run: 1 to <see cref="Shards"/>.</summary>
    public int Shard { get; init; } = 1;

    /// <summary>Into how many parts tiny runs are cut.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Edges of square matrix products, in elements.</summary>
    public int[] Gemm { get; init; } = [1024];

    /// <summary>Measure GPT-2 with 124M parameters as well.</summary>
    public bool Gpt2 { get; init; }

    /// <summary>Where the results go as JSON.</summary>
    public string? Json { get; init; }

    /// <summary>Where the parity table goes.</summary>
    public string? Parity { get; init; }

    /// <summary>Result files of other machines that the parity table includes.</summary>
    public string[] Merge { get; init; } = [];

    /// <summary>The whole op table was asked for.</summary>
    public bool IsWholeTable => Filter.Length == 0 && !Quick && !Tiny && Parts.Contains("ops");

    /// <summary>True if a row or benchmark of that name is wanted.</summary>
    public bool Wants(string name) => name.Contains(Filter, StringComparison.OrdinalIgnoreCase);
}
