using System.Collections.Concurrent;
using Ballast.Gpu;
using Xunit.Abstractions;

namespace Ballast.Tests.Gpu;

/// <summary>The functions of Kernels/maths.cl against float64, within the bounds that its header states. All float32 are tried if
/// <c>BALLAST_EXHAUSTIVE</c> is 1, which takes about ten minutes; else every exponent, the neighbours of special points and a grid.</summary>
public sealed class MathsTests(ITestOutputHelper output)
{
    private const int Chunk = 1 << 22;

    private static bool Exhaustive => Environment.GetEnvironmentVariable("BALLAST_EXHAUSTIVE") == "1";

    // Where branches, roundings to infinity, to subnormals or to zero lie; the neighbours are tried too.
    private static ReadOnlySpan<float> Special =>
    [
        0, 1.4e-45f, 1.17549435e-38f, 1e-20f, 1.1920929e-7f, 0.001f, 0.3465736f, 0.5f, 0.625f, 0.70710678f, 0.78539816f, 1, 1.41421356f,
        1.57079633f, 2.35619449f, 3.14159265f, 4.7f, 6, 6.28318531f, 9.0109f, 10, 10.5f, 13.2f, 14.4f, 15, 16, 17.3286f, 39, 51471.8546f,
        87.3365f, 88.7228f, 88.8f, 103.279f, 103.972f, 104, 128, 160, 1e5f, 16777216f, 1e10f, 3.4028235e38f, float.PositiveInfinity,
        float.NaN,
    ];

    [OpenClTheory]
    [InlineData("exp", 4)]
    [InlineData("log", 4)]
    [InlineData("tanh", 8)]
    [InlineData("erf", 8)]
    [InlineData("gelu", 8)]
    [InlineData("gelu by tanh", 8)]
    [InlineData("sin", 4)]
    [InlineData("cos", 4)]
    public void Float32_is_within_its_bound_of_float64(string name, double ulps)
    {
        double worst = 0;
        float at = 0;
        foreach (float[] x in Inputs())
        {
            float[] y = OnDevice(name, Tensor.From(x)).ToArray<float>();
            Parallel.ForEach(Partitioner.Create(0, x.Length), range =>
            {
                (double Ulps, float At) found = Worst(name, ulps, x.AsSpan(range.Item1..range.Item2), y.AsSpan(range.Item1..range.Item2));
                lock (output)
                {
                    if (found.Ulps > worst) (worst, at) = found;
                }
            });
        }
        output.WriteLine($"{name}: {(Exhaustive ? "all float32" : "sampled")}: at worst {worst:F2} ulp, at {at:R}");
    }

