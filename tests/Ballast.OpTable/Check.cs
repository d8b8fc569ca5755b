using System.Globalization;

namespace Ballast.Tests.OpTables;

/// <summary>A result is not what the table says.</summary>
public sealed class CheckFailedException(string message) : Exception(message);

/// <summary>Comparisons that say how far off what was, and where.</summary>
public static class Check
{
    /// <summary>Throws unless a condition holds.</summary>
    public static void That(bool holds, string otherwise)
    {
        if (!holds) throw new CheckFailedException(otherwise);
    }

    /// <summary>Each element within the bound of the reference; NaN and infinities equal.</summary>
    public static void Close(Host expected, Tensor actual, Bound bound, string what)
    {
        That(expected.Shape.SequenceEqual(actual.Shape),
            $"{what}: shape {actual.Shape}, expected [{string.Join(", ", expected.Shape)}]");
        Close(expected.Data, Host.Of(actual).Data, bound, what);
    }

    public static void Close(double[] expected, double[] actual, Bound bound, string what)
    {
        That(expected.Length == actual.Length, $"{what}: {actual.Length} elements, expected {expected.Length}");
        double worst = 0, worstRelative = 0;
        int at = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            double e = expected[i], a = actual[i];
            if (e.Equals(a) || e == a) continue;
            double delta = Math.Abs(e - a), allowed = bound.Absolute + bound.Relative * Math.Abs(e);
            if (delta <= allowed) continue;
            worstRelative = Math.Max(worstRelative,
                double.IsFinite(delta) ? delta / Math.Max(Math.Abs(e), 1e-300) : double.PositiveInfinity);
            if (at < 0 || double.IsNaN(delta) || delta > worst)
            {
                worst = delta;
                at = i;
            }
        }
        if (at < 0) return;
        throw new CheckFailedException(string.Create(CultureInfo.InvariantCulture,
            $"{what}: element {at} of {expected.Length} is {actual[at]:R}, expected {expected[at]:R} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"(max |Δ| {worst:G3}, max relative Δ {worstRelative:G3}, allowed {bound.Absolute:G3} + {bound.Relative:G3}·|x|)"));
    }

    /// <summary>The same dtype, shape and bits.</summary>
    public static void SameBits(Tensor expected, Tensor actual, string what)
    {
        That(expected.DType == actual.DType && expected.Shape == actual.Shape,
            $"{what}: {actual.DType} {actual.Shape}, expected {expected.DType} {expected.Shape}");
        byte[] a = Bytes(expected), b = Bytes(actual);
        int at = a.AsSpan().CommonPrefixLength(b);
        if (at == a.Length) return;
        int element = at / expected.DType.SizeBytes;
        throw new CheckFailedException(string.Create(CultureInfo.InvariantCulture,
            $"{what}: element {element} is {Host.Of(actual).Data[element]:R}, expected the bits of {Host.Of(expected).Data[element]:R}"));
    }

    public static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.Bytes];
        tensor.CopyToHost(bytes);
        return bytes;
    }
}
