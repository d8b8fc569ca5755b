namespace Ballast;

/// <summary>How tensors are printed; the defaults are PyTorch's.</summary>
/// <remarks>Source: PyTorch's <c>torch.set_printoptions</c> page.</remarks>
public sealed record PrintOptions
{
    /// <summary>The options used when none are given.</summary>
    public static PrintOptions Default { get; } = new();

    /// <summary>Digits after the decimal point, 0 to 17.</summary>
    public int Precision { get; init => field = Checked(value, 0, 17, nameof(Precision)); } = 4;

    /// <summary>Element count above which the middle of long axes is left out.</summary>
    public long Threshold { get; init; } = 1000;

    /// <summary>Entries kept at each end of an axis whose middle is left out, 0 or more.</summary>
    public int EdgeItems { get; init => field = Checked(value, 0, 1 << 20, nameof(EdgeItems)); } = 3;

    /// <summary>Columns in a line, 1 or more; a single element may exceed it.</summary>
    public int LineWidth { get; init => field = Checked(value, 1, int.MaxValue, nameof(LineWidth)); } = 80;

    /// <summary>True or false forces scientific notation on or off; null chooses by the values.</summary>
    public bool? Scientific { get; init; }

    private static int Checked(int value, int low, int high, string name) => value >= low && value <= high
        ? value
        : throw new ArgumentOutOfRangeException(name, $"{name} {value} was given; it must be in {low} to {high}.");
}