    /// <summary>Fails where a bound does not hold; gives the largest error among ordinary results.</summary>
    private static (double Ulps, float At) Worst(string name, double ulps, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        (double Ulps, float At) worst = default;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = Exact(name, x[i]), size = Math.Abs(exact);
            // The sine of a number beyond 1e5 is right to an absolute error; its ulps are those of its neighbourhood.
            if (name is "sin" or "cos" && MathF.Abs(x[i]) > 1e5f)
            {
                bool right = float.IsNaN(y[i]) ? double.IsNaN(exact) : Math.Abs(y[i] - exact) <= 1e-6;
                if (!right) Assert.Fail($"{name}({x[i]:R}) is {y[i]:R} instead of {exact:R}");
                continue;
            }
            // Between the smallest normal number and the largest the unit is 2^-23 of the power of two below; the rest goes the long way.
            if (size is >= 1.17549436e-38 and < 3.4028234e38)
            {
                double unit = BitConverter.Int64BitsToDouble((BitConverter.DoubleToInt64Bits(size) & (0x7ffL << 52)) - (23L << 52));
                double off = Math.Abs(y[i] - exact) / unit;
                if (off <= ulps)
                {
                    if (off > worst.Ulps) worst = (off, x[i]);
                    continue;
                }
            }
            if (!IsNear(ulps, y[i], exact)) Assert.Fail($"{name}({x[i]:R}) is {y[i]:R} instead of {exact:R}");
        }
        return worst;
    }

    [OpenClFact]
    public void Float32_powers_are_within_16_ulps_and_special_cases_are_those_of_C99()
    {
        var random = new Random(7);
        float[] special = [0, -0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, 2.5f, -2.5f, 127, -150, 1e-45f, -1e-45f, 16777215, 16777216, -16777215,
            1.0000001f, 0.99999994f, 3.4028235e38f, -3.4028235e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        List<float> bases = [], powers = [];
        foreach (float x in special)
        {
            foreach (float y in special)
            {
                bases.Add(x);
                powers.Add(y);
            }
        }
        for (int i = 0; i < 300_000; i++)
        {
            float x = i % 2 == 0 ? (float)Math.Exp((random.NextDouble() - 0.5) * (i % 4 == 0 ? 2 : 170)) : Bits(random);
            bases.Add(x);
            powers.Add(i % 2 == 0 ? (float)((random.NextDouble() * 2 - 1) * 105 / (Math.Log(x) + 1e-9)) : Bits(random));
        }
        float[] result = Tensor.From([.. bases]).To(OpenCl.Device).Pow(Tensor.From([.. powers]).To(OpenCl.Device)).ToArray<float>();
        for (int i = 0; i < result.Length; i++) Near(16, result[i], Math.Pow(bases[i], powers[i]), $"pow({bases[i]:R}, {powers[i]:R})");
    }

    [OpenClFact]
    public void Remainders_are_exact_however_far_apart_the_operands_lie()
    {
        var random = new Random(8);
        List<float> a = [1, -1, 5, -5, 3.4028235e38f, -3.4028235e38f, 1e-45f, 1, 0, 7, float.PositiveInfinity, float.NaN, -0f],
            b = [0.1f, 0.1f, 3, 3, 1e-45f, 3e-39f, 3, float.PositiveInfinity, 2, 0, 2, 1, 3];
        for (int i = 0; i < 100_000; i++)
        {
            a.Add(i % 2 == 0 ? Bits(random) : (float)(random.NextDouble() * 200 - 100));
            b.Add(i % 2 == 0 ? Bits(random) : (float)(random.NextDouble() * 20 - 10));
        }
        float[] x = [.. a], y = [.. b];
        double[] wide = [.. x.Select(v => (double)v * 1.1)], by = [.. y.Select(v => (double)v * 0.7)];
        Tensor A = Tensor.From(x), B = Tensor.From(y), W = Tensor.From(wide), V = Tensor.From(by);
        Device device = OpenCl.Device;
        Same(A.Remainder(B), A.To(device).Remainder(B.To(device)));
        Same(W.Remainder(V), W.To(device).Remainder(V.To(device)));

        static void Same(Tensor cpu, Tensor device)
        {
            double[] want = cpu.To(DType.Float64).ToArray<double>(), got = device.To(DType.Float64).ToArray<double>();
            for (int i = 0; i < want.Length; i++) Assert.True(want[i].Equals(got[i]), $"element {i}: {got[i]:R} instead of {want[i]:R}");
        }
    }

    [OpenClTheory]
    [InlineData("exp", 745.2)]
    [InlineData("log", 3)]
    [InlineData("tanh", 20)]
    [InlineData("sin", 1e5)]
    [InlineData("cos", 1e5)]
    public void Float64_is_within_4_ulps(string name, double range)
    {
        var random = new Random(9);
        List<double> x = [0, -0.0, 1, -1, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.Epsilon, -double.Epsilon,
            709.78, 709.79, -745.13, -745.14, -708.4, 0.625, 1e22, Math.PI / 2, Math.PI, 2 * Math.PI];
        for (int i = 0; i < 100_000; i++) x.Add((random.NextDouble() * 2 - 1) * range);
        for (int i = 0; i < 100_000; i++) x.Add(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
        double[] given = [.. x], y = OnDevice(name, Tensor.From(given)).ToArray<double>();
        // The reference is itself right to 1 ulp.
        for (int i = 0; i < given.Length; i++) Near64(3, y[i], Exact(name, given[i]), $"{name}({given[i]:R})");
    }

    [OpenClFact]
    public void The_cosine_nearest_to_zero_of_all_float64_is_right()
    {
        // Muller, Elementary Functions: the worst case of argument reduction. C libraries are off by several ulps there.
        double[] x = [6381956970095103 * Math.Pow(2, 797)];
        Near64(4, OnDevice("cos", Tensor.From(x)).ToArray<double>()[0], -4.68716592425462761112e-19, "cos(6381956970095103 * 2^797)");
    }

    [OpenClFact]
    public void Float64_erf_and_gelu_are_right_by_a_table()
    {
        double[] erf = OnDevice("erf", Tensor.From([.. Erf.Select(p => p.X)])).ToArray<double>();
        for (int i = 0; i < erf.Length; i++) Near64(4, erf[i], Erf[i].Y, $"erf({Erf[i].X:R})");
        double[] gelu = OnDevice("gelu", Tensor.From([.. Gelu.Select(p => p.X)])).ToArray<double>();
        for (int i = 0; i < gelu.Length; i++) Near64(8, gelu[i], Gelu[i].Y, $"gelu({Gelu[i].X:R})");
    }

    [OpenClFact]
    public void Float64_powers_are_within_16_ulps()
    {
        var random = new Random(10);
        List<double> x = [], y = [];
        for (int i = 0; i < 100_000; i++)
        {
            x.Add(i % 2 == 0 ? Math.Exp((random.NextDouble() - 0.5) * 1400) : random.NextDouble() * 4);
            y.Add(i % 3 == 0 ? random.Next(-9, 9) : (random.NextDouble() * 2 - 1) * 746 / Math.Log(x[^1]));
        }
        double[] result = Tensor.From([.. x]).To(OpenCl.Device).Pow(Tensor.From([.. y]).To(OpenCl.Device)).ToArray<double>();
        for (int i = 0; i < result.Length; i++) Near64(15, result[i], Math.Pow(x[i], y[i]), $"pow({x[i]:R}, {y[i]:R})");
    }

    [Fact]
    public void Gelu_keeps_its_relative_accuracy_on_the_CPU_down_to_the_smallest_normal_numbers()
    {
        float[] x = [.. Gelu.Select(p => (float)p.X).Where(v => v > -13)];
        float[] y = Tensor.From(x).Gelu().ToArray<float>();
        for (int i = 0; i < x.Length; i++) Near(8, y[i], Exact("gelu", x[i]), $"gelu({x[i]:R})");
    }

    [Fact]
    public void No_kernel_text_calls_a_function_of_the_driver()
    {
        string text = KernelText.Compute(DType.Float32) + KernelText.Compute(DType.Float64) + KernelText.Compute(DType.Int32);
        foreach (string name in typeof(KernelText).Assembly.GetManifestResourceNames())
            if (name.EndsWith(".cl", StringComparison.Ordinal)) text += KernelText.File(name);
        foreach (string function in (string[])["exp", "log", "sin", "cos", "tanh", "pow", "erf", "fmod", "exp2", "log2", "rsqrt", "mad"])
            Assert.DoesNotMatch($@"(?<![\w.]){function}\s*\(", text);
    }

    private static IEnumerable<float[]> Inputs()
    {
        if (Exhaustive)
        {
            for (long start = 0; start < 1L << 32; start += Chunk)
            {
                var x = new float[Chunk];
                for (int i = 0; i < Chunk; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)(start + i));
                yield return x;
            }
            yield break;
        }
        List<float> some = [];
        for (uint sign = 0; sign < 2; sign++)
        {
            for (uint exponent = 0; exponent < 256; exponent++)
            {
                for (uint k = 0; k < 256; k++)
                    some.Add(BitConverter.UInt32BitsToSingle((sign << 31) | (exponent << 23) | ((k * 32771 + exponent * 977) & 0x7fffff)));
            }
            for (int i = 0; i < 40_000; i++) some.Add((sign == 0 ? 1 : -1) * i / 390f);
            foreach (float special in Special)
            {
                uint bits = BitConverter.SingleToUInt32Bits(special) | (sign << 31);
                for (int near = -40; near <= 40; near++) some.Add(BitConverter.UInt32BitsToSingle((uint)(bits + near)));
            }
        }
        yield return [.. some];
    }

    private static float Bits(Random random) => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));

    private static Tensor OnDevice(string name, Tensor host)
    {
        Tensor x = host.To(OpenCl.Device);
        return name switch
        {
            "exp" => x.Exp(),
            "log" => x.Log(),
            "tanh" => x.Tanh(),
            "erf" => x.Erf(),
            "gelu" => x.Gelu(),
            "gelu by tanh" => x.Gelu(tanh: true),
            "sin" => x.Sin(),
            _ => x.Cos(),
        };
    }

    private static double Exact(string name, double x) => name switch
    {
        "exp" => Math.Exp(x),
        "log" => Math.Log(x),
        "tanh" => Math.Tanh(x),
        "erf" => SpecialFunctions.Erf(x),
        "gelu" => SpecialFunctions.NormalCdf(x, x),
        "gelu by tanh" => ByTanh(x),
        "sin" => Math.Sin(x),
        _ => Math.Cos(x),
    };

    private static double ByTanh(double x)
    {
        double u = 2 * Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
        return u < 0 ? x * Math.Exp(u) / (1 + Math.Exp(u)) : x / (1 + Math.Exp(-u));
    }

    /// <summary>Compares in units of the last place that a float32 of the exact value's size has; signs of zero count.</summary>
    private static void Near(double ulps, float value, double exact, string what)
    {
        if (!IsNear(ulps, value, exact)) Assert.Fail($"{what} is {value:R} instead of {exact:R}");
    }

    private static bool IsNear(double ulps, float value, double exact)
    {
        float rounded = (float)exact;
        return float.IsNaN(rounded) ? float.IsNaN(value)
            : float.IsInfinity(rounded) || float.IsInfinity(value)
                ? value == rounded || (Math.Abs(exact) > 3.4028e38 && MathF.Abs(value) > 3.4028e38f)
            : Math.Abs(value - exact) <= ulps * Math.Pow(2, Math.Max(exact == 0 ? -200 : Math.ILogB(exact), -126) - 23)
                && (value != 0 || rounded != 0 || float.IsNegative(value) == float.IsNegative(rounded));
    }

    private static void Near64(double ulps, double value, double exact, string what)
    {
        bool right = double.IsNaN(exact) ? double.IsNaN(value)
            : double.IsInfinity(exact) || double.IsInfinity(value)
                ? value == exact || (Math.Abs(exact) > 1.797e308 && Math.Abs(value) > 1.797e308)
            : Math.Abs(value - exact) <= ulps * Math.ScaleB(1, Math.Max(exact == 0 ? -1022 : Math.ILogB(exact), -1022) - 52);
        if (!right) Assert.Fail($"{what} is {value:R} instead of {exact:R}");
    }

    // Correctly rounded values (tools/fit/fit.py table).
    private static readonly (double X, double Y)[] Erf =
    [
        (1e-300, 1.1283791670955126e-300), (-1e-300, -1.1283791670955126e-300), (1e-09, 1.1283791670955127e-09),
        (-1e-09, -1.1283791670955127e-09), (0.03, 0.03384122234173543), (-0.03, -0.03384122234173543), (0.2, 0.22270258921047847),
        (-0.2, -0.22270258921047847), (0.5, 0.5204998778130465), (-0.5, -0.5204998778130465), (0.75, 0.7111556336535151),
        (-0.75, -0.7111556336535151), (0.84, 0.7651427114549945), (-0.84, -0.7651427114549945), (0.99, 0.8385080695553698),
        (-0.99, -0.8385080695553698), (1, 0.8427007929497149), (-1, -0.8427007929497149), (1.01, 0.8468104962282768),
        (-1.01, -0.8468104962282768), (1.3, 0.9340079449406524), (-1.3, -0.9340079449406524), (1.7, 0.9837904585907745),
        (-1.7, -0.9837904585907745), (2, 0.9953222650189527), (-2, -0.9953222650189527), (2.5, 0.999593047982555),
        (-2.5, -0.999593047982555), (3, 0.9999779095030014), (-3, -0.9999779095030014), (3.7, 0.9999998328489421),
        (-3.7, -0.9999998328489421), (4.5, 0.9999999998033839), (-4.5, -0.9999999998033839), (5.2, 0.9999999999998075),
        (-5.2, -0.9999999999998075), (5.9, 0.9999999999999999), (-5.9, -0.9999999999999999), (6.1, 1.0), (-6.1, -1.0), (9, 1.0),
        (-9, -1.0), (12, 1.0), (-12, -1.0), (17, 1.0), (-17, -1.0), (23, 1.0), (-23, -1.0), (30, 1.0), (-30, -1.0), (36, 1.0),
        (-36, -1.0), (37.5, 1.0), (-37.5, -1.0)
    ];

    private static readonly (double X, double Y)[] Gelu =
    [
        (1e-300, 5e-301), (-1e-300, -5e-301), (1e-09, 5.000000003989423e-10), (-1e-09, -4.999999996010577e-10),
        (0.03, 0.01535899420242338), (-0.03, -0.01464100579757662), (0.2, 0.11585194188782061), (-0.2, -0.0841480581121794),
        (0.5, 0.34573123063700656), (-0.5, -0.15426876936299344), (0.75, 0.5800294857173488), (-0.75, -0.16997051428265114),
        (0.84, 0.6716184776612223), (-0.84, -0.1683815223387777), (0.99, 0.8305238110842774), (-0.99, -0.1594761889157226),
        (1, 0.8413447460685429), (-1, -0.15865525393145705), (1.01, 0.8521898785285329), (-1.01, -0.15781012147146714),
        (1.3, 1.1741593700387065), (-1.3, -0.12584062996129342), (1.7, 1.6242387133104768), (-1.7, -0.07576128668952317),
        (2, 1.9544997361036416), (-2, -0.04550026389635842), (2.5, 2.4844758366855597), (-2.5, -0.015524163314440337),
        (3, 2.99595030590511), (-3, -0.0040496940948902835), (3.7, 3.699601140986134), (-3.7, -0.00039885901386633657),
        (4.5, 4.4999847104709385), (-4.5, -1.5289529061285272e-05), (5.2, 5.199999481849832), (-5.2, -5.181501684805406e-07),
        (5.9, 5.899999989276704), (-5.9, -1.0723296392286628e-08), (6.1, 6.099999996764912), (-6.1, -3.235088190398793e-09), (9, 9.0),
        (-9, -1.0157295653584566e-18), (12, 12.0), (-12, -2.1317785344932147e-32), (17, 17.0), (-17, -6.98019354356814e-64), (23, 23.0),
        (-23, -5.360465114307492e-116), (30, 30.0), (-30, -1.472014178144456e-196), (36, 36.0), (-36, -1.505744663687022e-282),
        (37.5, 37.5), (-37.5, -1.7270073785932332e-306)
    ];
}
