namespace Ballast.Tests.Conformance.RandomNumbers;

public sealed class NormalTests
{
    [Fact]
    public void C204_Fewer_than_sixteen_come_in_pairs()
    {
        Draws.Near([1.5409961f, -0.2934289f, -2.1787894f, 0.56843126f, -1.0845224f], Draws.Normal(new Generator(0), 5));
        Draws.Near([-0.11146712f, 0.12036294f, -0.36963451f, -0.24041797f, -1.1969243f], Draws.Normal(new Generator(123), 5));
    }

    [Fact]
    public void C204_The_second_of_a_pair_is_kept_for_the_next_fill()
    {
        Generator generator = new(0), other = new(0);
        float[] first = Draws.Normal(generator, 5), next = Draws.Normal(generator, 1), whole = Draws.Normal(other, 6);
        Assert.Equal(whole, first.Concat(next));
        Assert.Equal(other.NextUInt32(), generator.NextUInt32());
        double[] wide = new double[3];
        other.Seed(0);
        other.FillNormal(wide, 0, 1);
        Assert.Equal(1.5409961082440433, wide[0], 14);
        Assert.Equal(-0.2934289057609464, wide[1], 14);
        Assert.Equal(-2.1787893820745574, wide[2], 14);
    }

    [Fact]
    public void C204_The_pair_path_at_any_length_is_that_of_a_strided_tensor()
    {
        // normal_ on the transpose of an empty [4, 8], seed 0, read in memory order
        float[] expected =
        [
            1.54099607f, -0.293428898f, -2.17878938f, 0.568431258f, -1.08452237f, -1.39859545f, 0.403346837f, 0.838026345f, -0.719257593f,
            -0.403343529f, -0.596635342f, 0.182036489f, -0.856674612f, 1.10060418f, -1.07118738f, 0.122701243f, -0.566317499f, 0.373114645f,
            -0.891995311f, -1.50910771f, 0.370393544f, 1.45650256f, 0.939809918f, 0.774848819f, 0.191869423f, 1.26379478f, -1.29043508f,
            -0.791102707f, -0.0208794735f, -0.718480051f, 0.518636763f, -1.31252193f,
        ];
        float[] actual = new float[32];
        Generator generator = new(0);
        generator.FillNormalScalar(actual);
        Draws.Near(expected, actual);
        Assert.Equal(0.7744860053062439f, generator.NextFloat32());
        double[] wide = new double[32];
        generator.Seed(0).FillNormalScalar(wide, 1, 2);
        for (int i = 0; i < 32; i++) Assert.Equal(1 + 2.0 * expected[i], wide[i], 5);
    }

    [Fact]
    public void C206_Sixteen_or_more_neither_use_nor_change_the_cache()
    {
        Generator generator = new(0), other = new(0);
        Draws.Normal(generator, 5);
        Draws.Normal(generator, 40);
        float kept = Draws.Normal(generator, 1)[0];
        Assert.Equal(Draws.Normal(other, 6)[5], kept);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(18, 34)]
    [InlineData(31, 47)]
    [InlineData(32, 32)]
    [InlineData(1000, 1016)]
    public void C206_A_fill_makes_one_draw_per_element_and_sixteen_more_for_a_broken_block(int count, int draws)
    {
        Generator generator = new(7), counter = new(7);
        Draws.Normal(generator, count);
        for (int i = 0; i < draws; i++) counter.NextUInt32();
        Assert.Equal(counter.NextUInt32(), generator.NextUInt32());
    }

    [Fact]
    public void C207_Randn_of_sixteen_and_eighteen()
    {
        float[] sixteen = Draws.Normal(new Generator(0), 16);
        Draws.Near([-1.1258398f, -1.1523602f, -0.25057858f, -0.43387881f, 0.84871036f], sixteen.AsSpan(0, 5));
        Assert.Equal(-0.24727815f, sixteen[15], 1e-6f);
        Draws.Near([1.9269153f, 1.4872841f, 0.9007172f, -2.105521f], Draws.Normal(new Generator(42), 16).AsSpan(0, 4));
        Generator generator = new(0);
        Draws.Near(
            [
                -1.12583983f, -1.1523602f, 0.566650629f, 0.793508351f, 0.598839462f, -1.55509508f, -0.34136039f, 1.85300612f, 0.468096405f,
                -0.157712445f, -0.173396751f, 0.183477938f, 1.38936615f, 1.58633423f, 0.946298361f, -0.843676746f,
                0.931826591f, 1.25900924f,
            ],
            Draws.Normal(generator, 18));
        Assert.Equal(0.15067976713180542f, generator.NextFloat32());
    }

    [Fact]
    public void C206_A_long_fill_ends_as_PyTorchs_and_mean_and_deviation_apply()
    {
        Generator generator = new(0);
        Draws.Near([-0.209974498f, -0.998045921f, 1.46419537f, 0.126418144f, -0.586172104f], Draws.Normal(generator, 1000).AsSpan(995));
        Assert.Equal(0.9324857592582703f, generator.NextFloat32());
        float[] shifted = Draws.Normal(generator.Seed(0), 17, 2, 3);
        Draws.Near([-1.37751949f, -3.08779359f, 3.69995189f, 4.38052511f, 3.79651833f], shifted.AsSpan(0, 5), 2e-6f);
    }

