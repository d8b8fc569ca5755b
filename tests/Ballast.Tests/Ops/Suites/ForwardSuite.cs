namespace Ballast.Tests.OpTables;

/// <summary>Every row against its float64 reference, in every dtype it computes in.</summary>
public sealed class ForwardSuite
{
    public static TheoryData<OpRow> All => RowData.Rows(_ => true);

    public static TheoryData<OpRow> Halves => RowData.Rows(r => r.Halves);

    public static TheoryData<OpRow> Integers => RowData.Rows(r => r.Integers.Length > 0);

    [Theory]
    [MemberData(nameof(All))]
    [Trait("Category", "Simd")]
    public void Float32_agrees_with_the_reference(OpRow row) => Agrees(row, DType.Float32);

    [Theory]
    [MemberData(nameof(All))]
    [Trait("Category", "Simd")]
    public void Float64_agrees_with_the_reference(OpRow row) => Agrees(row, DType.Float64);

    [Theory]
    [MemberData(nameof(Halves))]
    public void Half_types_agree_with_the_reference(OpRow row)
    {
        Agrees(row, DType.BFloat16);
        Agrees(row, DType.Float16);
    }

    [Theory]
    [MemberData(nameof(Integers))]
    public void Integers_agree_with_the_reference(OpRow row)
    {
        foreach (DType dtype in row.Integers)
        {
            foreach (Case sample in row.Cases)
            {
                if (sample.Label.EndsWith("special", StringComparison.Ordinal)) continue;
                Tensor[] inputs = Samples.Inputs(row, sample, dtype, row.IntegerValues);
                Tensor result = sample.Run(inputs);
                DType expected = row.Output ?? row.IntegerOutput ?? dtype;
                Assert.True(expected == result.DType,
                    $"{Samples.What(row, sample, dtype)}: gives {result.DType.Name}, expected {expected.Name}");
                Bound bound = expected.IsFloating ? row.Tolerance.Of(expected) : default;
                Check.Close(Samples.Expected(sample, inputs, expected), result, bound, Samples.What(row, sample, dtype));
            }
        }
    }

    private static void Agrees(OpRow row, DType dtype)
    {
        DType expected = row.Output ?? dtype;
        Bound bound = !expected.IsFloating || row.Moves ? default : row.Tolerance.Of(dtype);
        foreach (Case sample in row.Cases)
        {
            Tensor[] inputs = Samples.Inputs(row, sample, dtype);
            Tensor result = sample.Run(inputs);
            Assert.True(expected == result.DType,
                $"{Samples.What(row, sample, dtype)}: gives {result.DType.Name}, expected {expected.Name}");
            Check.Close(Samples.Expected(sample, inputs, expected), result, bound, Samples.What(row, sample, dtype));
        }
    }
}
