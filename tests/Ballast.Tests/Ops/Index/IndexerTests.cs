namespace Ballast.Tests.Ops.Index;

/// <summary>Reading through <c>x[…]</c>.</summary>
public sealed class IndexerTests
{
    private static Tensor Counting(params int[] shape) => Tensor.Arange(Shape.Create(shape).Elements).Reshape(shape.AsSpan());

    private static long[] Values(Tensor x) => x.ToArray<long>();

    public static TheoryData<string, Func<Tensor, Tensor>> Slices => new()
    {
        { "slice_step", x => x[1.., TensorIndex.Slice(step: 2)] },
        { "slice_integer", x => x[-1, 1..3] },
        { "slice_new_axis", x => x[.., TensorIndex.NewAxis, 1] },
        { "slice_ellipsis", x => x[TensorIndex.Ellipsis, 1..^1, 0] },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void Slices_are_those_of_PyTorch(string name, Func<Tensor, Tensor> slice)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input");
        golden.Check(slice(x), "output", ("input", x));
    }

    public static TheoryData<string, Func<Tensor, Tensor, Tensor, Tensor>> Gets => new()
    {
        { "index_get_one", (x, i, _) => x[i] },
        { "index_get_one_axis_1", (x, i, _) => x[.., i] },
        { "index_get_one_2d", (x, i, _) => x[i] },
        { "index_get_two", (x, i, j) => x[i, j] },
        { "index_get_two_broadcast", (x, i, j) => x[i, j] },
        { "index_get_bool", (x, m, _) => x[m] },
        { "index_get_bool_2d", (x, m, _) => x[m] },
        { "index_get_separated", (x, i, j) => x[i, .., j] },
        { "index_get_adjacent", (x, i, j) => x[.., i, j] },
    };

