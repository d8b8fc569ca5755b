using System.Text.Json.Serialization;

namespace Ballast.Cli.States;

/// <summary>How far apart two tensors of one shape are.</summary>
/// <param name="Different">Elements that differ by more than the tolerance.</param>
/// <param name="Elements">Elements in all.</param>
/// <param name="MaxAbsolute">The largest |a - b|; NaN where only one side is a number.</param>
/// <param name="MaxRelative">The largest |a - b| / max(|a|, |b|).</param>
internal sealed record TensorDifference(
    long Different, long Elements,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double MaxAbsolute,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double MaxRelative)
{
    private const int Piece = 1 << 20;

    /// <summary>
    /// Compares element by element, a piece at a time. Equal: |a - b| is at most tolerance * max(1, |a|, |b|); NaN equals NaN.
    /// </summary>
    public static TensorDifference Of(Tensor a, Tensor b, double tolerance)
    {
        long different = 0;
        double absolute = 0, relative = 0;
        if (!ReferenceEquals(a, b) && a.Elements > 0)
        {
            bool isWhole = !a.DType.IsFloating && !b.DType.IsFloating;
            foreach ((Tensor left, Tensor right) in Pieces(a, b))
            {
                using TensorScope scope = TensorScope.Begin();
                // float64 cannot tell large integers apart.
                (long Count, double Absolute, double Relative) part = isWhole
                    ? Whole(left.To(DType.Int64).AsSpan<long>(), right.To(DType.Int64).AsSpan<long>(), tolerance)
                    : Real(left.To(DType.Float64).AsSpan<double>(), right.To(DType.Float64).AsSpan<double>(), tolerance);
                different += part.Count;
                absolute = Larger(absolute, part.Absolute);
                relative = Larger(relative, part.Relative);
            }
        }
        return new TensorDifference(different, a.Elements, absolute, relative);
    }

    /// <summary>Both tensors cut along their first axes into parts of about a million elements.</summary>
    private static IEnumerable<(Tensor, Tensor)> Pieces(Tensor a, Tensor b)
    {
        if (a.Elements <= Piece || a.Rank == 0)
        {
            yield return (a.Contiguous(), b.Contiguous());
            yield break;
        }
        int rows = a.Shape[0];
        int step = (int)Math.Clamp(Piece / Math.Max(1, a.Elements / rows), 1, rows);
        for (int at = 0; at < rows; at += step)
        {
            int count = Math.Min(step, rows - at);
            Tensor left = a.Narrow(0, at, count), right = b.Narrow(0, at, count);
            if (count > 1 || left.Elements <= Piece) yield return (left.Contiguous(), right.Contiguous());
            else
            {
                foreach ((Tensor, Tensor) inner in Pieces(left.Squeeze(0), right.Squeeze(0))) yield return inner;
            }
        }
    }

    private static double Larger(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b);

    private static (long, double, double) Whole(ReadOnlySpan<long> a, ReadOnlySpan<long> b, double tolerance)
    {
        long count = 0;
        double absolute = 0, relative = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] == b[i]) continue;
            double distance = (double)Int128.Abs((Int128)a[i] - b[i]), size = Math.Max(Math.Abs((double)a[i]), Math.Abs((double)b[i]));
            if (distance > tolerance * Math.Max(1, size)) count++;
            absolute = Math.Max(absolute, distance);
            relative = Math.Max(relative, distance / size);
        }
        return (count, absolute, relative);
    }

    private static (long, double, double) Real(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double tolerance)
    {
        long count = 0;
        double absolute = 0, relative = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] == b[i] || (double.IsNaN(a[i]) && double.IsNaN(b[i]))) continue;
            double distance = Math.Abs(a[i] - b[i]), size = Math.Max(Math.Abs(a[i]), Math.Abs(b[i]));
            if (!(distance <= tolerance * Math.Max(1, size)) || double.IsInfinity(size)) count++;
            absolute = Larger(absolute, distance);
            // Infinity over infinity says nothing; such a pair is as different as can be.
            relative = Larger(relative, double.IsInfinity(size) ? double.PositiveInfinity : distance / size);
        }
        return (count, absolute, relative);
    }
}
