using Ballast.Gpu;

namespace Ballast.Tests.Gpu;

/// <summary>Random numbers on the device: published vectors, the host's numbers, statistics, the generator's state.</summary>
[Collection(nameof(FaultsAlone))] // one test counts what the device is asked for
public sealed class PhiloxTests
{
    // Salmon et al. 2011 (Random123, kat_vectors): counter, key and the four words.
    public static TheoryData<ulong, ulong, ulong, uint[]> Known => new()
    {
        { 0, 0, 0, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        { ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
        { 0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1] },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void The_host_gives_the_published_words(ulong low, ulong high, ulong key, uint[] expected)
    {
        (uint x, uint y, uint z, uint w) = Philox.Block(key, low, high);
        Assert.Equal(expected, new[] { x, y, z, w });
    }

    [OpenClTheory]
    [MemberData(nameof(Known))]
    public void The_device_gives_the_published_words(ulong low, ulong high, ulong key, uint[] expected)
    {
        var runtime = (GpuRuntime)OpenCl.Device.Runtime;
        string text = KernelText.File("Philox.cl")
            + "KERNEL(1) void words(u64 low, u64 high, u64 key, GLOBAL int* y) { vstore4(as_int4(philox(key, low, high)), 0, y); }\n";
        Tensor y = Tensor.Empty([4], DType.Int32, OpenCl.Device);
        runtime.Launch(runtime.Kernel(text, "words"), new Grid(1, 1), unchecked((long)low), unchecked((long)high), unchecked((long)key), y);
        Assert.Equal(expected, y.ToArray<int>().Select(v => unchecked((uint)v)));
    }

    [OpenClTheory]
    [InlineData(DrawKind.Uniform)]
    [InlineData(DrawKind.Normal)]
    [InlineData(DrawKind.Exponential)]
    [InlineData(DrawKind.Bernoulli)]
    public void The_device_draws_the_hosts_numbers_whatever_the_shape(DrawKind kind)
    {
        var op = new DrawOp(kind, 0x123456789abcdef0, (1UL << 40) + 3, kind == DrawKind.Bernoulli ? 0.3 : -1, 2);
        foreach (DType dtype in (DType[])[DType.Float32, DType.Float64])
        {
            double[] host = Op.RunInPlace(op, Tensor.Empty([1000], dtype)).To(DType.Float64).ToArray<double>();
            Tensor[] shapes = [Tensor.Empty([1000], dtype, OpenCl.Device), Tensor.Empty([10, 4, 25], dtype, OpenCl.Device),
                Tensor.Empty([50, 20], dtype, OpenCl.Device).T, Tensor.Empty([1000, 3], dtype, OpenCl.Device)[.., 1]];
            foreach (Tensor there in shapes)
            {
                double[] device = Op.RunInPlace(op, there).To(DType.Float64).ToArray<double>();
                for (int i = 0; i < host.Length; i++)
                    Assert.Equal(host[i], device[i], dtype == DType.Float32 ? 4e-6 : 1e-14);
            }
        }
    }

    [OpenClFact]
    public void Draws_have_the_moments_of_their_distributions()
    {
        var g = new Generator(11);
        Tensor x = Tensor.Empty([200_000], DType.Float32, OpenCl.Device);
        double[] u = x.UniformInPlace(-1, 3, g).To(DType.Float64).ToArray<double>();
        Assert.All(u, v => Assert.InRange(v, -1, 3));
        Moments(u, 1, 16.0 / 12);
        Moments(x.NormalInPlace(2, 3, g).To(DType.Float64).ToArray<double>(), 2, 9);
        Moments(x.BernoulliInPlace(0.25, g).To(DType.Float64).ToArray<double>(), 0.25, 0.1875);
        Tensor p = Tensor.Full([200_000], 0.75f).To(OpenCl.Device);
        Moments(p.Bernoulli(g).To(DType.Float64).ToArray<double>(), 0.75, 0.1875);

        static void Moments(double[] v, double mean, double variance)
        {
            double m = v.Average(), s = v.Sum(x => (x - m) * (x - m)) / v.Length;
            Assert.InRange(m, mean - 0.02 * Math.Sqrt(variance), mean + 0.02 * Math.Sqrt(variance));
            Assert.InRange(s, 0.97 * variance, 1.03 * variance);
        }
    }

    [OpenClFact]
    public void A_seed_gives_the_same_numbers_and_a_saved_state_goes_on_exactly()
    {
        float[] Next(Generator g) => Tensor.Empty([300], DType.Float32, OpenCl.Device).UniformInPlace(0, 1, g).ToArray<float>();
        Generator a = new(5), b = new(5);
        float[] first = Next(a);
        Assert.Equal(first, Next(b));
        float[] second = Next(a);
        Assert.NotEqual(first, second);
        GeneratorState state = GeneratorState.FromBytes(b.GetState().ToBytes());
        Assert.Equal(b.GetState(), state);
        Assert.NotEqual(new Generator(5).GetState(), state);
        Assert.Equal(second, Next(b));
        var c = new Generator(1);
        c.SetState(state);
        Generator fork = c.Fork();
        Assert.Equal(second, Next(c));
        Assert.Equal(second, Next(fork));
        // The host's stream has not moved.
        Assert.Equal(new Generator(5).NextUInt64(), a.NextUInt64());
        Assert.Equal(first, Next(a.Seed(5)));
    }

    [OpenClFact]
    public void Dropout_draws_in_its_kernel_and_its_gradient_uses_the_same_mask()
    {
        Tensor x = Tensor.Ones([400, 250], DType.Float32, OpenCl.Device).WithGrad();
        DeviceStats before = OpenCl.Device.Runtime.Stats;
        Tensor y = x.Dropout(0.2, generator: new Generator(3));
        y.Sum().Backward();
        DeviceStats after = OpenCl.Device.Runtime.Stats;
        Assert.Equal(before.BytesToDevice, after.BytesToDevice);
        Assert.Equal(before.BytesToHost, after.BytesToHost);
        float[] kept = y.ToArray<float>();
        Assert.All(kept, v => Assert.True(v is 0f or 1.25f));
        Assert.InRange(kept.Average(), 0.99, 1.01);
        Assert.Equal(kept, x.Grad!.ToArray<float>());
        Assert.Equal(kept, x.Detach().Dropout(0.2, generator: new Generator(3)).ToArray<float>());
    }

    [OpenClFact]
    public void Categories_come_with_the_share_of_their_weights()
    {
        Tensor weights = Tensor.From([1f, 0, 2, 5]).To(OpenCl.Device);
        long[] drawn = weights.Multinomial(40_000, replacement: true, new Generator(2)).ToArray<long>();
        double[] shares = [.. Enumerable.Range(0, 4).Select(k => drawn.Count(d => d == k) / 40_000.0)];
        Assert.Equal(0, shares[1]);
        Assert.InRange(shares[0], 0.118, 0.132);
        Assert.InRange(shares[2], 0.24, 0.26);
        Tensor rows = Tensor.From([1f, 1, 1, 0, 0, 3, 1, 1], [2, 4]).To(OpenCl.Device);
        long[] three = rows.Multinomial(3, replacement: false, new Generator(4)).ToArray<long>();
        Assert.Equal([0, 1, 2], three[..3].Order());
        Assert.Equal([1, 2, 3], three[3..].Order());
        // The first draw without replacement has the same shares.
        long[] single = weights.Unsqueeze(0).Expand([20_000, 4]).Multinomial(1, replacement: false, new Generator(6)).ToArray<long>();
        Assert.InRange(single.Count(d => d == 3) / 20_000.0, 0.61, 0.64);
    }

    [OpenClFact]
    public void First_values_of_layers_are_the_hosts()
    {
        using (OpenCl.Device.AsDefault())
        {
            Assert.Equal(Init.Normal(Tensor.Empty([40], DType.Float32, Device.Cpu), 0, 1, new Generator(8)).ToArray<float>(),
                Init.Normal(Tensor.Empty([40]), 0, 1, new Generator(8)).ToArray<float>());
            Assert.Equal(Tensor.Rand([40], DType.Float32, Device.Cpu, new Generator(8)).ToArray<float>(),
                Tensor.Rand([40], DType.Float32, OpenCl.Device, new Generator(8)).ToArray<float>());
        }
    }
}
