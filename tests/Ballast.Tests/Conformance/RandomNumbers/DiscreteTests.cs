namespace Ballast.Tests.Conformance.RandomNumbers;

public sealed class DiscreteTests
{
    [Theory]
    [InlineData(0, new long[] { 4, 1, 7, 5, 3, 9, 0, 8, 6, 2 })]
    [InlineData(123, new long[] { 2, 0, 8, 1, 3, 7, 4, 9, 5, 6 })]
    public void C209_Randperm_of_ten(long seed, long[] expected)
    {
        long[] order = new long[10];
        new Generator(seed).Permutation(order);
        Assert.Equal(expected, order);
    }

    [Fact]
    public void C209_A_permutation_makes_one_draw_less_than_it_has_elements()
    {
        Generator generator = new(42), counter = new(42);
        long[] order = new long[2003];
        generator.Permutation(order);
        Assert.Equal(0x2e06505db908a58ful, Draws.Checksum(order));
        for (int i = 0; i < 2002; i++) counter.NextUInt32();
        Assert.Equal(counter.NextUInt32(), generator.NextUInt32());
        Array.Sort(order);
        Assert.Equal(Enumerable.Range(0, 2003).Select(i => (long)i), order);
    }

    [Fact]
    public void C211_Bernoulli_with_a_number_makes_a_64_bit_draw_per_element()
    {
        byte[] bytes = new byte[2003];
        bool[] bools = new bool[2003];
        new Generator(42).FillBernoulli(bytes, 0.3);
        new Generator(42).FillBernoulli(bools, 0.3);
        Assert.Equal(0x1b0243ef3b2d2bc2ul, Draws.Checksum(bytes));
        Assert.Equal(0x1b0243ef3b2d2bc2ul, Draws.Checksum(bools));
        Generator generator = new(0);
        generator.FillBernoulli(new bool[4], 0);
        Assert.Equal(0.455627977848053f, generator.NextFloat32());
    }

    [Fact]
    public void C211_Bernoulli_with_probabilities_draws_in_their_type()
    {
        float[] p32 = new float[2003];
        double[] p64 = new double[2003];
        p32.AsSpan().Fill(0.3f);
        p64.AsSpan().Fill(0.3);
        bool[] values = new bool[2003];
        new Generator(42).FillBernoulli(values, p32);
        Assert.Equal(0xc2293313e52fe560, Draws.Checksum(values));
        new Generator(42).FillBernoulli(values, p64);
        Assert.Equal(0x1b0243ef3b2d2bc2ul, Draws.Checksum(values));
    }

    [Theory]
    [InlineData(0, new[] { false, false, true, false, false, false, true, true })]
    [InlineData(123, new[] { true, true, false, true, true, false, false, false })]
    public void C212_What_dropout_of_one_half_keeps_of_eight(long seed, bool[] kept)
    {
        bool[] mask = new bool[8];
        new Generator(seed).FillBernoulli(mask, 1 - 0.5);
        Assert.Equal(kept, mask);
    }

    [Fact]
    public void Integers_are_a_draw_modulo_the_range()
    {
        long[] values = new long[10];
        Generator generator = new(0);
        generator.FillIntegers(values, 0, 10);
        Assert.Equal([4, 9, 3, 0, 3, 9, 7, 3, 7, 3], values);
        long[] wide = new long[4];
        generator.FillIntegers(wide, -5, 1L << 40);
        Assert.Equal([91791038552, 155860016575, 300816483751, 379047334021], wide);
        long[] many = new long[2003];
        generator.Seed(42).FillIntegers(many, -7, 1000003);
        Assert.Equal(0xb0e1d69c03f5e205, Draws.Checksum(many));
        generator.Seed(42).FillIntegers(many, -7, 1L << 62);
        Assert.Equal(0x442a5c3febb3c924ul, Draws.Checksum(many));
    }

    [Fact]
    public void Integers_take_a_64_bit_draw_from_a_range_of_two_to_the_32_on()
    {
        long[] value = new long[1];
        Generator generator = new(0);
        generator.FillIntegers(value, -5, uint.MaxValue - 5L);
        Assert.Equal(2357136044L % uint.MaxValue - 5, value[0]);
        generator.Seed(0).FillIntegers(value, -5, (1L << 32) - 5);
        Assert.Equal(2546248239L - 5, value[0]);
        generator.Seed(0).FillIntegers(value, long.MinValue, long.MaxValue);
        Assert.Equal(unchecked((long)((2357136044ul << 32 | 2546248239) % ulong.MaxValue + (1ul << 63))), value[0]);
    }

