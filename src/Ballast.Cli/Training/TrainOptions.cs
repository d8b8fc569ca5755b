namespace Ballast.Cli.Training;

/// <summary>What <c>ballast train</c> was asked for; null where nothing was said.</summary>
internal sealed record TrainOptions
{
    /// <summary>Seed of a run that names none.</summary>
    public const ulong DefaultSeed = 1337;

    /// <summary>Steps between checkpoints.</summary>
    public const int DefaultSaveEvery = 200;

    /// <summary>File or folder to learn; null for the built-in corpus.</summary>
    public string? Text { get; init; }

    /// <summary>Name of the preset.</summary>
    public string? Config { get; init; }

    /// <summary>The step to train until.</summary>
    public int? Steps { get; init; }

    /// <summary>Seed of everything random.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Device name.</summary>
    public string? Device { get; init; }

    /// <summary>Folder for the run.</summary>
    public string? Out { get; init; }

    /// <summary>Folder of the run to go on with.</summary>
    public string? Resume { get; init; }

    /// <summary>Keep averaged weights.</summary>
    public bool Ema { get; init; }

    /// <summary>Sequences a step.</summary>
    public int? Batch { get; init; }

    /// <summary>Characters a sequence.</summary>
    public int? Block { get; init; }

    /// <summary>C.</summary>
    public int? Width { get; init; }

    /// <summary>H.</summary>
    public int? Heads { get; init; }

    /// <summary>L.</summary>
    public int? Layers { get; init; }

    /// <summary>Peak learning rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery { get; init; } = DefaultSaveEvery;

    /// <summary>Replace the run in <see cref="Out"/>.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Lines instead of the live display.</summary>
    public bool Plain { get; init; }

    /// <summary>Result as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Refuses what cannot go together: a resumed run keeps the settings that it began with.</summary>
    /// <exception cref="UserError">Two options contradict each other.</exception>
    public void Check()
    {
        if (Resume is null) return;
        (string Name, bool IsGiven)[] fixedOptions =
        [
            ("--config", Config is not null), ("--seed", Seed is not null), ("--ema", Ema), ("--batch", Batch is not null),
            ("--block", Block is not null), ("--width", Width is not null), ("--heads", Heads is not null),
            ("--layers", Layers is not null), ("--lr", LearningRate is not null),
        ];
        foreach ((string name, bool isGiven) in fixedOptions)
        {
            if (isGiven) throw UserError.Usage($"{name} cannot go with --resume: the run in '{Resume}' keeps what it began with");
        }
    }
}
