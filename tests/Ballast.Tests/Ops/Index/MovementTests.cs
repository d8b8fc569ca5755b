using System.Text.Json;

namespace Ballast.Tests.Ops.Index;

/// <summary>Pad, Roll, Flip, Triu and Tril.</summary>
public sealed class MovementTests
{
    private static Tensor Counting(params int[] shape) => Tensor.Arange(Shape.Create(shape).Elements).Reshape(shape.AsSpan());

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    [Theory]
    [InlineData("pad_constant")]
    [InlineData("pad_constant_value")]
    [InlineData("pad_negative")]
    [InlineData("pad_reflect")]
    [InlineData("pad_replicate")]
    [InlineData("pad_circular")]
    [InlineData("roll_one")]
    [InlineData("roll_two")]
    [InlineData("roll_flat")]
    [InlineData("flip")]
    [InlineData("triu")]
    [InlineData("tril")]
    public void Movement_is_that_of_PyTorch(string name)
    {
        var golden = new GoldenCase(name);
        Tensor x = golden.Leaf("input");
        golden.Check(Apply(golden.Options, x), "output", ("input", x));
    }

    private static Tensor Apply(JsonElement options, Tensor x) => options.GetProperty("op").GetString() switch
    {
        "pad" => x.Pad(
            Numbers(options.GetProperty("amounts")), options.GetProperty("value").GetDouble(),
            Enum.Parse<PadMode>(options.GetProperty("mode").GetString()!, true)),
        "roll" when options.GetProperty("axes").ValueKind == JsonValueKind.Null => x.Roll(options.GetProperty("shifts")[0].GetInt32()),
        "roll" => x.Roll(Numbers(options.GetProperty("shifts")), Numbers(options.GetProperty("axes"))),
        "flip" => x.Flip(Numbers(options.GetProperty("axes"))),
        "triu" => x.Triu(options.GetProperty("diagonal").GetInt32()),
        "tril" => x.Tril(options.GetProperty("diagonal").GetInt32()),
        var op => throw new InvalidOperationException(op),
    };

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
    public void Every_dtype_moves_from_any_strides(DType dtype)
    {
        Tensor x = Counting(2, 3).To(dtype).T;
        long[] v = x.ToLong().ToArray<long>();
        Check([v[5], v[4], v[3], v[2], v[1], v[0]], x.Flip(0, 1));
        Check([v[4], v[5], v[0], v[1], v[2], v[3]], x.Roll(1, 0));
        Check([v[0], v[1], 0, v[2], v[3], 0, v[4], v[5], 0], x.Pad([0, 1]));
        Check([v[3], v[5]], x.Pad([-1, 0, -1, 0]));
        Check([v[0], 0, v[2], v[3], v[4], v[5]], x.Tril());
        Check([v[0], v[1], 0, v[3], 0, 0], x.Triu());

        void Check(long[] expected, Tensor actual)
        {
            Assert.Equal(dtype, actual.DType);
            Assert.True(actual.IsContiguous);
            Assert.Equal(expected, actual.ToLong().ToArray<long>());
        }
    }

    [Fact]
    public void Gradients_agree_with_differences()
    {
        Tensor x = Differences.Weight([2, 3, 4]);
        Differences.Check(t => t[0].Flip(0, -1), x);
        Differences.Check(t => t[0].Roll(5, 2), x);
        Differences.Check(t => t[0].Pad([1, -2, 0, 3], 7), x);
        Differences.Check(t => t[0].Pad([2, 3, 2, 0], mode: PadMode.Reflect), x);
        Differences.Check(t => t[0].Triu(-1), x);
        Differences.Check(t => t[0].Tril(2), x);
    }

    [Fact]
    public void Movement_gives_copies()
    {
        Tensor x = Tensor.Zeros([2, 2]);
        Tensor[] results =
        [
            x.Flip(), x.Flip(0), x.Roll(0, 0), x.Roll(2, 1), x.Pad([]), x.Pad([0, 0]), x.Triu(-9),
            x.Pad([], mode: PadMode.Circular),
        ];
        x[TensorIndex.Ellipsis] = 1;
        foreach (Tensor result in results) Assert.Equal(new float[4], result.ToArray<float>());
    }