    [Fact]
    public void Multinomial_with_replacement_follows_PyTorchs()
    {
        long[] samples = new long[10];
        Generator generator = new(0);
        generator.Multinomial([0.1f, 0.2f, 0.3f, 0.4f], 4, samples, replacement: true);
        Assert.Equal([3, 3, 2, 3, 3, 3, 1, 2, 2, 1], samples);
        Assert.Equal(0.6816085577011108f, generator.NextFloat32());
        long[] many = new long[1000];
        generator.Seed(42).Multinomial([.1f, .0f, .3f, .4f, .05f, .15f, 5, 1, 1, 1, 0, 2], 6, many, replacement: true);
        Assert.Equal(0x99b768080178e2ae, Draws.Checksum(many));
        generator.Seed(42).Multinomial([.1, .0, .3, .4, .05, .15, 5, 1, 1, 1, 0, 2], 6, many, replacement: true);
        Assert.Equal(0x99b768080178e2ae, Draws.Checksum(many));
    }

    [Fact]
    public void Multinomial_without_replacement_follows_PyTorchs()
    {
        long[] samples = new long[3];
        Generator generator = new(0);
        generator.Multinomial([0.1f, 0.2f, 0.3f, 0.4f], 4, samples);
        Assert.Equal([2, 1, 3], samples);
        Assert.Equal(0.455627977848053f, generator.NextFloat32());

        long[] many = new long[800];
        generator.Seed(42);
        for (int i = 0; i < 100; i++) generator.Multinomial([.1f, .0f, .3f, .4f, .05f, .15f, 5, 1, 1, 1, 0, 2], 6, many.AsSpan(i * 8, 8));
        Assert.Equal(0xa56398f5b845a2a7, Draws.Checksum(many));

        long[] large = new long[750];
        generator.Seed(42).Multinomial(Draws.Uniform(generator, 1000), 200, large);
        Assert.Equal(0x23fe7d984867021eul, Draws.Checksum(large));
        double[] weights = new double[1000];
        generator.Seed(42).FillUniform(weights);
        generator.Multinomial(weights, 200, large);
        Assert.Equal(0xdb96ef7592de3c23, Draws.Checksum(large));
    }

    [Fact]
    public void Multinomial_of_one_follows_PyTorchs_with_and_without_replacement()
    {
        long[] sample = new long[1];
        Generator generator = new(0);
        generator.Multinomial([0.1f, 0.2f, 0.3f, 0.4f], 4, sample, replacement: true);
        Assert.Equal(3, sample[0]);
        Assert.Equal(0.08847743272781372f, generator.NextFloat32());
        generator.Seed(0).Multinomial([0.1f, 0.2f, 0.3f, 0.4f], 4, sample);
        Assert.Equal(2, sample[0]);
        Assert.Equal(0.455627977848053f, generator.NextFloat32());
    }

    [Fact]
    public void Multinomial_frequencies_are_those_of_the_weights()
    {
        double[] weights = [1, 2, 0, 7];
        long[] samples = new long[100_000];
        new Generator(5).Multinomial(weights, 4, samples, replacement: true);
        for (int category = 0; category < 4; category++)
            Assert.Equal(weights[category] / 10, samples.Count(s => s == category) / 100_000.0, 0.01);
    }

    [Theory]
    [InlineData(new float[] { 1, -1 }, 2, 1, "Weight 1 of row 0")]
    [InlineData(new float[] { 1, 1, float.NaN, 1 }, 2, 2, "Weight 0 of row 1")]
    [InlineData(new float[] { 0, 0 }, 2, 1, "sum to 0")]
    [InlineData(new float[] { 0, 1, 0 }, 3, 2, "has 1 positive")]
    [InlineData(new float[] { 1, 1, 1 }, 2, 1, "rows must be whole")]
    [InlineData(new float[] { 1, 1, 1, 1 }, 2, 3, "multiple")]
    [InlineData(new float[] { 3e38f, 3e38f }, 2, 1, "finite")]
    public void Multinomial_refuses_weights_that_are_none_before_anything_is_drawn(
        float[] weights, int categories, int samples, string part)
    {
        Generator generator = new(0);
        long[] result = new long[samples];
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => generator.Multinomial(weights, categories, result)).Message);
        Assert.Equal(2357136044u, generator.NextUInt32());
    }

    [Fact]
    public void Probabilities_and_ranges_that_are_none_are_refused()
    {
        Generator generator = new(0);
        Assert.Contains("1.5", Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillBernoulli(new bool[1], 1.5)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillBernoulli(new byte[1], double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillBernoulli(new bool[2], [0.5f, -0.1f]));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillBernoulli(new bool[2], [0.5, 1.1]));
        Assert.Contains("1 probabilities", Assert.Throws<ArgumentException>(() => generator.FillBernoulli(new bool[2], [0.5f])).Message);
        Assert.Contains("[3, 3)", Assert.Throws<ArgumentOutOfRangeException>(() => generator.FillIntegers(new long[1], 3, 3)).Message);
        Assert.Equal(2357136044u, generator.NextUInt32());
    }
}
