namespace Ballast.Tests.Ops.Index;

/// <summary>Writing through <c>x[…]</c>, and scatter.</summary>
public sealed class IndexPutTests
{
    private static Tensor Counting(params int[] shape) => Tensor.Arange(Shape.Create(shape).Elements).Reshape(shape.AsSpan());

    private static long[] Values(Tensor x) => x.ToArray<long>();

    [Theory]
    [InlineData("index_put_one")]
    [InlineData("index_put_one_broadcast")]
    [InlineData("index_put_two")]
    [InlineData("index_put_two_scalar")]
    [InlineData("index_put_bool")]
    [InlineData("index_put_bool_2d")]
    [InlineData("index_put_bool_scalar")]
    [InlineData("index_put_one_accumulate")]
    [InlineData("index_put_two_accumulate")]
    public void Index_tensors_write_what_PyTorch_writes(string name)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input"), value = golden.Leaf("value"), output = x.Clone();
        Tensor first = golden[golden.Has("m") ? "m" : "i"];
        bool accumulate = golden.Options.GetProperty("accumulate").GetBoolean();
        if (golden.Has("j")) output.IndexPut([first, golden["j"]], value, accumulate);
        else if (accumulate) output.IndexPut([first], value, accumulate);
        else output[first] = value;
        golden.Check(output, "output", ("input", x), ("value", value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Gather_and_scatter_are_those_of_PyTorch(int axis)
    {
        var golden = new GoldenCase($"gather_axis_{axis}");
        Tensor x = golden.Leaf("input");
        golden.Check(x.Gather(axis, golden["index"]), "output", ("input", x));

        golden = new GoldenCase($"scatter_add_axis_{axis}");
        (x, Tensor source) = (golden.Leaf("input"), golden.Leaf("source"));
        golden.Check(x.ScatterAdd(axis, golden["index"], source), "output", ("input", x), ("source", source));

        golden = new GoldenCase($"index_select_axis_{axis}");
        x = golden.Leaf("input");
        golden.Check(x.IndexSelect(axis, golden["index"]), "output", ("input", x));
    }

    [Fact]
    public void Numbers_and_tensors_are_assigned_to_regions()
    {
        Tensor x = Counting(3, 4);
        x[0] = 7;
        x[1, 1..3] = Tensor.From(new long[] { -1, -2 });
        x[.., ^1] = -5;
        x[2, TensorIndex.Slice(step: 2)] = Tensor.From(new long[] { 9 });
        Assert.Equal([7, 7, 7, -5, 4, -1, -2, -5, 9, 9, 9, -5], Values(x));
        x[TensorIndex.Ellipsis] = 0;
        Assert.Equal(new long[12], Values(x));
        x[TensorIndex.NewAxis, 1] = Tensor.From(new long[,] { { 1, 2, 3, 4 } });
        Assert.Equal([1, 2, 3, 4], Values(x[1]));
    }

    [Fact]
    public void Numbers_are_assigned_under_masks_and_at_places()
    {
        Tensor x = Counting(2, 3);
        x[x.Gt(3)] = 0;
        Assert.Equal([0, 1, 2, 3, 0, 0], Values(x));
        x[Tensor.From(new[] { false, true })] = 8;
        Assert.Equal([0, 1, 2, 8, 8, 8], Values(x));
        x[0, Tensor.From(new[] { true, false, true })] = 5;
        Assert.Equal([5, 1, 5, 8, 8, 8], Values(x));
        x[.., Tensor.From([2, 0])] = 6;
        Assert.Equal([6, 1, 6, 6, 8, 6], Values(x));
        Tensor flags = Tensor.Zeros([2], DType.Bool);
        flags[Tensor.From(new[] { true, false })] = (Scalar)true;
        flags[1] = (Scalar)true;
        Assert.Equal([true, true], flags.ToArray<bool>());
        Tensor large = Tensor.From(new[] { long.MaxValue, 1L });
        large[large.Eq(1)] = long.MaxValue - 1;
        Assert.Equal([long.MaxValue, long.MaxValue - 1], Values(large));
    }

    [Fact]
    public void A_tensor_of_as_many_elements_is_assigned_under_a_mask()
    {
        Tensor x = Counting(2, 3);
        Tensor mask = Tensor.From(new[,] { { true, false, true }, { false, true, false } });
        x[mask] = Tensor.From(new long[] { -1, -2, -3 });
        Assert.Equal([-1, 1, -2, 3, -3, 5], Values(x));
        Assert.Throws<ShapeException>(() => x[mask] = Tensor.From(new long[] { 1, 2 }));
    }

    [Fact]
    public void Regions_that_are_split_and_strided_are_written_in_place()
    {
        Tensor x = Counting(3, 2, 4), places = Tensor.From(new long[] { 2, 0 });
        x[places, .., places] = Tensor.From(new long[,] { { -1, -2 }, { -3, -4 } });
        Assert.Equal([-1, -2], [x[2, 0, 2].Item<long>(), x[2, 1, 2].Item<long>()]);
        Assert.Equal([-3, -4], [x[0, 0, 0].Item<long>(), x[0, 1, 0].Item<long>()]);
        Tensor turned = x.T;
        turned[0, Tensor.From([3])] = 99;
        Assert.Equal([99, 99], [x[0, 0, 3].Item<long>(), x[0, 1, 3].Item<long>()]);
    }

    [Fact]
    public void Compound_assignment_through_the_indexer_adds_once()
    {
        Tensor x = Counting(2, 3);
        x[0] += 10;
        Assert.Equal([10, 11, 12, 3, 4, 5], Values(x));
        x[.., Tensor.From([0, 0])] += 1;
        Assert.Equal([11, 11, 12, 4, 4, 5], Values(x));
    }

    [Fact]
    public void Overlapping_source_is_read_before_it_is_overwritten()
    {
        Tensor x = Counting(5);
        x[1..] = x[..4];
        Assert.Equal([0, 0, 1, 2, 3], Values(x));
    }

    [Fact]
    public void Repeated_places_add_up_and_the_last_write_wins()
    {
        Tensor places = Tensor.From([1, 1, 0, 1]), values = Tensor.From(new long[] { 1, 10, 100, 1000 });
        Tensor x = Tensor.Zeros([3], DType.Int64);
        Assert.Equal([100, 1011, 0], Values(x.IndexPut([places], values, accumulate: true)));
        x[places] = values;
        Assert.Equal([100, 1000, 0], Values(x));
        Assert.Equal([100, 1011, 0], Values(Tensor.Zeros([3], DType.Int64).ScatterAdd(0, places, values)));
        Assert.Equal([100, 1000, 0], Values(Tensor.Zeros([3], DType.Int64).Scatter(0, places, values)));
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
    public void Every_number_dtype_adds_up(DType dtype)
    {
        Tensor places = Tensor.From([1, 1, 0]), values = Counting(3, 20).To(dtype).Remainder(7);
        long[] v = values.ToLong().ToArray<long>();
        Tensor x = Tensor.Ones([2, 20], dtype).IndexAdd(0, places, values);
        Assert.Equal(dtype, x.DType);
        long[] sums = x.ToLong().ToArray<long>();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(1 + v[40 + i], sums[i]);
            Assert.Equal(1 + v[i] + v[20 + i], sums[20 + i]);
        }
        Assert.Equal(sums, Tensor.Ones([2, 20], dtype).ScatterAdd(0, places.Reshape(3, 1).Expand(3, 20), values).ToLong().ToArray<long>());
    }

    [Fact]
    public void Half_types_add_up_in_float32()
    {
        Tensor ones = Tensor.Ones([1000], DType.BFloat16), places = Tensor.Zeros([1000], DType.Int64);
        Assert.Equal(1000f, Tensor.Zeros([1], DType.BFloat16).IndexAdd(0, places, ones).Item());
        Assert.Equal(1000f, Tensor.Zeros([1], DType.BFloat16).ScatterAdd(0, places, ones).Item());
    }

    [Fact]
    public void Bool_accumulation_is_or()
    {
        Tensor x = Tensor.Zeros([2], DType.Bool).IndexPut([Tensor.From([1, 1])], Tensor.From(new[] { true, true }), accumulate: true);
        Assert.Equal([0, 1], x.To(DType.UInt8).ToArray<byte>().Select(b => (int)b));
    }

    [Fact]
    public void A_value_that_does_not_fit_is_an_error()
    {
        Tensor x = Counting(2, 3);
        string text = Assert.Throws<ShapeException>(() => x[0] = Counting(4)).Message;
        Assert.Contains("[4] cannot be written to a region of shape [3]", text, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => x[Tensor.From([0])] = Counting(2, 3));
        Assert.Throws<DTypeException>(() => x[0] = 1.5);
        Assert.Throws<DTypeException>(() => Tensor.Zeros([2], DType.Bool)[0] = 1);
        Assert.Equal([0, 1, 2, 3, 4, 5], Values(x));
    }

    [Fact]
    public void Writing_to_a_leaf_that_requires_a_gradient_is_an_error()
    {
        Tensor x = Tensor.Ones(3).WithGrad();
        Assert.Throws<AutogradException>(() => x[0] = 1);
        Assert.Throws<AutogradException>(() => x[Tensor.From([0])] = 1);
        using (Autograd.NoGrad()) x[0] = 5;
        Assert.Equal([5f, 1f, 1f], x.Detach().ToArray<float>());
    }

    [Fact]
    public void What_an_op_saved_must_not_be_overwritten()
    {
        Tensor x = Tensor.Ones(3).WithGrad();
        Tensor y = x * 2;
        Tensor z = y * y;
        y[0] = 0;
        Assert.Throws<AutogradException>(() => z.Sum().Backward());
    }

    [Fact]
    public void Gradients_of_writes_agree_with_differences()
    {
        Tensor x = Differences.Weight([3, 4, 2]);
        Tensor i = Tensor.From(new long[] { 2, 0 }), j = Tensor.From(new long[] { 1, 0 });
        Check([4, 2], (y, v) => y[1] = v);
        Check([2], (y, v) => y[1..] = v);
        Check([2, 1], (y, v) => y[TensorIndex.Slice(step: 2), TensorIndex.NewAxis, 1, 0] = v);
        Check([2, 4, 2], (y, v) => y[i] = v);
        Check([1], (y, v) => y[.., j] = v);
        Check([2, 4], (y, v) => y[i, .., j] = v);
        Check([1, 2], (y, v) => y[1.., j] = v);
        Check([2], (y, v) => y[0, j, 1] = v);
        Check([], (y, v) => y[x.Gt(0)] = v);
        Check([], (y, v) => y[0] = v);
        Check([2, 4], (y, v) => y.IndexPut([i, TensorIndex.Slice(), j], v, accumulate: true));
        Check([2], (y, v) => y.IndexPut([1], v, accumulate: true));
        Check([4, 2], (y, v) => y[^1] = v * y[0].Clone());

        void Check(Shape value, Action<Tensor, Tensor> write) => Differences.Check(t =>
        {
            Tensor y = t[0] * 3;
            write(y, t[1]);
            return y * y;
        }, x, Differences.Weight(value, 0.9));
    }

    [Fact]
    public void Gradients_of_scatter_agree_with_differences()
    {
        Tensor x = Differences.Weight([3, 4]), source = Differences.Weight([3, 5], 0.8);
        Tensor places = Tensor.From(new long[,] { { 3, 0, 1 }, { 2, -1, 0 } });
        Differences.Check(t => t[0].Gather(1, places), x);
        Differences.Check(t => t[0].Gather(-1, places), x);
        Differences.Check(t => t[0].ScatterAdd(1, places, t[1]), x, source);
        Differences.Check(t => t[0].Scatter(1, places, t[1]), x, source);
        Differences.Check(t => (t[0] * 2).ScatterAddInPlace(1, places, t[1]), x, source);
        Differences.Check(t => t[0].T.Scatter(0, places.T, t[1].T), x, source);
    }

    [Fact]
    public void Scatter_takes_a_number_and_checks_its_places()
    {
        Tensor x = Tensor.Zeros([2, 3]);
        Assert.Equal([0, 0, 1.5f, 1.5f, 0, 0], x.Scatter(1, Tensor.From(new long[,] { { 2 }, { 0 } }), 1.5).ToArray<float>());
        string text = Assert.Throws<ShapeException>(() => x.ScatterAddInPlace(1, Tensor.From(new long[,] { { 2 }, { 3 } }), 1)).Message;
        Assert.Contains("index 3 at position [1, 0]", text, StringComparison.Ordinal);
        Assert.Equal(new float[6], x.ToArray<float>());
        Assert.Throws<ShapeException>(() => x.Gather(1, Tensor.Zeros([3, 1], DType.Int64)));
        Assert.Throws<ShapeException>(() => x.Gather(1, Tensor.Zeros([2], DType.Int64)));
        Assert.Throws<ShapeException>(() => x.ScatterAdd(1, Tensor.Zeros([2, 2], DType.Int64), Tensor.Zeros([2, 1])));
        Assert.Throws<DTypeException>(() => x.Gather(1, Tensor.Zeros([2, 1])));
        Assert.Equal([2, 3], x.To(Device.Meta).ScatterAdd(1, Tensor.Zeros([2, 1], DType.Int64, Device.Meta), 1).Shape);
        Assert.Equal([4f], Tensor.From(4f).Gather(0, Tensor.Zeros([1], DType.Int64)).ToArray<float>());
    }
}
