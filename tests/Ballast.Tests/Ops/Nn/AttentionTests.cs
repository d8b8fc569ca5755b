namespace Ballast.Tests.Ops.Nn;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 7, 5)]
    [InlineData(64, 64, 32)]
    [InlineData(65, 300, 8)]
    [InlineData(130, 130, 17)]
    [InlineData(300, 70, 3)]
    public void Blocks_give_what_softmax_over_all_scores_gives(int queries, int keys, int width)
    {
        foreach (bool causal in new[] { false, true })
        {
            Tensor q = NnTensors.Random([2, 3, queries, width], 1, DType.Float32, 2),
                k = NnTensors.Random([2, 3, keys, width], 2, DType.Float32, 2);
            Tensor v = NnTensors.Random([2, 3, keys, width + 1], 3, DType.Float32),
                g = NnTensors.Random([2, 3, queries, width + 1], 4, DType.Float32);
            (Tensor expected, Tensor[] grads) = Gradients([q, k, v], g, t => Reference(t[0], t[1], t[2], null, causal), DType.Float64);
            (Tensor actual, Tensor[] own) = Gradients([q, k, v], g, t =>
                Tensor.ScaledDotProductAttention(t[0], t[1], t[2], causal: causal), DType.Float32);
            NnTensors.Near(expected, actual, 5e-6);
            for (int i = 0; i < 3; i++) NnTensors.Near(grads[i], own[i], 3e-5);
        }
    }

    [Theory]
    [InlineData(1, 40, 39, 64)]
    [InlineData(1, 40, 11, 7)]
    [InlineData(3, 70, 60, 33)]
    [InlineData(4, 70, 66, 16)]
    [InlineData(65, 200, 100, 24)]
    [InlineData(70, 90, 50, 24)]
    [InlineData(130, 131, 1, 20)]
    public void Queries_after_past_keys_see_those_and_their_own(int queries, int keys, int past, int width)
    {
        Tensor q = NnTensors.Random([2, 3, queries, width], 1, DType.Float32, 2), k = NnTensors.Random([2, 3, keys, width], 2,
            DType.Float32, 2);
        Tensor v = NnTensors.Random([2, 3, keys, width + 3], 3, DType.Float32),
            g = NnTensors.Random([2, 3, queries, width + 3], 4, DType.Float32);
        (Tensor expected, Tensor[] grads) = Gradients([q, k, v], g, t => Reference(t[0], t[1], t[2], null, true, past), DType.Float64);
        (Tensor actual, Tensor[] own) = Gradients([q, k, v], g, t =>
            Tensor.ScaledDotProductAttention(t[0], t[1], t[2], causal: true, past: past), DType.Float32);
        NnTensors.Near(expected, actual, 5e-6);
        for (int i = 0; i < 3; i++) NnTensors.Near(grads[i], own[i], 3e-5);
        Tensor dropped = Tensor.ScaledDotProductAttention(q, k, v, causal: true, past: past, dropout: 1e-12, generator: new Generator(1));
        NnTensors.Near(actual, dropped, 5e-6);
        foreach (DType half in new[] { DType.BFloat16, DType.Float16 })
        {
            Tensor[] narrow = [.. new[] { q, k, v }.Select(x => x.To(half))];
            Tensor wide = Tensor.ScaledDotProductAttention(
                narrow[0].To(DType.Float32), narrow[1].To(DType.Float32), narrow[2].To(DType.Float32), causal: true, past: past);
            // Computed in float32 and rounded once.
            NnTensors.Near(wide.To(half), Tensor.ScaledDotProductAttention(narrow[0], narrow[1], narrow[2], causal: true, past: past), 2e-2);
        }
    }

    [Theory]
    [InlineData(DType.Bool, false)]
    [InlineData(DType.Bool, true)]
    [InlineData(DType.Float64, false)]
    [InlineData(DType.Float64, true)]
    public void Masks_stretch_over_leading_axes_and_combine_with_causal(DType dtype, bool causal)
    {
        const int Queries = 70, Keys = 270;
        Tensor q = NnTensors.Random([2, 3, Queries, 4], 1), k = NnTensors.Random([2, 3, Keys, 4], 2),
            v = NnTensors.Random([2, 3, Keys, 5], 3);
        Tensor g = NnTensors.Random([2, 3, Queries, 5], 4);
        foreach (Shape shape in new Shape[] { [Queries, Keys], [2, 1, 1, Keys], [3, Queries, 1] })
        {
            Tensor numbers = NnTensors.Random(shape, 5), mask = dtype == DType.Bool ? numbers.Gt(-0.3) : numbers;
            if (dtype == DType.Bool && shape[^1] == Keys) mask.Narrow(-1, 0, 1).FillInPlace(true); // nobody is blind
            if (dtype == DType.Bool && shape[^1] == 1) mask.FillInPlace(true);
            (Tensor expected, Tensor[] grads) = Gradients([q, k, v], g, t => Reference(t[0], t[1], t[2], mask, causal), DType.Float64);
            (Tensor actual, Tensor[] own) = Gradients([q, k, v], g, t =>
                Tensor.ScaledDotProductAttention(t[0], t[1], t[2], mask, causal), DType.Float64);
            NnTensors.Near(expected, actual, 1e-12);
            for (int i = 0; i < 3; i++) NnTensors.Near(grads[i], own[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_match_finite_differences(bool causal)
    {
        Tensor q = NnTensors.Random([2, 3, 4], 6), k = NnTensors.Random([2, 5, 4], 7), v = NnTensors.Random([2, 5, 2], 8);
        NnTensors.CheckGradients(t =>
            Tensor.ScaledDotProductAttention(t[0], t[1], t[2], causal: causal), q.WithGrad(), k.WithGrad(), v.WithGrad());
        Tensor[] strided = [NnTensors.Strided(q.Detach()).WithGrad(), NnTensors.Strided(k.Detach()).WithGrad(),
            NnTensors.Strided(v.Detach()).WithGrad()];
        NnTensors.CheckGradients(t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2], causal: causal, scale: 0.7), strided);
        Tensor mask = NnTensors.Random([3, 5], 9).WithGrad();
        NnTensors.CheckGradients(t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2], t[3], causal), q, k, v, mask);
    }

    [Fact]
    public void Heads_that_are_views_and_heads_that_are_shared_give_what_their_copies_give()
    {
        Tensor all = NnTensors.Random([2, 10, 3, 4, 6], 1); // [B, T, 3, H, D]
        Tensor Part(int i) => all.Select(2, i).Transpose(1, 2);
        Tensor expected = Tensor.ScaledDotProductAttention(Part(0).Clone(), Part(1).Clone(), Part(2).Clone(), causal: true);
        NnTensors.Near(expected, Tensor.ScaledDotProductAttention(Part(0), Part(1), Part(2), causal: true), 1e-14);

        Tensor q = NnTensors.Random([2, 3, 4, 6], 2), k = NnTensors.Random([1, 5, 6], 3).WithGrad(),
            v = NnTensors.Random([2, 1, 5, 6], 4).WithGrad();
        NnTensors.CheckGradients(t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2]), q.WithGrad(), k, v);
    }

    [Fact]
    public void A_gradient_that_lies_transposed_is_taken()
    {
        Tensor X(int seed) => NnTensors.Random([2, 4, 3], seed).WithGrad();
        Tensor a = X(1), b = X(1), g = NnTensors.Random([2, 3, 4], 5).Transpose(1, 2);
        Tensor.ScaledDotProductAttention(a, a, a).Backward(g);
        Tensor.ScaledDotProductAttention(b, b, b).Backward(g.Clone());
        NnTensors.Near(b.Grad!, a.Grad!, 1e-14);
    }

    [Fact]
    public void A_query_that_may_look_nowhere_gives_zeros_and_no_gradient()
    {
        Tensor mask = Tensor.From([true, false, true, false, false, false], [2, 3]);
        Tensor added = Tensor.Where(mask, 0.0, Tensor.Full([2, 3], double.NegativeInfinity, DType.Float64));
        Tensor Attend(Tensor m, double dropout, out Tensor[] grads)
        {
            Tensor q = NnTensors.Random([2, 4], 1).WithGrad(), k = NnTensors.Random([3, 4], 2).WithGrad(),
                v = NnTensors.Random([3, 4], 3).WithGrad();
            Tensor y = Tensor.ScaledDotProductAttention(q, k, v, m, dropout: dropout);
            y.Backward(Tensor.Ones([2, 4], DType.Float64));
            grads = [q.Grad!, k.Grad!, v.Grad!];
            return y;
        }
        Tensor fused = Attend(mask, 0, out Tensor[] fusedGrads), byParts = Attend(added.WithGrad(), 0, out Tensor[] partGrads);
        Assert.Equal([0.0, 0, 0, 0], fused.ToArray<double>()[4..]);
        NnTensors.Near(byParts, fused, 1e-14);
        NnTensors.Near(Attend(added.Detach(), 0, out _), fused, 1e-14);
        for (int i = 0; i < 3; i++)
        {
            Assert.All(NnTensors.Doubles(fusedGrads[i]), x => Assert.True(double.IsFinite(x)));
            NnTensors.Near(partGrads[i], fusedGrads[i], 1e-14);
        }
        Assert.Equal([0.0, 0, 0, 0], fusedGrads[0].ToArray<double>()[4..]);
    }

    [Fact]
    public void Dropout_zeroes_and_scales_weights_and_total_dropout_gives_zeros()
    {
        Tensor q = NnTensors.Random([2, 6, 4], 1), v = Tensor.Eye(6, dtype: DType.Float64).Expand(2, 6, 6);
        double[] plain = NnTensors.Doubles(Tensor.ScaledDotProductAttention(q, q, v, causal: true));
        double[] dropped = NnTensors.Doubles(
            Tensor.ScaledDotProductAttention(q, q, v, causal: true, dropout: 0.25, generator: new Generator(3)));
        var mask = new bool[72];
        new Generator(3).FillBernoulli(mask, 0.75);
        NnTensors.Near(plain.Select((p, i) => mask[i] ? p / 0.75 : 0).ToArray(), dropped, 1e-14);
        Assert.All(NnTensors.Doubles(Tensor.ScaledDotProductAttention(q, q, v, dropout: 1)), x => Assert.Equal(0, x));
    }

    [Fact]
    public void Large_scores_stay_finite_and_later_blocks_take_over_the_maximum()
    {
        // The largest score stands in the second block of keys, so what the first block gave must fade to nothing.
        var keys = new float[600];
        keys[500] = 1000;
        Tensor v = Tensor.Arange(600).To(DType.Float32).Reshape(600, 1);
        Assert.Equal(500f, Tensor.ScaledDotProductAttention(Tensor.From([10f], [1, 1]), Tensor.From(keys, [600, 1]), v).Item());
    }

    [Fact]
    public void Empty_inputs_pass()
    {
        Tensor Attend(Shape q, Shape k, Shape v) =>
            Tensor.ScaledDotProductAttention(Tensor.Ones(q).WithGrad(), Tensor.Ones(k), Tensor.Ones(v));
        Assert.Equal([0, 4, 5], Attend([0, 4, 3], [0, 2, 3], [0, 2, 5]).Shape);
        Assert.Equal([2, 0, 5], Attend([2, 0, 3], [2, 2, 3], [2, 2, 5]).Shape);
        Tensor none = Attend([2, 4, 3], [2, 0, 3], [2, 0, 5]);
        Assert.All(none.ToArray<float>(), x => Assert.Equal(0f, x));
        none.Sum().Backward();
        Assert.Equal([2, 4, 0], Attend([2, 4, 3], [2, 2, 3], [2, 2, 0]).Shape);
        Assert.All(Attend([2, 4, 0], [2, 2, 0], [2, 2, 5]).ToArray<float>(), x => Assert.Equal(1f, x));
        Assert.Equal([2, 4, 5], Tensor.ScaledDotProductAttention(
            Tensor.Empty([2, 4, 3], DType.Float32, Device.Meta), Tensor.Empty([2, 2, 3], DType.Float32, Device.Meta),
            Tensor.Empty([2, 2, 5], DType.Float32, Device.Meta)).Shape);
    }

    [Fact]
    public void Half_types_are_computed_in_float32()
    {
        Tensor q = NnTensors.Random([2, 5, 4], 1, DType.Float32);
        Tensor half = q.To(DType.BFloat16).WithGrad();
        Tensor y = Tensor.ScaledDotProductAttention(half, half, half, NnTensors.Random([5, 5], 2).Gt(-1), causal: true);
        Assert.Equal(DType.BFloat16, y.DType);
        y.Sum().Backward();
        Assert.Equal(DType.BFloat16, half.Grad!.DType);
        NnTensors.Near(Tensor.ScaledDotProductAttention(q, q, q), Tensor.ScaledDotProductAttention(half, half, half), 3e-2);
    }

    [Fact]
    public void Shapes_and_dtypes_that_do_not_fit_are_refused()
    {
        Tensor x = Tensor.Zeros([2, 4, 3]);
        Assert.Contains(
            "[*, T, D]", Assert.Throws<ShapeException>(() => Tensor.ScaledDotProductAttention(x, Tensor.Zeros([2, 4, 2]), x)).Message);
        Assert.Throws<ShapeException>(() => Tensor.ScaledDotProductAttention(x, x, Tensor.Zeros([2, 5, 3])));
        Assert.Throws<ShapeException>(() => Tensor.ScaledDotProductAttention(x, Tensor.Zeros([3, 4, 3]), Tensor.Zeros([3, 4, 3])));
        Assert.Throws<ShapeException>(() => Tensor.ScaledDotProductAttention(x, x, x, Tensor.Zeros([4, 5])));
        Assert.Throws<DTypeException>(() => Tensor.ScaledDotProductAttention(x, x, x.To(DType.Float64)));
        Assert.Throws<DTypeException>(() => Tensor.ScaledDotProductAttention(x, x, x, Tensor.Zeros([4, 4], DType.Int64)));
    }

    private static (Tensor Output, Tensor[] Gradients) Gradients(Tensor[] inputs, Tensor g, Func<Tensor[], Tensor> function, DType dtype)
    {
        Tensor[] leaves = inputs.Select(x => x.To(dtype).Clone().Detach().WithGrad()).ToArray();
        Tensor output = function(leaves);
        output.Backward(g.To(dtype));
        return (output, leaves.Select(x => x.Grad!).ToArray());
    }

    private static Tensor Reference(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, int past = 0)
    {
        Tensor scores = q.MatMul(k.Transpose(-2, -1)) / Math.Sqrt(q.Shape[^1]);
        if (mask is not null) scores = mask.DType == DType.Bool ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity)
            : scores + mask;
        if (causal) scores = scores.MaskedFill(
            Tensor.Arange(past, past + q.Shape[^2]).Unsqueeze(1).Lt(Tensor.Arange(k.Shape[^2])), double.NegativeInfinity);
        return scores.Softmax().MatMul(v);
    }
}