    [Fact]
    public void Empty_axes_and_meta_keep_their_shapes()
    {
        Assert.Equal([2, 0], Tensor.Zeros([2, 0]).Flip(1).Shape);
        Assert.Equal([2, 0], Tensor.Zeros([2, 0]).Roll(3, 1).Shape);
        Assert.Equal([1.5f, 1.5f], Tensor.Zeros([1, 0]).Pad([1, 1], 1.5).ToArray<float>());
        Assert.Equal([2, 0], Tensor.Zeros([2, 0]).Triu().Shape);
        Assert.Equal([], Tensor.From(1f).Flip().Shape);
        Tensor meta = Tensor.Empty([2, 3], DType.BFloat16, Device.Meta);
        Assert.Equal([2, 3], meta.Flip(0).Shape);
        Assert.Equal([2, 3], meta.Roll(1, 1).Shape);
        Assert.Equal([2, 6], meta.Pad([1, 2]).Shape);
        Assert.Equal([2, 6], meta.Pad([2, 1], mode: PadMode.Reflect).Shape);
        Assert.True(meta.Triu().Device.IsMeta);
    }

    [Fact]
    public void Amounts_that_do_not_fit_are_errors()
    {
        Tensor x = Counting(2, 3);
        Assert.Throws<ShapeException>(() => x.Pad([1]));
        Assert.Throws<ShapeException>(() => x.Pad([1, 1, 1, 1, 1, 1]));
        Assert.Contains("cut more off axis 1", Assert.Throws<ShapeException>(() => x.Pad([-2, -2])).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => x.Pad([3, 0], mode: PadMode.Reflect));
        Assert.Throws<ShapeException>(() => x.Pad([0, 4], mode: PadMode.Circular));
        Assert.Throws<ShapeException>(() => Tensor.Zeros([2, 0]).Pad([1, 0], mode: PadMode.Replicate));
        Assert.Throws<DTypeException>(() => x.Pad([1, 1], 0.5));
        Assert.Throws<ShapeException>(() => x.Flip(0, -2));
        Assert.Throws<ShapeException>(() => x.Roll([1], [0, 1]));
        Assert.Throws<ShapeException>(() => x[0].Triu());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    public void Repeat_gives_a_copy_whatever_the_counts_are(int rows, int columns)
    {
        Tensor x = Tensor.From(new[,] { { 1f, 2f } }), y = x.Repeat(rows, columns);
        Assert.True(y.IsContiguous);
        y.FillInPlace(7);
        Assert.Equal([1f, 2f], x.ToArray<float>());
    }

    [Fact]
    public void Multinomial_draws_what_the_generator_draws()
    {
        Tensor weights = Tensor.From(new[,] { { 1f, 2f, 3f, 0f }, { 5f, 0f, 1f, 1f } });
        long[] expected = new long[6];
        new Generator(7).Multinomial(weights.AsSpan<float>(), 4, expected, replacement: true);
        Tensor drawn = weights.Multinomial(3, replacement: true, new Generator(7));
        Assert.Equal([2, 3], drawn.Shape);
        Assert.Equal(expected, drawn.ToArray<long>());
        Assert.Equal(expected, weights.T.Contiguous().T.To(DType.BFloat16).Multinomial(3, true, new Generator(7)).ToArray<long>());
        Assert.Equal([0, 1, 2], weights[0].Multinomial(3).ToArray<long>().Order());
        Assert.Equal([2, 5], weights.To(Device.Meta).Multinomial(5).Shape);
        Assert.Throws<ArgumentException>(() => weights.Multinomial(4));
        Assert.Throws<ShapeException>(() => weights.Multinomial(0));
        Assert.Throws<DTypeException>(() => Counting(3).Multinomial(1));
    }
}
