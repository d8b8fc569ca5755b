namespace Ballast.Tests.Conformance.RandomNumbers;

public sealed class UniformTests
{
    [Fact]
    public void C200_Rand_of_five()
    {
        Assert.Equal([0.49625659f, 0.7682218f, 0.088477433f, 0.13203049f, 0.30742282f], Draws.Uniform(new Generator(0), 5));
        Assert.Equal([0.29611194f, 0.51656228f, 0.25167072f, 0.68855679f, 0.073972464f], Draws.Uniform(new Generator(123), 5));
    }

    [Fact]
    public void C200_Long_fills_of_every_type_equal_PyTorchs_bit_for_bit()
    {
        float[] f32 = new float[2003];
        double[] f64 = new double[2003];
        Half[] f16 = new Half[2003];
        BFloat16[] bf16 = new BFloat16[2003];
        new Generator(42).FillUniform(f32);
        new Generator(42).FillUniform(f64);
        new Generator(42).FillUniform(f16);
        new Generator(42).FillUniform(bf16);
        Assert.Equal(0xe17eeb4290d959ae, Draws.Checksum(f32));
        Assert.Equal(0x842a221e5679f7f7, Draws.Checksum(f64));
        Assert.Equal(0xa82f035ae5018e0f, Draws.Checksum(f16));
        Assert.Equal(0xf9015348b7ece6f1, Draws.Checksum(bf16));
    }

    [Fact]
    public void C200_One_element_at_a_time_gives_the_same_stream_as_a_fill()
    {
        for (int length = 0; length <= 256; length++)
        {
            Generator whole = new(length), single = new(length);
            whole.NextUInt32();
            single.NextUInt32();
            foreach (float value in Draws.Uniform(whole, length)) Assert.Equal(single.NextFloat32(), value);
            double[] doubles = new double[length];
            whole.FillUniform(doubles);
            foreach (double value in doubles) Assert.Equal(single.NextFloat64(), value);
            Assert.Equal(single.NextUInt32(), whole.NextUInt32());
        }
    }

    [Fact]
    public void C202_Bounds_scale_then_shift_with_two_roundings()
    {
        float[] unit = Draws.Uniform(new Generator(42), 1000), scaled = Draws.Uniform(new Generator(42), 1000, -0.3, 1.7);
        float low = -0.3f, range = 1.7f - low;
        for (int i = 0; i < unit.Length; i++)
        {
            float product = unit[i] * range;
            Assert.Equal(product + low, scaled[i]);
        }
    }

    [Fact]
    public void C202_Bounds_are_first_cast_to_the_element_type()
    {
        Half[] f16 = new Half[2003];
        BFloat16[] bf16 = new BFloat16[2003];
        new Generator(42).FillUniform(f16, -0.3, 1.7);
        new Generator(42).FillUniform(bf16, -0.3, 1.7);
        Assert.Equal(0xfe2a46bdf1608a5f, Draws.Checksum(f16));
        Assert.Equal(0xa6c41bb2d31d5fe6, Draws.Checksum(bf16));
    }

    [Fact]
    public void C214_A_linear_layers_weight_bias_and_what_follows()
    {
        Generator generator = new(0);
        double bound = Math.Sqrt(3) * Math.Sqrt(2.0 / 6) / Math.Sqrt(3);
        Draws.Near([-0.0043225177f, 0.30971584f, -0.47518533f, -0.4248946f, -0.22236897f, 0.15482073f],
            Draws.Uniform(generator, 6, -bound, bound), 1e-7f);
        Draws.Near([-0.011439145f, 0.45777494f], Draws.Uniform(generator, 2, -1 / Math.Sqrt(3), 1 / Math.Sqrt(3)), 1e-7f);
        Assert.Equal(0.45562798f, generator.NextFloat32());
    }

    [Fact]
    public void C216_A_convolutions_weight_and_bias()
    {
        Generator generator = new(0);
        Draws.Near([-0.0037434101f, 0.2682218f, -0.41152257f, -0.36796951f, -0.19257718f], Draws.Uniform(generator, 5, -0.5, 0.5), 1e-7f);
        generator.Seed(42);
        Draws.Near([0.38226926f, 0.41500396f, -0.11713624f, 0.45930564f, -0.10955179f], Draws.Uniform(generator, 5, -0.5, 0.5), 1e-7f);
    }

    [Fact]
    public void Exponentials_follow_PyTorchs()
    {
        float[] values = new float[4];
        Generator generator = new(0);
        generator.FillExponential(values, 2.5);
        Assert.Equal([1.40333045f, 0.492153913f, 0.246017635f, 1.0140475f], values);
        Assert.Equal(0.455627977848053f, generator.NextFloat32());
        double[] wide = new double[2];
        new Generator(0).FillExponential(wide);
        Assert.Equal(3.508326186707642, wide[0], 14);
        Assert.Equal(1.2303847641796768, wide[1], 14);
    }

    [Fact]
    public void A_range_that_is_none_is_refused_before_anything_is_drawn()
    {
        Generator generator = new(0);
        Assert.Contains("[1, 0)", Assert.Throws<ArgumentOutOfRangeException>(() => Draws.Uniform(generator, 3, 1, 0)).Message);
        Assert.Contains("wider", Assert.Throws<ArgumentOutOfRangeException>(() => Draws.Uniform(generator, 3, -3e38, 3e38)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Draws.Uniform(generator, 3, double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillUniform(new double[1], 0, double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillUniform(new Half[1], -60000, 60000));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillExponential(new float[1], 0));
        Assert.Equal(2357136044u, generator.NextUInt32());
    }
}