    [Fact]
    public void C206_Float64_blocks()
    {
        double[] expected =
        [
            -2.310411800234176, -0.6332746088675096, -1.2609246557194385, -0.726951062065411, -0.019964750907762653, 0.2102998901016947,
            0.17718935139366584, -0.830510051008449, 0.23871805816817063, -0.2426793824588577, -0.7730112772958181, -1.5951814880783068,
            -0.6870036940435463, 1.4880743158106724, -0.4484158047114511, -0.8910030351707375, 0.6748575435940039,
        ];
        double[] actual = new double[17];
        new Generator(0).FillNormal(actual);
        for (int i = 0; i < 17; i++) Assert.Equal(expected[i], actual[i], 14);
    }

    [Fact]
    public void Sixteen_bit_normals_equal_PyTorchs_bit_for_bit()
    {
        Half[] f16 = new Half[2003];
        BFloat16[] bf16 = new BFloat16[2003];
        new Generator(42).FillNormal(f16);
        new Generator(42).FillNormal(bf16);
        Assert.Equal(0x1d19ab55b73a561aul, Draws.Checksum(f16));
        Assert.Equal(0xa1806d12213eb096, Draws.Checksum(bf16));

        // Fills of 1 to 15 elements in a row: pairs, with the cache carried along.
        Half[] smallF16 = new Half[120];
        BFloat16[] smallBF16 = new BFloat16[120];
        Generator a = new(42), b = new(42);
        for (int n = 1, at = 0; n < 16; at += n++)
        {
            a.FillNormal(smallF16.AsSpan(at, n), 0.3, 1.7);
            b.FillNormal(smallBF16.AsSpan(at, n), 0.3, 1.7);
        }

        Assert.Equal(0x54f1be67b2f4ea56ul, Draws.Checksum(smallF16));
        Assert.Equal(0x5676fb4253207c0dul, Draws.Checksum(smallBF16));
        a.Seed(42).FillNormalScalar(smallF16, 0.3, 1.7);
        b.Seed(42).FillNormalScalar(smallBF16, 0.3, 1.7);
        Assert.Equal(0x54f1be67b2f4ea56ul, Draws.Checksum(smallF16));
        Assert.Equal(0x5676fb4253207c0dul, Draws.Checksum(smallBF16));
    }

    [Fact]
    public void C215_Embedding_weights_and_what_follows()
    {
        Generator generator = new(0);
        Draws.Near([1.5409961f, -0.2934289f, -2.1787894f, 0.56843126f, -1.0845224f, -1.3985955f], Draws.Normal(generator, 6));
        Assert.Equal(0.022325754f, generator.NextFloat32());
        float[] large = Draws.Normal(generator.Seed(0), 20);
        Draws.Near([-1.1258398f, -1.1523602f, -0.25057858f, -0.43387881f, 0.59883946f, -1.5550951f], large.AsSpan(0, 6));
        Draws.Near([0.931826591f, 1.25900924f, 2.00498056f, 0.0537369028f], large.AsSpan(16));
        Assert.Equal(0.20812976f, generator.NextFloat32());
    }

    [Fact]
    public void Normals_have_the_same_bits_on_every_processor()
    {
        // Our own values: they hold with AVX-512, AVX2, FMA and all intrinsics switched on or off.
        float[] f32 = new float[2003];
        double[] f64 = new double[2003], pairs = new double[2003];
        new Generator(42).FillNormal(f32, 0.3, 1.7);
        new Generator(42).FillNormal(f64, 0.3, 1.7);
        new Generator(42).FillNormalScalar(pairs, 0.3, 1.7);
        Assert.Equal(0x94c2432d1b16956c, ByteChecksum<float>(f32));
        Assert.Equal(0xdcd555124741e292, ByteChecksum<double>(f64));
        Assert.Equal(0x6ac82296b2d58b46ul, ByteChecksum<double>(pairs));

        static ulong ByteChecksum<T>(Span<T> values) where T : unmanaged =>
            Draws.Checksum<byte>(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));
    }

    [Fact]
    public void A_large_fill_has_the_moments_of_a_normal()
    {
        float[] values = Draws.Normal(new Generator(1), 1_000_000, 3, 2);
        double mean = values.Average(v => (double)v), variance = values.Average(v => (v - mean) * (v - mean));
        double skew = values.Average(v => Math.Pow((v - mean) / 2, 3)), kurtosis = values.Average(v => Math.Pow((v - mean) / 2, 4));
        Assert.Equal(3, mean, 0.01);
        Assert.Equal(4, variance, 0.03);
        Assert.Equal(0, skew, 0.02);
        Assert.Equal(3, kurtosis, 0.05);
    }

    [Fact]
    public void A_zero_deviation_gives_the_mean_and_a_negative_one_is_refused()
    {
        Generator generator = new(0);
        Assert.All(Draws.Normal(generator, 20, 5, 0), v => Assert.Equal(5, v));
        Assert.Contains("-1", Assert.Throws<ArgumentOutOfRangeException>(() => Draws.Normal(generator, 20, 0, -1)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillNormalScalar(new double[1], 0, double.NaN));
    }
}
