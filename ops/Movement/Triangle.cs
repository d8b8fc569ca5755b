namespace Ballast;

/// <content>Triangles of matrices, in terms of masks.</content>
public sealed partial class Tensor
{
    /// <summary>The last two axes' upper triangle, zeros below: x[i, j] where j − i ≥ diagonal; a copy.</summary>
    /// <remarks>Shape: [*, M, N] → [*, M, N]. Gradient: that of the triangle. Source: torch.triu.</remarks>
    /// <param name="diagonal">The lowest diagonal that is kept; 0 is the main one, positive ones lie above it.</param>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public Tensor Triu(int diagonal = 0) => MaskedFill(Outside("triu", diagonal, upper: true), false);

    /// <summary>The last two axes' lower triangle, zeros above: x[i, j] where j − i ≤ diagonal; a copy.</summary>
    /// <remarks>Shape: [*, M, N] → [*, M, N]. Gradient: that of the triangle. Source: torch.tril.</remarks>
    /// <param name="diagonal">The highest diagonal that is kept; 0 is the main one, positive ones lie above it.</param>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public Tensor Tril(int diagonal = 0) => MaskedFill(Outside("tril", diagonal, upper: false), false);

    /// <summary>True where the triangle is not.</summary>
    private Tensor Outside(string op, int diagonal, bool upper)
    {
        if (Rank < 2) throw new ShapeException($"{op}: a triangle needs two axes; this tensor is {Shape}.");
        int rows = Shape[-2], columns = Shape[-1];
        var mask = new bool[(long)rows * columns];
        for (int i = 0; i < rows; i++)
        {
            // Kept are the columns from the diagonal on (upper), or up to it (lower).
            int cut = (int)Math.Clamp(i + (long)diagonal + (upper ? 0 : 1), 0, columns);
            Span<bool> row = mask.AsSpan((int)((long)i * columns), columns);
            (upper ? row[..cut] : row[cut..]).Fill(true);
        }
        return From(mask, [rows, columns], Device);
    }
}
