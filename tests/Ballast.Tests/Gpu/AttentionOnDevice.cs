using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Gpu;

/// <summary>Attention in tiles on the device against the CPU's, over widths, lengths, masks, dtypes and layouts.</summary>
public sealed class AttentionOnDevice
{
    private static readonly double _hidden = double.NegativeInfinity;

    [OpenClTheory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(7, 9, 5, 6)]
    [InlineData(64, 64, 32, 32)]
    [InlineData(65, 130, 33, 17)]
    [InlineData(130, 65, 64, 64)]
    [InlineData(40, 70, 80, 100)]
    [InlineData(33, 47, 128, 128)]
    [InlineData(20, 30, 20, 130)]
    [InlineData(9, 12, 160, 8)]
    public void Tiles_give_what_the_host_gives(int queries, int keys, int width, int valueWidth)
    {
        foreach (bool causal in new[] { false, true })
        {
            Tensor q = Random([2, 3, queries, width], 1), k = Random([2, 3, keys, width], 2), v = Random([2, 3, keys, valueWidth], 3);
            Tensor g = Random([2, 3, queries, valueWidth], 4);
            Agree([q, k, v], g, null, causal, 2e-5);
            Agree([.. new[] { q, k, v }.Select(x => x.To(DType.Float64))], g.To(DType.Float64), null, causal, 1e-12);
        }
    }

    [OpenClTheory]
    [InlineData(DType.BFloat16, 24)]
    [InlineData(DType.BFloat16, 72)]
    [InlineData(DType.Float16, 24)]
    [InlineData(DType.Float16, 72)]
    [InlineData(DType.BFloat16, 140)]
    public void Half_types_are_read_and_written_as_they_lie(DType dtype, int width)
    {
        Tensor q = Random([2, 40, width], 1).To(dtype), k = Random([2, 50, width], 2).To(dtype), v = Random([2, 50, width], 3).To(dtype);
        Tensor mask = Random([40, 50], 5).To(dtype);
        double bound = dtype == DType.BFloat16 ? 2e-2 : 3e-3;
        Agree([q, k, v], Random([2, 40, width], 4).To(dtype), null, true, bound);
        Agree([q, k, v], Random([2, 40, width], 4).To(dtype), mask, false, bound);
    }

    [OpenClTheory]
    [InlineData(DType.Bool)]
    [InlineData(DType.Float32)]
    public void Masks_stretch_and_a_query_that_sees_nothing_gives_zeros(DType dtype)
    {
        Tensor q = Random([2, 3, 50, 8], 1), k = Random([2, 3, 70, 8], 2), v = Random([2, 3, 70, 9], 3), g = Random([2, 3, 50, 9], 4);
        foreach (Shape shape in new Shape[] { [50, 70], [2, 1, 1, 70], [3, 50, 1], [2, 3, 50, 70] })
        {
            Tensor mask = Random(shape, 5).Gt(-0.3);
            if (dtype != DType.Bool) mask = Tensor.Where(mask, Random(shape, 6), Tensor.Full(shape, _hidden, DType.Float32));
            foreach (bool causal in new[] { false, true }) Agree([q, k, v], g, mask, causal, 2e-5);
        }
        Tensor none = Tensor.Full([50, 70], false, DType.Bool);
        Tensor y = Tensor.ScaledDotProductAttention(There(q), There(k), There(v), There(none));
        Assert.All(y.ToArray<float>(), x => Assert.Equal(0f, x));
    }

    [OpenClFact]
    public void Views_of_one_product_shared_heads_and_transposed_gradients_give_what_their_copies_give()
    {
        Tensor all = Random([2, 40, 3, 4, 16], 1); // [B, T, 3, H, D]
        Tensor[] parts = [.. Enumerable.Range(0, 3).Select(i => all.Select(2, i).Transpose(1, 2))];
        Agree(parts, Random([2, 40, 4, 16], 2).Transpose(1, 2), null, true, 2e-5);
        Agree([Random([2, 3, 40, 6], 2), Random([1, 50, 6], 3), Random([2, 1, 50, 6], 4)], Random([2, 3, 40, 6], 5), null, false, 2e-5);
        Agree([.. parts.Select(x => x.Transpose(-2, -1).Clone().Transpose(-2, -1))], Random([2, 4, 16, 40], 2).Transpose(-2, -1), null,
            true, 2e-5);
    }

    [OpenClFact]
    public void Large_scores_stay_finite_and_later_tiles_take_over_the_maximum()
    {
        var keys = new float[600];
        keys[500] = 1000;
        Tensor v = There(Tensor.Arange(600).To(DType.Float32).Reshape(600, 1)), k = There(Tensor.From(keys, [600, 1]));
        Assert.Equal(500f, Tensor.ScaledDotProductAttention(There(Tensor.From([10f], [1, 1])), k, v).Item());
    }

