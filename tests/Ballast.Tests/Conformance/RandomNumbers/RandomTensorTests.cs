namespace Ballast.Tests.Conformance.RandomNumbers;

[Collection(DefaultGenerator.Name)]
public sealed class RandomTensorTests
{
    [Fact]
    public void C200_Rand_of_five()
    {
        Assert.Equal([0.49625659f, 0.7682218f, 0.088477433f, 0.13203049f, 0.30742282f],
            Tensor.Rand([5], generator: new Generator(0)).ToArray<float>());
        Assert.Equal([0.29611194f, 0.51656228f, 0.25167072f, 0.68855679f, 0.073972464f],
            Tensor.Rand([5], generator: new Generator(123)).ToArray<float>());
    }

    [Fact]
    public void C203_A_strided_tensor_is_filled_in_memory_order()
    {
        Tensor x = Tensor.Empty([2, 3]).T.UniformInPlace(generator: new Generator(0));
        float[] draws = Draws.Uniform(new Generator(0), 6);
        // Element [i, j] of the transpose lies at place 3j + i.
        float[] expected = [draws[0], draws[3], draws[1], draws[4], draws[2], draws[5]];
        Assert.Equal(expected, x.ToArray<float>());
    }

    [Fact]
    public void C203_Memory_order_holds_for_bernoulli_slices_and_more_axes()
    {
        Tensor parent = Tensor.Zeros(4, 3, 5);
        Tensor part = parent.Permute(2, 0, 1).Narrow(0, 1, 3);
        part.UniformInPlace(1, 2, new Generator(9));
        float[] draws = Draws.Uniform(new Generator(9), 36, 1, 2), seen = parent.ToArray<float>();
        int next = 0;
        for (int i = 0; i < seen.Length; i++)
        {
            if (i % 5 is >= 1 and <= 3) Assert.Equal(draws[next++], seen[i]);
            else Assert.Equal(0, seen[i]);
        }
        byte[] coins = new byte[6];
        new Generator(9).FillBernoulli(coins, 0.5);
        Tensor flipped = Tensor.Empty([2, 3], DType.UInt8).T.BernoulliInPlace(0.5, new Generator(9));
        Assert.Equal(coins, flipped.T.ToArray<byte>());
    }

    [Fact]
    public void C204_Few_or_strided_normals_come_in_pairs()
    {
        Draws.Near([1.5409961f, -0.2934289f, -2.1787894f, 0.56843126f, -1.0845224f],
            Tensor.RandN([5], generator: new Generator(0)).ToArray<float>());
        float[] pairs = new float[32];
        new Generator(0).FillNormalScalar(pairs, 2, 3);
        Tensor transposed = Tensor.Empty([4, 8]).T.NormalInPlace(2, 3, new Generator(0));
        Assert.Equal(pairs, transposed.T.ToArray<float>());
        // Two columns of a wider matrix: 32 elements, not contiguous.
        Tensor columns = Tensor.Empty([16, 5]).Narrow(1, 1, 2).NormalInPlace(2, 3, new Generator(0));
        Assert.Equal(pairs, columns.ToArray<float>());
    }

    [Fact]
    public void C206_Sixteen_or_more_contiguous_normals_come_in_blocks()
    {
        Tensor x = Tensor.Zeros(5, 20);
        x.Narrow(0, 1, 1).NormalInPlace(generator: new Generator(7));
        Assert.Equal(Draws.Normal(new Generator(7), 20), x.Select(0, 1).ToArray<float>());
        Assert.Equal(new float[20], x.Select(0, 2).ToArray<float>());
    }

