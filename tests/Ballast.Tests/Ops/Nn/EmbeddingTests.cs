namespace Ballast.Tests.Ops.Nn;

public sealed class EmbeddingTests
{
    [Fact]
    public void Rows_are_gathered_for_any_index_shape_and_dtype()
    {
        Tensor table = Tensor.Arange(12).To(DType.Float32).Reshape(4, 3);
        Assert.Equal([9f, 10, 11, 0, 1, 2], Tensor.Embedding(table, Tensor.From([3, 0])).ToArray<float>());
        Assert.Equal([3], Tensor.Embedding(table, Tensor.From(2L)).Shape);
        Assert.Equal([2, 2, 3], Tensor.Embedding(table, Tensor.From([0L, 1, 2, 3], [2, 2])).Shape);
        Assert.Equal([9f, 10, 11, 3, 4, 5], Tensor.Embedding(table.To(DType.BFloat16), Tensor.From([3L, 1])).ToFloat().ToArray<float>());
    }

    [Fact]
    public void Strided_tables_and_indices_give_what_their_copies_give()
    {
        Tensor table = NnTensors.Random([5, 7], 1), indices = Tensor.From([4L, 0, 2, 2, 1, 3], [2, 3]);
        double[] expected = Tensor.Embedding(table, indices).ToArray<double>();
        Assert.Equal(expected, Tensor.Embedding(NnTensors.Strided(table), NnTensors.Strided(indices)).ToArray<double>());
        Assert.Equal(expected, Tensor.Embedding(Tensor.Cat([table, table], 1).Narrow(1, 0, 7), indices).ToArray<double>());
    }

    [Fact]
    public void Gradient_adds_up_repeated_rows()
    {
        Tensor indices = Tensor.From([1L, 4, 1, 1, 0, 4], [2, 3]);
        NnTensors.CheckGradients(t => Tensor.Embedding(t[0], indices), NnTensors.Random([6, 3], 2).WithGrad());
    }

    [Fact]
    public void Gradient_of_many_indices_matches_a_plain_sum_and_skips_the_padding_row()
    {
        const int Rows = 50, Width = 70, Count = 4000;
        long[] indices = Enumerable.Range(0, Count).Select(i => (long)(i * 31 % Rows)).ToArray();
        Tensor g = NnTensors.Random([Count, Width], 3), table = Tensor.Zeros([Rows, Width], DType.Float64).WithGrad();
        Tensor.Embedding(table, Tensor.From(indices), paddingIndex: -3).Backward(g);
        double[] values = g.ToArray<double>(), expected = new double[Rows * Width];
        for (int i = 0; i < Count; i++)
            if (indices[i] != Rows - 3)
                for (int c = 0; c < Width; c++) expected[indices[i] * Width + c] += values[i * Width + c];
        Assert.Equal(expected, table.Grad!.ToArray<double>());
    }

    [Fact]
    public void Empty_indices_and_empty_tables_pass()
    {
        Tensor table = Tensor.Ones([4, 3]).WithGrad();
        Tensor.Embedding(table, Tensor.Zeros([0, 2], DType.Int64)).Sum().Backward();
        Assert.All(table.Grad!.ToArray<float>(), v => Assert.Equal(0f, v));
        Assert.Equal([2, 0], Tensor.Embedding(Tensor.Zeros([4, 0]), Tensor.From([1L, 2])).Shape);
        Assert.Equal([0, 3], Tensor.Embedding(Tensor.Zeros([0, 3]), Tensor.Zeros([0], DType.Int64)).Shape);
        Assert.Equal(
            [5, 3], Tensor.Embedding(Tensor.Empty([4, 3], DType.Float32, Device.Meta), Tensor.Empty([5], DType.Int64, Device.Meta)).Shape);
    }

    [Fact]
    public void An_index_outside_the_table_is_named_with_its_position()
    {
        var error = Assert.Throws<ShapeException>(() => Tensor.Embedding(Tensor.Zeros([4, 3]), Tensor.From([0L, 1, 2, 4], [2, 2])));
        Assert.Contains("[1, 1] is 4", error.Message);
        Assert.Contains("0 to 3", error.Message);
        Assert.Throws<ShapeException>(() => Tensor.Embedding(Tensor.Zeros([4, 3]), Tensor.From([-1L])));
        Assert.Throws<ShapeException>(() => Tensor.Embedding(Tensor.Zeros([4]), Tensor.From([0L])));
        Assert.Throws<ShapeException>(() => Tensor.Embedding(Tensor.Zeros([4, 3]), Tensor.From([0L]), 4));
        Assert.Throws<DTypeException>(() => Tensor.Embedding(Tensor.Zeros([4, 3]), Tensor.From([0f])));
    }
}