    [OpenClFact]
    public void Empty_inputs_pass()
    {
        foreach ((Shape q, Shape k, Shape v) in new (Shape, Shape, Shape)[]
            { ([0, 4, 3], [0, 2, 3], [0, 2, 5]), ([2, 0, 5], [2, 2, 5], [2, 2, 3]), ([2, 4, 3], [2, 0, 3], [2, 0, 5]),
              ([2, 4, 3], [2, 2, 3], [2, 2, 0]), ([2, 4, 0], [2, 2, 0], [2, 2, 5]) })
            Agree([Tensor.Ones(q), Tensor.Ones(k), Tensor.Ones(v)], Tensor.Ones([.. q.Dims[..^1], v[^1]]), null, false, 1e-6);
    }

    [OpenClFact]
    public void Gradients_are_the_same_bits_every_time()
    {
        Tensor[] inputs = [There(Random([2, 100, 40], 1)), There(Random([2, 100, 40], 2)), There(Random([2, 100, 40], 3))];
        Tensor g = There(Random([2, 100, 40], 4));
        (_, Tensor[] first) = Run(inputs, g, null, true);
        (_, Tensor[] second) = Run(inputs, g, null, true);
        for (int i = 0; i < 3; i++) Assert.Equal(first[i].ToArray<float>(), second[i].ToArray<float>());
    }

    private static void Agree(Tensor[] inputs, Tensor g, Tensor? mask, bool causal, double tolerance)
    {
        (Tensor expected, Tensor[] grads) = Run(inputs, g, mask, causal);
        (Tensor actual, Tensor[] own) = Run([.. inputs.Select(There)], There(g), mask is null ? null : There(mask), causal);
        Assert.Same(OpenCl.Device, actual.Device);
        NnTensors.Near(expected, actual, tolerance);
        for (int i = 0; i < 3; i++) NnTensors.Near(grads[i], own[i], 5 * tolerance);
    }

    private static (Tensor Output, Tensor[] Gradients) Run(Tensor[] inputs, Tensor g, Tensor? mask, bool causal)
    {
        Tensor[] leaves = [.. inputs.Select(x => x.Detach().WithGrad())];
        Tensor output = Tensor.ScaledDotProductAttention(leaves[0], leaves[1], leaves[2], mask, causal);
        output.Backward(g);
        return (output, [.. leaves.Select(x => x.Grad!)]);
    }

    private static Tensor Random(Shape shape, int seed) => NnTensors.Random(shape, seed, DType.Float32);

    /// <summary>The same layout on the device: all that the view's memory holds is moved.</summary>
    private static Tensor There(Tensor x)
    {
        Tensor moved = x.Detach().To(OpenCl.Device);
        return x.Rank >= 2 && x.Strides[^2] == 1 && x.Strides[^1] != 1 ? moved.Transpose(-2, -1).Contiguous().Transpose(-2, -1)
            : x.Rank == 4 && !x.IsContiguous ? moved.Transpose(1, 2).Contiguous().Transpose(1, 2) : moved;
    }
}

/// <summary>What attention asks of the device; alone, because the counts are of all threads.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class AttentionMemory
{
    [OpenClFact]
    public void No_block_of_scores_is_allocated_and_views_are_not_copied()
    {
        const int Length = 2048, Heads = 2, Width = 16;
        Tensor all = Tensor.Ones([1, Length, 3, Heads, Width], device: OpenCl.Device);
        Tensor g = Tensor.Ones([1, Heads, Length, Width], device: OpenCl.Device);
        Tensor Part(int i) => all.Select(2, i).Transpose(1, 2).Detach().WithGrad();
        using TensorScope scope = TensorScope.Begin(); // nothing goes back before its end
        long before = OpenCl.Device.Memory.LiveBytes;
        DeviceStats start = OpenCl.Device.Stats;
        Tensor y = Tensor.ScaledDotProductAttention(Part(0), Part(1), Part(2), causal: true);
        Assert.Equal((1L, 0L), ((OpenCl.Device.Stats - start).Launches, (OpenCl.Device.Stats - start).Moves));
        y.Backward(g);
        Assert.Equal(3, (OpenCl.Device.Stats - start).Launches);
        Assert.Equal(0, (OpenCl.Device.Stats - start).CopiesToHost);
        long handedOut = OpenCl.Device.Memory.LiveBytes - before;
        Assert.True(handedOut < Length * Length * sizeof(float) / 4, $"{handedOut:N0} bytes were handed out.");
    }
}
