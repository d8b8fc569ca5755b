namespace Ballast.Tests.Ops.Index;

/// <summary>Sort, ArgSort and TopK.</summary>
public sealed class SortTests
{
    [Theory]
    [InlineData("sort_axis_0")]
    [InlineData("sort_axis_0_descending")]
    [InlineData("sort_axis_last")]
    [InlineData("sort_axis_last_descending")]
    [InlineData("sort_ties_axis_0")]
    [InlineData("sort_ties_axis_0_descending")]
    [InlineData("sort_ties_axis_last")]
    [InlineData("sort_ties_axis_last_descending")]
    [InlineData("sort_nan")]
    public void Sort_is_that_of_PyTorch(string name)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input");
        int axis = golden.Options.GetProperty("axis").GetInt32();
        bool descending = golden.Options.GetProperty("descending").GetBoolean();
        (Tensor values, Tensor indices) = x.Sort(axis, descending);
        GoldenCase.Same(golden["indices"], indices);
        GoldenCase.Same(golden["indices"], x.ArgSort(axis, descending));
        if (x.RequiresGrad) golden.Check(values, "values", ("input", x));
        else golden.Check(values, "values");
    }

    [Theory]
    [InlineData("topk_axis_0")]
    [InlineData("topk_axis_0_descending")]
    [InlineData("topk_axis_last")]
    [InlineData("topk_axis_last_descending")]
    public void TopK_is_that_of_PyTorch(string name)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input");
        (Tensor values, Tensor indices) = x.TopK(
            golden.Options.GetProperty("k").GetInt32(), golden.Options.GetProperty("axis").GetInt32(),
            golden.Options.GetProperty("largest").GetBoolean());
        GoldenCase.Same(golden["indices"], indices);
        golden.Check(values, "values", ("input", x));
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
    public void Every_dtype_sorts_stably_in_both_directions(DType dtype)
    {
        Tensor x = Tensor.Arange(3 * 200).Mul(37).Remainder(11).Sub(5).Reshape(3, 200).To(dtype);
        long[] source = x.ToLong().ToArray<long>();
        foreach (bool descending in new[] { false, true })
        {
            (Tensor values, Tensor indices) = x.Sort(1, descending);
            Assert.Equal(dtype, values.DType);
            (Tensor columns, Tensor columnIndices) = x.T.Sort(0, descending);
            Assert.Equal(indices.ToArray<long>(), columnIndices.T.ToArray<long>());
            Assert.Equal(values.ToLong().ToArray<long>(), columns.T.ToLong().ToArray<long>());
            for (int row = 0; row < 3; row++)
            {
                long[] order = [.. Enumerable.Range(0, 200).Select(i => (long)i)];
                long[] key = source[(row * 200)..];
                long[] expected = [.. descending ? order.OrderByDescending(i => key[i]) : order.OrderBy(i => key[i])];
                Assert.Equal(expected, indices[row].ToArray<long>());
                Assert.Equal(expected.Select(i => source[row * 200 + i]), values[row].ToLong().ToArray<long>());
                (Tensor best, Tensor bestIndices) = x.TopK(7, 1, descending);
                Assert.Equal(expected[..7], bestIndices[row].ToArray<long>());
                Assert.Equal(values[row, ..7].ToLong().ToArray<long>(), best[row].ToLong().ToArray<long>());
            }
        }
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    [InlineData(DType.Float16)]
    public void NaN_is_the_largest_and_signed_zeros_tie(DType dtype)
    {
        Tensor x = Tensor.From([0.0, double.NaN, -0.0, double.PositiveInfinity, double.NegativeInfinity, -double.NaN, 0.0]).To(dtype);
        Assert.Equal([4, 0, 2, 6, 3, 1, 5], x.ArgSort().ToArray<long>());
        Assert.Equal([1, 5, 3, 0, 2, 6, 4], x.ArgSort(descending: true).ToArray<long>());
        Assert.True(double.IsNegative(x.Sort().Values.To(DType.Float64).ToArray<double>()[2]));
    }

    [Fact]
    public void Extreme_integers_keep_their_order()
    {
        Assert.Equal(
            [long.MinValue, -1, 0, long.MaxValue],
            Tensor.From([0, long.MaxValue, -1, long.MinValue]).Sort().Values.ToArray<long>());
        Assert.Equal(
            [int.MaxValue, 0, -1, int.MinValue],
            Tensor.From([0, int.MaxValue, -1, int.MinValue]).Sort(0, true).Values.ToArray<int>());
    }

    [Fact]
    public void TopK_of_a_long_row_takes_the_first_of_equals()
    {
        Tensor x = Tensor.Arange(50_000).Mul(7919).Remainder(1000).ToFloat();
        (Tensor values, Tensor indices) = x.TopK(100);
        Assert.Equal(x.Sort(descending: true).Values[..100].ToArray<float>(), values.ToArray<float>());
        Assert.Equal(x.ArgSort(descending: true)[..100].ToArray<long>(), indices.ToArray<long>());
    }

    [Fact]
    public void Single_elements_and_empty_axes_sort()
    {
        (Tensor values, Tensor indices) = Tensor.From(3f).Sort();
        Assert.Equal([], values.Shape);
        Assert.Equal(0, indices.Item<long>());
        Assert.Equal([2, 0], Tensor.Zeros([2, 0]).Sort().Values.Shape);
        Assert.Equal([0, 2], Tensor.Zeros([0, 2]).Sort().Indices.Shape);
        Assert.Equal([2, 0], Tensor.Zeros([2, 3]).TopK(0).Values.Shape);
        Assert.Equal([0], Tensor.From(3f).TopK(0).Values.Shape);
        Assert.Equal([2, 2], Tensor.Zeros([2, 3]).To(Device.Meta).TopK(2).Indices.Shape);
    }

    [Fact]
    public void More_than_the_axis_has_is_an_error() =>
        Assert.Contains("4 elements were asked for along axis 1 of [2, 3], which has length 3",
            Assert.Throws<ShapeException>(() => Tensor.Zeros([2, 3]).TopK(4, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Gradients_agree_with_differences()
    {
        Tensor x = Differences.Weight([3, 5]);
        Differences.Check(t => t[0].Sort(0).Values, x);
        Differences.Check(t => t[0].T.Sort(0, true).Values, x);
        Differences.Check(t => t[0].TopK(2, 1, largest: false).Values, x);
    }
}
