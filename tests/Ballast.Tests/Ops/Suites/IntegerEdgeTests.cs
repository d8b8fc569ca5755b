namespace Ballast.Tests.OpTables;

/// <summary>Integers where the processor itself would stop or wrap.</summary>
public sealed class IntegerEdgeTests
{
    public static TheoryData<DType> Integers => [DType.Int64, DType.Int32, DType.Int16, DType.Int8, DType.UInt8];

    [Theory]
    [MemberData(nameof(Integers))]
    public void Division_by_zero_is_an_error_of_the_op(DType dtype)
    {
        foreach (int length in (int[])[1, 7, 100_000])
        {
            Tensor x = Tensor.Ones([length], dtype), zero = Tensor.Zeros([length], dtype);
            foreach (Func<Tensor> run in (Func<Tensor>[])[() => x.FloorDivide(zero), () => x % zero, () => x.FloorDivide(0), () => x % 0])
                Assert.Contains("integer division by zero", Assert.Throws<DivideByZeroException>(run).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_lowest_integer_by_minus_one_wraps()
    {
        Assert.Equal([int.MinValue], Tensor.From([int.MinValue]).FloorDivide(-1).ToArray<int>());
        Assert.Equal([0], (Tensor.From([int.MinValue]) % -1).ToArray<int>());
        Assert.Equal([long.MinValue], Tensor.From([long.MinValue]).FloorDivide(-1).ToArray<long>());
        Assert.Equal([0L], (Tensor.From([long.MinValue]) % -1).ToArray<long>());
    }

    [Fact]
    public void Narrow_integers_wrap_around_as_their_storage_does()
    {
        Assert.Equal([44], (Tensor.From(new byte[] { 200 }) + Tensor.From(new byte[] { 100 })).ToArray<byte>());
        Assert.Equal([-126], (Tensor.From(new sbyte[] { 65 }) * 2).ToArray<sbyte>());
        Assert.Equal([long.MinValue], (Tensor.From([long.MaxValue]) + 1).ToArray<long>());
    }

    [Fact]
    public void Integers_beyond_the_reach_of_float64_stay_exact()
    {
        long large = (1L << 60) + 1;
        Assert.Equal([large + 2], (Tensor.From([large]) + 2).ToArray<long>());
        Assert.Equal(large, Tensor.From([large, 3L]).Max().Item<long>());
        Assert.Equal(large + 3, Tensor.From([large, 3L]).Sum().Item<long>());
        Assert.Equal([false, true], Tensor.From([large - 1, large]).Eq(large).ToArray<bool>());
        Assert.Equal([large, -1L], Tensor.From([large, large]).MaskedFill(Tensor.From([false, true]), -1).ToArray<long>());
    }
}