    [Fact]
    public void C207_RandN_of_sixteen_and_eighteen()
    {
        float[] sixteen = Tensor.RandN([16], generator: new Generator(0)).ToArray<float>();
        Draws.Near([-1.1258398f, -1.1523602f, -0.25057858f, -0.43387881f, 0.84871036f], sixteen[..5]);
        Assert.Equal(-0.24727815f, sixteen[15], 1e-6f);
        Draws.Near([1.9269153f, 1.4872841f, 0.9007172f, -2.105521f],
            Tensor.RandN([2, 8], generator: new Generator(42)).ToArray<float>()[..4]);
        float[] eighteen = Tensor.RandN([3, 6], generator: new Generator(0)).ToArray<float>();
        Draws.Near([-1.1258398f, -1.1523602f, 0.56665063f, 0.79350835f], eighteen[..4]);
        Draws.Near([0.93182659f, 1.2590092f], eighteen[16..]);
    }

    [Fact]
    public void C209_RandPerm_of_ten()
    {
        Assert.Equal([4L, 1, 7, 5, 3, 9, 0, 8, 6, 2], Tensor.RandPerm(10, generator: new Generator(0)).ToArray<long>());
        Assert.Equal([2, 0, 8, 1, 3, 7, 4, 9, 5, 6], Tensor.RandPerm(10, DType.Int32, generator: new Generator(123)).ToArray<int>());
        Assert.Equal<Shape>([0], Tensor.RandPerm(0).Shape);
    }

    [Fact]
    public void C211_Bernoulli_with_a_number_and_with_probabilities()
    {
        bool[] byNumber = new bool[50], byTensor = new bool[50];
        new Generator(3).FillBernoulli(byNumber, 0.3);
        Assert.Equal(byNumber, Tensor.Empty([50]).BernoulliInPlace(0.3, new Generator(3)).ToBool().ToArray<bool>());
        Assert.Equal(byNumber, Tensor.Empty([50], DType.Bool).BernoulliInPlace(0.3, new Generator(3)).ToArray<bool>());
        float[] p = new float[50];
        p.AsSpan().Fill(0.3f);
        new Generator(3).FillBernoulli(byTensor, p);
        Assert.NotEqual(byNumber, byTensor);
        Tensor drawn = Tensor.Full([50], 0.3).Bernoulli(new Generator(3));
        Assert.Equal(DType.Float32, drawn.DType);
        Assert.Equal(byTensor, drawn.ToBool().ToArray<bool>());
        Assert.Equal(byNumber, Tensor.Full([50], 0.3, DType.Float64).Bernoulli(new Generator(3)).ToBool().ToArray<bool>());
        Tensor stretched = Tensor.Zeros([5, 10], DType.Int64).BernoulliInPlace(Tensor.Full([10], 0.3), new Generator(3));
        Assert.Equal(byTensor, stretched.ToBool().ToArray<bool>());
    }

    [Theory]
    [InlineData(0, new[] { 0f, 0, 2, 0, 0, 0, 2, 2 })]
    [InlineData(123, new[] { 2f, 2, 0, 2, 2, 0, 0, 0 })]
    public void C212_Dropout_of_one_half_by_hand(long seed, float[] expected)
    {
        Tensor kept = Tensor.Empty([8]).BernoulliInPlace(1 - 0.5, new Generator(seed)) / 0.5;
        Assert.Equal(expected, (Tensor.Ones(8) * kept).ToArray<float>());
    }