    [Theory]
    [MemberData(nameof(Gets))]
    public void Index_tensors_read_what_PyTorch_reads(string name, Func<Tensor, Tensor, Tensor, Tensor> get)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input"), first = golden[golden.Has("m") ? "m" : "i"];
        golden.Check(get(x, first, golden.Has("j") ? golden["j"] : first), "output", ("input", x));
    }

    [Fact]
    public void Places_and_ranges_are_views()
    {
        Tensor x = Counting(3, 4, 5);
        Tensor view = x[.., 1..^1, 0];
        Assert.Equal([3, 2], view.Shape);
        Assert.Same(x.Storage, view.Storage);
        Assert.Equal([5, 10, 25, 30, 45, 50], Values(view));
        Assert.Same(x.Storage, x[^1].Storage);
        Assert.Equal([4, 5], x[^1].Shape);
        Assert.Equal(59, x[-1, -1, -1].Item<long>());
    }

    [Fact]
    public void Ranges_are_clamped_and_may_be_empty()
    {
        Tensor x = Counting(5);
        Assert.Equal([3, 4], Values(x[3..99]));
        Assert.Equal([0], x[4..2].Shape);
        Assert.Equal([0], x[^0..].Shape);
        Assert.Equal([0, 1, 2], Values(x[^99..3]));
        Assert.Equal([1, 3], Values(x[TensorIndex.Slice(1, null, 2)]));
        Assert.Equal([0, 2], Values(x[TensorIndex.Slice(-9, -1, 2)]));
        Assert.Equal([3, 4], Values(x[TensorIndex.Slice(start: -2)]));
    }

    [Theory]
    [InlineData(3, "index 3 is outside axis 0 of [3, 4], which has length 3")]
    [InlineData(-4, "index -4 is outside axis 0 of [3, 4], which has length 3")]
    public void A_place_outside_its_axis_is_named(int place, string text) =>
        Assert.Contains(text, Assert.Throws<ShapeException>(() => Counting(3, 4)[place]).Message, StringComparison.Ordinal);

    [Fact]
    public void The_place_behind_the_end_is_an_error() =>
        Assert.Contains("index ^0 is outside axis 1",
            Assert.Throws<ShapeException>(() => Counting(3, 4)[0, ^0]).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_outside_its_axis_is_named_with_its_position()
    {
        Tensor x = Counting(2, 3, 4);
        string text = Assert.Throws<ShapeException>(() => x[1, Tensor.From(new long[] { 0, 2, 3, 1 }, [2, 2])]).Message;
        Assert.Contains(
            "index 3 at position [1, 0] of a [2, 2] tensor of places is outside axis 1 of length 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_entries_and_two_ellipses_are_errors()
    {
        Assert.Throws<ShapeException>(() => Counting(3)[0, 0]);
        Assert.Throws<ShapeException>(() => Counting(3, 2, 1)[TensorIndex.Ellipsis, 0, TensorIndex.Ellipsis]);
        Assert.Throws<ShapeException>(() => TensorIndex.Slice(0, 3, 0));
        Assert.Throws<DTypeException>(() => Counting(3)[Tensor.Ones(2)]);
    }

    [Fact]
    public void A_mask_of_another_shape_names_the_axis() =>
        Assert.Contains("axis 1 differs: the mask has 3, the tensor 4",
            Assert.Throws<ShapeException>(() => Counting(3, 4)[Tensor.Zeros([3, 3], DType.Bool)]).Message, StringComparison.Ordinal);

    [Fact]
    public void Int32_places_and_negative_places_work()
    {
        Assert.Equal([2, 0, 4], Values(Counting(5)[Tensor.From([2, 0, -1])]));
        Assert.Throws<ShapeException>(() => Counting(5)[Tensor.From([-6])]);
    }

    [Fact]
    public void Places_and_masks_and_ranges_mix()
    {
        Tensor x = Counting(2, 3, 4);
        Tensor mask = Tensor.From(new[] { true, false, true }), places = Tensor.From(new long[] { 3, 0 });
        Assert.Equal([12 + 0 + 3, 12 + 8], Values(x[1, mask, places]));
        Assert.Equal([2, 1, 2], x[.., TensorIndex.NewAxis, 2, places].Shape);
        Assert.Equal([11, 8, 23, 20], Values(x[.., TensorIndex.NewAxis, 2, places]));
        // Separated: the places' axes come first.
        Assert.Equal([2, 1, 3], x[places.Remainder(2), TensorIndex.NewAxis, .., places].Shape);
    }

    [Fact]
    public void A_single_place_in_a_tensor_drops_its_axis()
    {
        Tensor x = Counting(2, 3);
        Assert.Equal([1, 4], Values(x[.., Tensor.From(1L)]));
        Assert.Equal([1, 2, 3], x[Tensor.From(true)].Shape);
        Assert.Equal([0, 2, 3], x[Tensor.From(false)].Shape);
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Float16)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Int32)]
    [InlineData(DType.Int16)]
    [InlineData(DType.Int8)]
    [InlineData(DType.UInt8)]
    [InlineData(DType.Bool)]
    public void Every_dtype_moves_unchanged(DType dtype)
    {
        Tensor x = Counting(4, 3).Remainder(5).To(dtype);
        Tensor places = Tensor.From(new long[] { 3, 0, 3 });
        foreach (Tensor source in new[] { x, Counting(3, 4).T.Remainder(5).To(dtype), x.T.Contiguous().T })
        {
            long[] all = source.ToLong().ToArray<long>();
            Assert.Equal([.. all[9..12], .. all[..3], .. all[9..12]], source[places].ToLong().ToArray<long>());
            Assert.Equal(
                [all[2], all[0], all[5], all[3], all[8], all[6], all[11], all[9]],
                source.IndexSelect(1, Tensor.From([2, 0])).ToLong().ToArray<long>());
            Tensor copy = source.Clone();
            copy[places] = source[0];
            Assert.Equal([.. all[..3], .. all[3..9], .. all[..3]], copy.ToLong().ToArray<long>());
            Assert.Equal(dtype, source.Gather(0, Tensor.Zeros([1, 3], DType.Int64)).DType);
            Assert.Equal(all[..3], source.Gather(0, Tensor.Zeros([1, 3], DType.Int64)).ToLong().ToArray<long>());
        }
    }

    [Fact]
    public void Empty_index_tensors_and_empty_axes_give_empty_results()
    {
        Tensor none = Tensor.Zeros([0], DType.Int64);
        Assert.Equal([0, 4], Counting(3, 4)[none].Shape);
        Assert.Equal([3, 0], Counting(3, 4)[.., none].Shape);
        Assert.Equal([2, 0], Tensor.Zeros([3, 0])[Tensor.From(new long[] { 0, 2 })].Shape);
        Assert.Equal([0], Counting(3)[Tensor.Zeros([3], DType.Bool)].Shape);
        Assert.Throws<ShapeException>(() => Tensor.Zeros([0, 3])[Tensor.From(new long[] { 0 })]);
    }

    [Fact]
    public void Large_reads_are_cut_over_threads_without_a_change()
    {
        Tensor x = Counting(300, 70);
        Tensor places = Tensor.Arange(1000).Mul(7).Remainder(300);
        long[] rows = Values(x[places]), columns = Values(x.T[.., places]);
        for (int p = 0; p < 1000; p++)
        {
            for (int j = 0; j < 70; j++)
            {
                Assert.Equal(p * 7 % 300 * 70 + j, rows[p * 70 + j]);
                Assert.Equal(rows[p * 70 + j], columns[j * 1000 + p]);
            }
        }
    }

    [Fact]
    public void On_meta_only_shapes_are_computed()
    {
        Tensor x = Tensor.Empty([3, 4, 5], DType.Float32, Device.Meta);
        Tensor places = Tensor.From(new long[] { 0, 2 }), mask = Tensor.From(new[] { true, false, true });
        Assert.Equal([2, 5], x[places, places].Shape);
        Assert.True(x[places].Device.IsMeta);
        Assert.Equal([4, 5], x[Tensor.Empty([], DType.Int64, Device.Meta)].Shape);
        Assert.Equal([2, 4, 5], x[mask].Shape);
        string text = Assert.Throws<MetaTensorException>(() => x[Tensor.Empty([3], DType.Bool, Device.Meta)]).Message;
        Assert.Contains("depends on data", text, StringComparison.Ordinal);
        Assert.Throws<MetaTensorException>(() => x.NonZero());
    }

    [Fact]
    public void Gradients_agree_with_differences()
    {
        Tensor x = Differences.Weight([3, 4, 2]);
        Tensor i = Tensor.From(new long[] { 2, 0, 2 }), j = Tensor.From(new long[] { 1, 1, 0 });
        Differences.Check(t => t[0][i], x);
        Differences.Check(t => t[0][i, .., j], x);
        Differences.Check(t => t[0][1.., j], x);
        Differences.Check(t => t[0].T[.., j], x);
        Differences.Check(t => t[0].MaskedSelect(x.Gt(0)), x);
        Differences.Check(t => t[0].IndexSelect(-2, i), x);
        Differences.Check(t => t[0].IndexAdd(0, i, t[1]), x, Differences.Weight([3, 4, 2], 0.7));
        Differences.Check(t => t[0].IndexAdd(1, i, t[1]), x, Differences.Weight([3, 1], 0.7));
    }

    [Fact]
    public void NonZero_lists_places_in_row_major_order()
    {
        Tensor x = Tensor.From(new[,] { { 0f, 2f, 0f }, { float.NaN, 0f, -1f } });
        Tensor places = x.NonZero();
        Assert.Equal([3, 2], places.Shape);
        Assert.Equal([0, 1, 1, 0, 1, 2], Values(places));
        Assert.Equal([0, 1, 1, 0, 2, 1], Values(x.T.NonZero()));
        Assert.Equal([0, 2], Tensor.Zeros([2, 2]).NonZero().Shape);
        Assert.Equal([1, 0], Tensor.From(3f).NonZero().Shape);
        Assert.Equal([0, 3], Tensor.Zeros([2, 0, 1]).NonZero().Shape);
    }

    [Fact]
    public void MaskedSelect_broadcasts_both_sides()
    {
        Tensor mask = Tensor.From(new[] { true, false, true, false });
        Assert.Equal([0, 2, 4, 6, 8, 10], Values(Counting(3, 4).MaskedSelect(mask)));
        Assert.Equal([0, 1, 0, 1], Values(Counting(2).MaskedSelect(mask.Reshape(4, 1))));
        Assert.Equal([7], Values(Tensor.From(7L).MaskedSelect(Tensor.From(true))));
        Assert.Throws<DTypeException>(() => Counting(4).MaskedSelect(Counting(4)));
    }
}
