using System.Runtime.InteropServices;

namespace Ballast.Tests.Conformance.RandomNumbers;

/// <summary>Compares fills with what PyTorch 1.13.1 printed.</summary>
internal static class Draws
{
    /// <summary>A checksum of bit patterns, order included: h = h * 1099511628211 + pattern over the elements, mod 2^64.</summary>
    internal static ulong Checksum<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        ulong h = 0;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        int size = bytes.Length / Math.Max(1, values.Length);
        for (int i = 0; i < bytes.Length; i += size)
        {
            ulong pattern = 0;
            for (int b = size - 1; b >= 0; b--) pattern = pattern << 8 | bytes[i + b];
            h = unchecked(h * 1099511628211 + pattern);
        }

        return h;
    }

    internal static ulong Checksum<T>(T[] values) where T : unmanaged => Checksum((ReadOnlySpan<T>)values);

    internal static float[] Uniform(Generator generator, int count, double from = 0, double to = 1)
    {
        float[] values = new float[count];
        generator.FillUniform(values, from, to);
        return values;
    }

    internal static float[] Normal(Generator generator, int count, double mean = 0, double std = 1)
    {
        float[] values = new float[count];
        generator.FillNormal(values, mean, std);
        return values;
    }

    internal static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance = 1e-6f)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= tolerance, $"element {i}: expected {expected[i]:G9}, got {actual[i]:G9}");
    }
}
