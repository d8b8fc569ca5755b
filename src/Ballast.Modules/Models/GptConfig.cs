namespace Ballast.Models;

/// <summary>The sizes of a <see cref="Gpt"/>.</summary>
public sealed record GptConfig
{
    /// <summary>GPT-2 with 124,439,808 numbers: 12 layers of width 768 with 12 heads, 1024 learned positions, 50257 tokens; no dropout.
    /// Source: Radford et al. 2019.</summary>
    public static GptConfig Gpt2 { get; } = new()
    {
        VocabularySize = 50257,
        BlockLength = 1024,
        Width = 768,
        Heads = 12,
        Layers = 12,
        Positions = PositionKind.Learned,
    };

    /// <summary>V, the number of different tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The most tokens that one forward pass looks at.</summary>
    public required int BlockLength { get; init; }

    /// <summary>C, the length of a token's vector; a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>H, attention heads in each layer.</summary>
    public required int Heads { get; init; }

    /// <summary>L, the number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>The probability of dropout in training, from 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Where the vectors of positions come from; sinusoidal unless set.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>Throws unless the sizes make a model.</summary>
    /// <exception cref="ArgumentException">A size is not positive, the heads do not divide the width, or the dropout is not from 0 to
    /// 1.</exception>
    public void Check()
    {
        Positive(VocabularySize, nameof(VocabularySize));
        Positive(BlockLength, nameof(BlockLength));
        Positive(Width, nameof(Width));
        Positive(Heads, nameof(Heads));
        Positive(Layers, nameof(Layers));
        if (Width % Heads != 0)
            throw new ArgumentException($"GptConfig: the width {Width} cannot be split over {Heads} heads; it must be a multiple of them.");
        if (!(Dropout >= 0 && Dropout <= 1)) throw new ArgumentException($"GptConfig: Dropout is {Dropout}; a probability is from 0 to 1.");
        if (!Enum.IsDefined(Positions))
            throw new ArgumentException($"GptConfig: Positions is {Positions}; it is PositionKind.Sinusoidal or PositionKind.Learned.");
    }

    private static void Positive(int value, string name)
    {
        if (value <= 0) throw new ArgumentException($"GptConfig: {name} is {value}; it must be at least 1.");
    }
}
