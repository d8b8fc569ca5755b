namespace Ballast.Tests.Ops.Reduce;

public sealed class ArgMaxTests
{
    private const float NaN = float.NaN;

    [Fact]
    public void ArgMax_and_ArgMin_take_the_first_of_equals()
    {
        Tensor x = Tensor.From([1f, 3, 3, -2, -2, 0]);
        Assert.Equal(1, x.ArgMax().Item<long>());
        Assert.Equal(3, x.ArgMin().Item<long>());
        Assert.Equal(0, Tensor.Zeros(5).ArgMax().Item<long>());
        Assert.Equal(0, Tensor.Full([3], double.NegativeInfinity).ArgMax().Item<long>());
        Assert.Equal(0, Tensor.Full([3], double.PositiveInfinity).ArgMin().Item<long>());
    }

    [Fact]
    public void The_first_NaN_wins_both_ways()
    {
        Tensor x = Tensor.From(new[] { 1f, NaN, float.PositiveInfinity, NaN, NaN, 2, 9, float.NegativeInfinity }, [2, 4]);
        Assert.Equal(1, x.ArgMax().Item<long>());
        Assert.Equal(1, x.ArgMin().Item<long>());
        Assert.Equal([1L, 0], x.ArgMax(1).ToArray<long>());
        Assert.Equal([1L, 0, 1, 0], x.ArgMin(0).ToArray<long>());
    }

    [Fact]
    public void Every_axis_of_a_strided_view_is_searched_as_of_its_copy()
    {
        Tensor x = Tensor.RandN([3, 5, 7], generator: new Generator(1)).Permute(2, 0, 1);
        Assert.False(x.IsContiguous);
        for (int axis = -3; axis < 3; axis++)
        {
            Assert.Equal(x.Clone().ArgMax(axis).ToArray<long>(), x.ArgMax(axis).ToArray<long>());
            Tensor at = x.ArgMin(axis, keep: true);
            Assert.Equal(1, at.Shape[axis]);
            Assert.Equal(x.Clone().ArgMin(axis).ToArray<long>(), at.ToArray<long>());
        }
        Assert.Equal(x.Clone().ArgMax().Item<long>(), x.ArgMax().Item<long>());
    }

    [Theory]
    [InlineData(DType.Float64)]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Int32)]
    [InlineData(DType.Int16)]
    [InlineData(DType.Int8)]
    [InlineData(DType.UInt8)]
    public void All_dtypes_give_int64_places(DType dtype)
    {
        Tensor x = Tensor.From([3f, 7, 1, 9, 9, 1], [2, 3]).To(dtype);
        Assert.Equal(DType.Int64, x.ArgMax(1).DType);
        Assert.Equal([1L, 0], x.ArgMax(1).ToArray<long>());
        Assert.Equal([2L, 2], x.ArgMin(1).ToArray<long>());
        Assert.Equal(3, x.ArgMax().Item<long>());
    }

    [Fact]
    public void Large_int64_values_are_told_apart() =>
        Assert.Equal(1, Tensor.From([long.MaxValue - 1, long.MaxValue]).ArgMax().Item<long>());

    [Fact]
    public void An_empty_search_is_an_error_unless_the_result_is_empty_too()
    {
        Assert.Contains("[0]", Assert.Throws<ShapeException>(() => Tensor.Zeros(0).ArgMax()).Message);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(2, 0).ArgMin(1));
        Assert.Equal<Shape>([0], Tensor.Zeros(0, 3).ArgMax(1).Shape);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(2, 3).ArgMax(2));
        Assert.Equal(0, Tensor.From(5f).ArgMax(0).Item<long>());
    }

    [Fact]
    public void Meta_gives_shape_and_dtype()
    {
        Tensor y = Tensor.Zeros([4, 5], DType.Float32, Device.Meta).ArgMax(0, keep: true);
        Assert.Equal<Shape>([1, 5], y.Shape);
        Assert.Equal(DType.Int64, y.DType);
        Assert.True(y.Device.IsMeta);
    }

    [Fact]
    public void Places_carry_no_gradient() => Assert.False(Tensor.Ones(3).WithGrad().ArgMax().RequiresGrad);
}
