using Ballast.Formats;

namespace Ballast.Tests.Conformance.RandomNumbers;

/// <summary>Random tensors against what libtorch drew right after each seed.</summary>
public sealed class GoldenDrawTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, Tensor>> _golden = new(() =>
        Safetensors.Load(Repository.Golden("random.safetensors")));

    private static readonly Dictionary<string, Func<Generator, Tensor>> _draws = new()
    {
        ["rand_40_float32"] = g => Tensor.Rand([40], generator: g),
        ["rand_40_float64"] = g => Tensor.Rand([40], DType.Float64, generator: g),
        ["rand_40_float16"] = g => Tensor.Rand([40], DType.Float16, generator: g),
        ["rand_40_bfloat16"] = g => Tensor.Rand([40], DType.BFloat16, generator: g),
        ["rand_700_float32"] = g => Tensor.Rand([700], generator: g).Narrow(0, 660, 40),
        ["randint_10"] = g => Tensor.RandInt(10, [20], generator: g),
        ["randint_negative"] = g => Tensor.RandInt(-5, 100, [20], generator: g),
        ["randint_wide"] = g => Tensor.RandInt(0, 1L << 40, [20], generator: g),
        ["randint_wide_negative"] = g => Tensor.RandInt(-(1L << 50), 1L << 50, [20], generator: g),
        ["randperm_10"] = g => Tensor.RandPerm(10, generator: g),
        ["bernoulli_number"] = g => Tensor.Empty([20]).BernoulliInPlace(0.3, g),
        ["bernoulli_tensor"] = g => Tensor.Full([20], 0.3).Bernoulli(g),
        ["uniform_range"] = g => Tensor.Empty([20]).UniformInPlace(-2, 3, g),
        ["normal_small"] = g => Tensor.Empty([7]).NormalInPlace(1, 0.5, g),
        ["normal_block"] = g => Tensor.Empty([20]).NormalInPlace(1, 0.5, g),
        ["uniform_transposed"] = g => Tensor.Empty([2, 3]).T.UniformInPlace(generator: g),
        ["normal_transposed_small"] = g => Tensor.Empty([2, 3]).T.NormalInPlace(generator: g),
        ["normal_transposed_large"] = g => Tensor.Empty([4, 5]).T.NormalInPlace(generator: g),
        ["randn_5_float32"] = g => Tensor.RandN([5], generator: g),
        ["randn_15_float32"] = g => Tensor.RandN([15], generator: g),
        ["randn_16_float32"] = g => Tensor.RandN([16], generator: g),
        ["randn_18_float32"] = g => Tensor.RandN([18], generator: g),
        ["randn_33_float32"] = g => Tensor.RandN([33], generator: g),
        ["randn_5_float64"] = g => Tensor.RandN([5], DType.Float64, generator: g),
        ["randn_15_float64"] = g => Tensor.RandN([15], DType.Float64, generator: g),
        ["randn_16_float64"] = g => Tensor.RandN([16], DType.Float64, generator: g),
        ["randn_18_float64"] = g => Tensor.RandN([18], DType.Float64, generator: g),
        ["randn_33_float64"] = g => Tensor.RandN([33], DType.Float64, generator: g),
    };

    public static TheoryData<string, long> Cases
    {
        get
        {
            var cases = new TheoryData<string, long>();
            foreach (string name in _draws.Keys)
                foreach (long seed in (long[])[0, 42, 123]) cases.Add(name, seed);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Draws_as_libtorch(string name, long seed)
    {
        Tensor expected = _golden.Value[$"{name}/seed_{seed}"], actual = _draws[name](new Generator(seed));
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.DType, actual.DType);
        // Normals go through logarithm and sine; everything else must agree to the last bit.
        double tolerance = name.Contains("normal") || name.StartsWith("randn", StringComparison.Ordinal)
            ? expected.DType == DType.Float64 ? 1e-14 : 2e-6 : 0;
        double[] e = expected.To(DType.Float64).ToArray<double>(), a = actual.To(DType.Float64).ToArray<double>();
        for (int i = 0; i < e.Length; i++) Assert.True(Math.Abs(e[i] - a[i]) <= tolerance, $"element {i}: expected {e[i]:R}, got {a[i]:R}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(123)]
    public void C204_The_cached_normal_outlives_uniforms(long seed)
    {
        Generator g = new(seed);
        string at = $"cached_normal/seed_{seed}_";
        Draws.Near(_golden.Value[at + "normal_3"].ToArray<float>(), Tensor.RandN([3], generator: g).ToArray<float>(), 2e-6f);
        Assert.Equal(_golden.Value[at + "uniform_2"].ToArray<float>(), Tensor.Rand([2], generator: g).ToArray<float>());
        Draws.Near(_golden.Value[at + "normal_2"].ToArray<float>(), Tensor.RandN([2], generator: g).ToArray<float>(), 2e-6f);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(123)]
    public void C218_A_saved_state_resumes_exactly(long seed)
    {
        Generator g = new(seed);
        string at = $"saved_state/seed_{seed}_";
        Draws.Near(_golden.Value[at + "first"].ToArray<float>(), Tensor.RandN([3], generator: g).ToArray<float>(), 2e-6f);
        GeneratorState state = g.GetState();
        float[] second = Tensor.RandN([3], generator: g).ToArray<float>();
        Draws.Near(_golden.Value[at + "second"].ToArray<float>(), second, 2e-6f);
        g.SetState(state);
        Assert.Equal(second, Tensor.RandN([3], generator: g).ToArray<float>());
    }
}
