namespace Ballast.Tests.Simd;

/// <summary>The float32 functions over all magnitudes, against float64, in lanes of every width.</summary>
[Trait("Category", "Simd")]
public sealed unsafe class Float32FunctionTests
{
    // Prime, so that the sweep meets every exponent with ever other fractions: 4.3 million values.
    private const uint Stride = 997;

    private delegate float One(float x);

    [Fact]
    public void Exp_is_within_its_bound_of_float64() => Sweep(Stride, x => F32.Exp(new F32(x)).Value, Math.Exp, 1.6);

    [Fact]
    public void Tanh_is_within_its_bound_of_float64() => Sweep(Stride, x => F32.Tanh(new F32(x)).Value, Math.Tanh, 2);

    [Fact]
    public void Erf_is_within_its_bound_of_float64() => Sweep(31 * Stride, x => F32.Erf(new F32(x)).Value, SpecialFunctions.Erf, 2);

    [Fact]
    public void Exp_holds_at_its_edges()
    {
        Assert.Equal(0f, F32.Exp(new F32(float.NegativeInfinity)).Value);
        Assert.Equal(0f, F32.Exp(new F32(-200f)).Value);
        Assert.Equal(float.Epsilon, F32.Exp(new F32(-103.5f)).Value);
        Assert.Equal(1f, F32.Exp(new F32(0f)).Value);
        Assert.True(float.IsFinite(F32.Exp(new F32(88.72f)).Value));
        Assert.Equal(float.PositiveInfinity, F32.Exp(new F32(88.73f)).Value);
        Assert.Equal(float.PositiveInfinity, F32.Exp(new F32(float.PositiveInfinity)).Value);
        Assert.True(float.IsNaN(F32.Exp(new F32(float.NaN)).Value));
    }

    [Fact]
    public void An_element_has_the_same_bits_in_lanes_of_every_width()
    {
        Same<F32Lanes>();
        Same<F32Wide>();
    }

    private static void Same<L>() where L : struct, ILanes<L, float>
    {
        float* x = stackalloc float[L.Count], weights = stackalloc float[L.Count], y = stackalloc float[L.Count];
        for (int i = 0; i < L.Count; i++) weights[i] = i + 0.3f;
        for (ulong bits = 0; bits < 1UL << 32; bits += (ulong)(16 * Stride * L.Count))
        {
            for (int i = 0; i < L.Count; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)bits + (uint)i * Stride);
            L lanes = L.Load(x), weight = L.Load(weights);
            Compare("exp", L.Exp(lanes), v => F32.Exp(v));
            Compare("tanh", L.Tanh(lanes), v => F32.Tanh(v));
            Compare("erf", L.Erf(lanes), v => F32.Erf(v));
            Compare("cdf", L.NormalCdf(lanes, lanes), v => F32.NormalCdf(v, v));
            Compare("cdf by tanh", L.NormalCdfByTanh(lanes, lanes), v => F32.NormalCdfByTanh(v, v));
        }

        void Compare(string name, L actual, Func<F32, F32> expected)
        {
            L.Store(actual, y);
            for (int i = 0; i < L.Count; i++)
            {
                float one = expected(new F32(x[i])).Value;
                if (BitConverter.SingleToUInt32Bits(one) != BitConverter.SingleToUInt32Bits(y[i]) && !(float.IsNaN(one) && float.IsNaN(y[i])))
                    Assert.Fail($"{typeof(L).Name}: {name}({x[i]:R}) is {y[i]:R}, alone {one:R}");
            }
        }
    }

    private static void Sweep(uint stride, One function, Func<double, double> exact, double most)
    {
        double worst = 0;
        float at = 0;
        for (ulong bits = 0; bits < 1UL << 32; bits += stride)
        {
            float x = BitConverter.UInt32BitsToSingle((uint)bits);
            double expected = exact(x);
            float actual = function(x), rounded = (float)expected;
            if (float.IsNaN(rounded) ? float.IsNaN(actual) : actual == rounded) continue;
            float size = Math.Min(Math.Abs(rounded), float.MaxValue);
            double error = Math.Abs(actual - expected) / (MathF.BitIncrement(size) - (double)size);
            if (float.IsInfinity(rounded)) error = actual < float.MaxValue ? double.PositiveInfinity : 1;
            if (!(error <= worst)) (worst, at) = (error, x);
            if (double.IsNaN(error)) break;
        }
        Assert.True(worst <= most, $"{worst:0.000} ulp at {at:R}: {function(at):R} for {exact(at):R}");
    }
}
