namespace Ballast.Tests.Cpu;

/// <summary>Dense casts between floating types against the scalar conversions, bit for bit.</summary>
public sealed class DenseConvertTests
{
    [Fact]
    public void Every_half_becomes_the_float_that_the_scalar_cast_gives_and_comes_back()
    {
        var halves = new Half[65536];
        for (int i = 0; i < halves.Length; i++) halves[i] = BitConverter.UInt16BitsToHalf((ushort)i);
        float[] wide = Tensor.From(halves).To(DType.Float32).ToArray<float>();
        Half[] back = Tensor.From(wide).To(DType.Float16).ToArray<Half>();
        for (int i = 0; i < halves.Length; i++)
        {
            Assert.Equal(BitConverter.SingleToUInt32Bits((float)halves[i]), BitConverter.SingleToUInt32Bits(wide[i]));
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)wide[i]), BitConverter.HalfToUInt16Bits(back[i]));
        }
    }

    [Fact]
    public void Floats_of_every_exponent_round_as_the_scalar_cast_does()
    {
        var values = new List<float>();
        for (uint exponent = 0; exponent < 256; exponent++)
            foreach (uint digits in new uint[] { 0, 1, 0xFFF, 0x1000, 0x1001, 0x1FFF, 0x2000, 0x3000, 0x3001, 0x8000, 0x18000, 0x7FFFFF,
                0x7FF000, 0x7FEFFF, 0x400000 })
                foreach (uint sign in new[] { 0u, 1u })
                    values.Add(BitConverter.UInt32BitsToSingle((sign << 31) | (exponent << 23) | digits));
        Tensor x = Tensor.From(values.ToArray());
        Half[] halves = x.To(DType.Float16).ToArray<Half>();
        BFloat16[] brains = x.To(DType.BFloat16).ToArray<BFloat16>();
        double[] doubles = x.To(DType.Float64).ToArray<double>();
        float[] back = x.To(DType.Float64).To(DType.Float32).ToArray<float>();
        for (int i = 0; i < values.Count; i++)
        {
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)values[i]), BitConverter.HalfToUInt16Bits(halves[i]));
            Assert.Equal(BitConverter.SingleToUInt32Bits((float)(BFloat16)values[i]), BitConverter.SingleToUInt32Bits((float)brains[i]));
            Assert.Equal((double)values[i], doubles[i]);
            Assert.Equal(values[i], back[i]);
        }
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(31), InlineData(33), InlineData(1_500_001)]
    public void Lengths_and_offsets_that_fill_no_register_are_converted_whole(int n)
    {
        float[] values = [.. Enumerable.Range(0, n + 3).Select(i => (i % 2001 - 1000) / 8f)];
        Tensor x = Tensor.From(values).Narrow(0, 3, n);
        foreach (DType dtype in new[] { DType.Float64, DType.Float16, DType.BFloat16 })
        {
            // A target that begins between two aligned places, as a view of state does.
            Tensor target = Tensor.Zeros([n + 1], dtype).Narrow(0, 1, n);
            target.CopyFrom(x);
            Assert.True(target.To(DType.Float32).Eq(x.To(dtype).To(DType.Float32)).All().Item<bool>());
            if (dtype != DType.BFloat16) Assert.Equal(values[3..], target.To(DType.Float32).ToArray<float>());
        }
    }
}