    [Fact]
    public void C218_Nothing_is_drawn_for_meta_or_for_tensors_that_need_no_numbers()
    {
        Generator g = new(5), untouched = new(5);
        Device meta = Device.Meta;
        Assert.True(Tensor.Rand([40], device: meta, generator: g).Device.IsMeta);
        Assert.Equal(DType.Float64, Tensor.RandN([40], DType.Float64, meta, g).DType);
        Assert.Equal(DType.Int64, Tensor.RandInt(9, [40], device: meta, generator: g).DType);
        Assert.Equal<Shape>([7], Tensor.RandPerm(7, device: meta, generator: g).Shape);
        Tensor x = Tensor.Empty([20], DType.Float32, meta);
        x.UniformInPlace(generator: g).NormalInPlace(generator: g).BernoulliInPlace(0.5, g);
        Assert.True(x.Bernoulli(g).Device.IsMeta);
        Assert.True(Tensor.RandLike(x, g).Device.IsMeta);
        Tensor.Rand([0, 4], generator: g);
        Assert.Equal(untouched.GetState(), g.GetState());
        Assert.Throws<ArgumentOutOfRangeException>(() => x.UniformInPlace(2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.NormalInPlace(0, -1));
    }

    [Fact]
    public void C218_A_forked_scope_leaves_the_default_stream_untouched()
    {
        GeneratorState before = Generator.Default.GetState();
        try
        {
            Generator.Default.Seed(11);
            float[] first = Tensor.Rand(3).ToArray<float>();
            Assert.Equal(Draws.Uniform(new Generator(11), 3), first);
            GeneratorState at = Generator.Default.GetState();
            using (Generator.Default.ForkScope()) Tensor.RandN(2, 20);
            Assert.Equal(at, Generator.Default.GetState());
        }
        finally
        {
            Generator.Default.SetState(before);
        }
    }

    [Fact]
    public void Like_forms_take_shape_dtype_and_device()
    {
        Tensor model = Tensor.Zeros([2, 3], DType.Float64);
        Assert.Equal(Tensor.Rand([2, 3], DType.Float64, generator: new Generator(1)).ToArray<double>(),
            Tensor.RandLike(model, new Generator(1)).ToArray<double>());
        Assert.Equal(Tensor.RandN([2, 3], DType.Float64, generator: new Generator(1)).ToArray<double>(),
            Tensor.RandNLike(model, new Generator(1)).ToArray<double>());
        Tensor numbers = Tensor.RandIntLike(Tensor.Zeros([2, 3], DType.Int32), -3, 4, new Generator(1));
        Assert.Equal(DType.Int32, numbers.DType);
        Assert.All(numbers.ToArray<int>(), v => Assert.InRange(v, -3, 3));
    }

    [Fact]
    public void A_fill_counts_as_a_write_and_obeys_the_rules_of_writes()
    {
        Tensor x = Tensor.Zeros(4), leaf = Tensor.Zeros(4).WithGrad();
        int before = x.Storage.Version;
        x.UniformInPlace();
        x.T2().NormalInPlace();
        Assert.Equal(before + 2, x.Storage.Version);
        Assert.Contains("uniform", Assert.Throws<AutogradException>(() => leaf.UniformInPlace()).Message);
        using (Autograd.NoGrad()) leaf.UniformInPlace(3, 4, new Generator(0));
        Assert.True(leaf.RequiresGrad);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(1).Expand(3).NormalInPlace());
        Tensor hidden = leaf * 2;
        Tensor kept = hidden.Exp();
        hidden.NormalInPlace();
        (hidden.Sum() + kept.Sum()).Backward();
        float[] values = leaf.ToArray<float>();
        Assert.Equal(values.Select(v => 2 * MathF.Exp(2 * v)), leaf.Grad!.ToArray<float>(), (e, a) => MathF.Abs(e - a) <= 1e-5f * e);
    }

    [Fact]
    public void Dtypes_and_ranges_that_do_not_fit_are_refused()
    {
        Generator g = new(0);
        Assert.Contains("int64", Assert.Throws<DTypeException>(() => Tensor.Rand([2], DType.Int64, generator: g)).Message);
        Assert.Throws<DTypeException>(() => Tensor.Zeros([2], DType.Bool).NormalInPlace(generator: g));
        Assert.Contains("uint8", Assert.Throws<DTypeException>(() => Tensor.RandInt(0, 257, [2], DType.UInt8, generator: g)).Message);
        Assert.Throws<DTypeException>(() => Tensor.RandPerm(300, DType.Int8, generator: g));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.RandInt(3, 3, [2], generator: g));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Zeros(2).BernoulliInPlace(1.5, g));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Full([2], 2.0).Bernoulli(g));
        Assert.Throws<DTypeException>(() => Tensor.Arange(2).Bernoulli(g));
        Assert.Equal(new Generator(0).GetState(), g.GetState());
    }
}

file static class Views
{
    /// <summary>A transposed two by two view of four elements.</summary>
    public static Tensor T2(this Tensor x) => x.Reshape(2, 2).T;
}
