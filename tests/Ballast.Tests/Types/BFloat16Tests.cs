using System.Globalization;

namespace Ballast.Tests.Types;

public sealed class BFloat16Tests
{
    private static IEnumerable<BFloat16> All() => Enumerable.Range(0, 65536).Select(bits => BFloat16.FromBits((ushort)bits));

    /// <summary>The nearest bfloat16 found by search among all values, ties to the even pattern: the definition, not the trick.</summary>
    private static ushort NearestByDefinition(double value)
    {
        ushort sign = double.IsNegative(value) ? (ushort)0x8000 : (ushort)0;
        double magnitude = Math.Abs(value);
        int low = 0, high = 0x7F80; // patterns of finite magnitudes, then infinity
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (Magnitude(middle) <= magnitude) low = middle;
            else high = middle;
        }

        double below = magnitude - Magnitude(low), above = Magnitude(high) - magnitude;
        int nearest = double.IsInfinity(magnitude) || above < below || (above == below && (high & 1) == 0) ? high : low;
        return (ushort)(sign | nearest);
    }

    // For rounding, infinity stands where the next power of two would be.
    private static double Magnitude(int pattern) => pattern == 0x7F80 ? Math.ScaleB(1, 128) : (float)BFloat16.FromBits((ushort)pattern);

    [Fact]
    public void Is_two_bytes_wide() => Assert.Equal(2, System.Runtime.CompilerServices.Unsafe.SizeOf<BFloat16>());

    [Fact]
    public void Every_pattern_widens_to_the_float_with_the_same_top_bits()
    {
        foreach (BFloat16 value in All())
        {
            Assert.Equal((uint)value.ToBits() << 16, BitConverter.SingleToUInt32Bits(value));
        }
    }

    [Fact]
    public void Every_pattern_survives_the_way_through_float_and_double_and_NaN_becomes_quiet()
    {
        foreach (BFloat16 value in All())
        {
            ushort expected = BFloat16.IsNaN(value) ? (ushort)(value.ToBits() | 0x40) : value.ToBits();
            Assert.Equal(expected, ((BFloat16)(float)value).ToBits());
            Assert.Equal(expected, ((BFloat16)(double)value).ToBits());
        }
    }

    [Fact]
    public void Classification_agrees_with_float_on_every_pattern()
    {
        foreach (BFloat16 value in All())
        {
            Assert.Equal(float.IsNaN(value), BFloat16.IsNaN(value));
            Assert.Equal(float.IsInfinity(value), BFloat16.IsInfinity(value));
            Assert.Equal(float.IsFinite(value), BFloat16.IsFinite(value));
        }
    }

    [Fact]
    public void Between_any_two_neighbours_rounding_goes_to_the_nearer_and_ties_go_to_even()
    {
        for (int pattern = 0; pattern < 0x7F80; pattern++)
        {
            double low = Magnitude(pattern), middle = (low + Magnitude(pattern + 1)) / 2;
            ushort down = (ushort)pattern, up = (ushort)(pattern + 1), even = (pattern & 1) == 0 ? down : up;
            Assert.Equal(even, ((BFloat16)middle).ToBits());
            Assert.Equal(down, ((BFloat16)Math.BitDecrement(middle)).ToBits());
            Assert.Equal(up, ((BFloat16)Math.BitIncrement(middle)).ToBits());
            Assert.Equal(even | 0x8000, ((BFloat16)(-middle)).ToBits());

            float half = (float)middle; // exact: a midpoint needs one bit more than a bfloat16
            Assert.Equal(even, ((BFloat16)half).ToBits());
            Assert.Equal(down, ((BFloat16)MathF.BitDecrement(half)).ToBits());
            Assert.Equal(up, ((BFloat16)MathF.BitIncrement(half)).ToBits());
        }
    }

    [Fact]
    public void Random_floats_and_doubles_round_as_the_definition_says()
    {
        Random random = new(7);
        for (int i = 0; i < 200_000; i++)
        {
            float single = BitConverter.Int32BitsToSingle((int)random.NextInt64(uint.MinValue, uint.MaxValue));
            if (float.IsNaN(single)) continue;
            Assert.Equal(NearestByDefinition(single), ((BFloat16)single).ToBits());
            double wide = single * (1 + random.NextDouble() * 1e-9);
            Assert.Equal(NearestByDefinition(wide), ((BFloat16)wide).ToBits());
        }
    }

    [Theory]
    [InlineData(0.0, 0x0000)]
    [InlineData(-0.0, 0x8000)]
    [InlineData(1.0, 0x3F80)]
    [InlineData(3.3961775292304957e38, 0x7F80)]  // midway between the largest value and 2^128
    [InlineData(1e300, 0x7F80)]
    [InlineData(-1e300, 0xFF80)]
    [InlineData(double.PositiveInfinity, 0x7F80)]
    [InlineData(4.591774807899561e-41, 0x0000)]  // half of epsilon: the tie goes to zero
    [InlineData(4.591774807899562e-41, 0x0001)]
    [InlineData(1e-300, 0x0000)]
    [InlineData(-1e-300, 0x8000)]
    [InlineData(1.00390625, 0x3F80)]             // 1 + 2^-8, a tie
    [InlineData(1.0039062500000002, 0x3F81)]     // just above it; a detour over float32 would land on the tie
    public void Doubles_round_once(double value, int bits) => Assert.Equal(bits, ((BFloat16)value).ToBits());

    [Fact]
    public void Constants_have_their_values()
    {
        Assert.Equal(3.3895313892515355e38f, (float)BFloat16.MaxValue);
        Assert.Equal(-3.3895313892515355e38f, (float)BFloat16.MinValue);
        Assert.Equal(MathF.ScaleB(1, -133), (float)BFloat16.Epsilon);
        Assert.True(float.IsNaN(BFloat16.NaN));
        Assert.Equal(float.PositiveInfinity, (float)BFloat16.PositiveInfinity);
        Assert.Equal(float.NegativeInfinity, (float)BFloat16.NegativeInfinity);
        Assert.Equal(0f, (float)BFloat16.Zero);
        Assert.Equal(1f, (float)BFloat16.One);
    }

    [Fact]
    public void Operators_follow_IEEE_and_Equals_follows_float()
    {
        BFloat16[] values =
        [
            BFloat16.NaN, BFloat16.FromBits(0xFFC1), BFloat16.NegativeInfinity, BFloat16.MinValue, (BFloat16)(-1f),
            BFloat16.FromBits(0x8000), BFloat16.Zero, BFloat16.Epsilon, BFloat16.One, BFloat16.MaxValue, BFloat16.PositiveInfinity,
        ];
        foreach (BFloat16 a in values)
        {
            foreach (BFloat16 b in values)
            {
                float x = a, y = b;
                Assert.Equal(x == y, a == b);
                Assert.Equal(x != y, a != b);
                Assert.Equal(x < y, a < b);
                Assert.Equal(x > y, a > b);
                Assert.Equal(x <= y, a <= b);
                Assert.Equal(x >= y, a >= b);
                Assert.Equal(x.Equals(y), a.Equals(b));
                Assert.Equal(x.Equals(y), a.Equals((object)b));
                Assert.Equal(x.CompareTo(y), a.CompareTo(b));
                if (a.Equals(b)) Assert.Equal(a.GetHashCode(), b.GetHashCode());
            }
        }

        Assert.Equal(1, BFloat16.One.CompareTo(null));
        Assert.Contains("String", Assert.Throws<ArgumentException>(() => BFloat16.One.CompareTo("1")).Message);
    }

    [Fact]
    public void Formats_as_its_float_value()
    {
        BFloat16 value = (BFloat16)3.14159f;
        Assert.Equal("3.140625", value.ToString());
        Assert.Equal("3.14", value.ToString("F2", CultureInfo.InvariantCulture));
        Span<char> text = stackalloc char[16];
        Assert.True(value.TryFormat(text, out int written, "F1", CultureInfo.InvariantCulture));
        Assert.Equal("3.1", text[..written].ToString());
        Assert.Equal("<3.141>", string.Create(CultureInfo.InvariantCulture, $"<{value:F3}>"));
    }

    [Fact]
    public void Spans_of_every_length_convert_as_single_values_do()
    {
        Random random = new(3);
        for (int length = 0; length <= 256; length++)
        {
            float[] source = new float[length];
            for (int i = 0; i < length; i++) source[i] = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (length > 4) (source[0], source[^1], source[length / 2]) = (float.NaN, float.MaxValue, 1.00390625f);
            BFloat16[] narrow = new BFloat16[length];
            BFloat16.Convert(source, narrow);
            float[] wide = new float[length];
            BFloat16.Convert(narrow, wide);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(((BFloat16)source[i]).ToBits(), narrow[i].ToBits());
                Assert.Equal(BitConverter.SingleToUInt32Bits(narrow[i]), BitConverter.SingleToUInt32Bits(wide[i]));
            }
        }
    }

    [Fact]
    public void Spans_of_different_lengths_are_refused()
    {
        Assert.Contains("3 elements", Assert.Throws<ArgumentException>(() => BFloat16.Convert(new float[3], new BFloat16[2])).Message);
        Assert.Contains("2 elements", Assert.Throws<ArgumentException>(() => BFloat16.Convert(new BFloat16[2], new float[3])).Message);
    }
}
