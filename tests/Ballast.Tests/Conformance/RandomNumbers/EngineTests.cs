using System.Runtime.Intrinsics;

namespace Ballast.Tests.Conformance.RandomNumbers;

public sealed class EngineTests
{
    [Theory]
    [InlineData(0, new uint[] { 2357136044, 2546248239, 3071714933 })]
    [InlineData(42, new uint[] { 1608637542, 3421126067, 4083286876 })]
    [InlineData(123, new uint[] { 2991312382, 3062119789, 1228959102 })]
    [InlineData(5489, new uint[] { 3499211612 })]
    public void C197_First_draws_of_a_seed(long seed, uint[] expected)
    {
        Generator generator = new(seed);
        foreach (uint draw in expected) Assert.Equal(draw, generator.NextUInt32());
    }

    [Fact]
    public void C197_The_ten_thousandth_draw_of_the_reference_seed()
    {
        Generator generator = new(5489);
        for (int i = 0; i < 9999; i++) generator.NextUInt32();
        Assert.Equal(4123659995u, generator.NextUInt32()); // the C++ standard's check value for mt19937
    }

    [Fact]
    public void C198_Only_the_low_32_bits_of_a_seed_matter_but_all_are_reported()
    {
        Generator small = new(5L), large = new(5L + (1L << 32));
        Assert.Equal(5ul, small.InitialSeed);
        Assert.Equal(5ul + (1ul << 32), large.InitialSeed);
        for (int i = 0; i < 1000; i++) Assert.Equal(small.NextUInt32(), large.NextUInt32());
    }

    [Fact]
    public void C198_A_negative_seed_is_its_twos_complement_and_both_ends_of_the_range_are_taken()
    {
        Assert.Equal(ulong.MaxValue, new Generator(-1).InitialSeed);
        Assert.Equal(new Generator(ulong.MaxValue).NextUInt32(), new Generator(-1).NextUInt32());
        Assert.Equal(1ul << 63, new Generator(long.MinValue).InitialSeed);
        Assert.Equal(ulong.MaxValue, new Generator().Seed(ulong.MaxValue).InitialSeed);
        Assert.Equal(1ul << 63, new Generator().Seed(long.MinValue).InitialSeed);
    }

    [Fact]
    public void C198_Seeding_drops_a_cached_normal()
    {
        Generator generator = new(0);
        double first = generator.NextNormal();
        generator.Seed(0);
        Assert.Equal(first, generator.NextNormal());
    }

    [Fact]
    public void C199_A_64_bit_draw_is_two_draws_the_first_being_the_high_half()
    {
        Assert.Equal(2357136044ul << 32 | 2546248239, new Generator(0).NextUInt64());
    }

    [Fact]
    public void A_generator_without_a_seed_has_PyTorchs_default()
    {
        Assert.Equal(67280421310721ul, new Generator().InitialSeed);
        Assert.Equal(67280421310721ul, new Generator(Generator.DefaultSeed).InitialSeed);
        Assert.NotNull(Generator.Default);
    }

    [Fact]
    public void Logarithm_sine_and_cosine_are_right_to_two_units_in_the_last_place()
    {
        Generator generator = new(9);
        for (int i = 0; i < 100_000; i++)
        {
            // Logarithms are taken from 2^-53 to 1, angles from 0 to a full turn.
            double u = Math.ScaleB(1 - generator.NextFloat64(), -(i % 53)), turn = 2 * Math.PI * generator.NextFloat64();
            AssertClose(Math.Log(u), NormalMath.Log(Vector256.Create(u)).ToScalar());
            (Vector256<double> sin, Vector256<double> cos) = NormalMath.SinCos(Vector256.Create(turn));
            AssertClose(Math.Sin(turn), sin.ToScalar());
            AssertClose(Math.Cos(turn), cos.ToScalar());
        }

        Assert.Equal(0, NormalMath.Log(Vector256.Create(1.0)).ToScalar());
        Assert.Equal(Math.Log(Math.ScaleB(1, -53)), NormalMath.Log(Vector256.Create(Math.ScaleB(1, -53))).ToScalar());
        foreach (double exact in (double[])[0, Math.PI / 2, Math.PI, 1.5 * Math.PI, 2 * Math.PI])
        {
            (Vector256<double> sin, Vector256<double> cos) = NormalMath.SinCos(Vector256.Create(exact));
            AssertClose(Math.Sin(exact), sin.ToScalar());
            AssertClose(Math.Cos(exact), cos.ToScalar());
        }
    }

    // The reduced angle has an absolute error of 6e-27, which shows beside a multiple of pi/2.
    private static void AssertClose(double expected, double actual)
    {
        double ulp = Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected);
        Assert.True(Math.Abs(expected - actual) <= Math.Max(2 * ulp, 4e-26), $"expected {expected:R}, got {actual:R}");
    }
}
