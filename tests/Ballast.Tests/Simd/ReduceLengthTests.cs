using Ballast.Tests.OpTables;

namespace Ballast.Tests.Simd;

/// <summary>Reductions at lengths 0 to 256, along rows and down columns, from four offsets.</summary>
[Trait("Category", "Simd")]
public sealed class ReduceLengthTests
{
    private const int Longest = 256;
    private const int Offsets = 4;

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Int32)]
    public void Rows_and_columns_of_every_length(DType dtype)
    {
        // Whole numbers: every order of adding gives the same sum, so sums are exact too.
        Tensor all = new Host(Draw.Integers(-9, 9)(new Random(5), 3 * (Longest + Offsets)), [3, Longest + Offsets]).ToTensor(dtype);
        Host host = Host.Of(all);
        for (int length = 0; length <= Longest; length++)
        {
            for (int offset = 0; offset < Offsets; offset++)
            {
                Tensor x = all.Narrow(1, offset, length);
                string what = $"{dtype.Name}, length {length} from offset {offset}";
                double[][] rows = [.. Enumerable.Range(0, 3).Select(r => host.Data[(r * (Longest + Offsets) + offset)..(r * (
                    Longest + Offsets) + offset + length)])];
                double[] columns = [.. Enumerable.Range(0, length).Select(c => rows.Sum(r => r[c]))];
                Check.Close([.. rows.Select(r => r.Sum())], Host.Of(x.Sum(1)).Data, default, $"sum of rows, {what}");
                Check.Close(columns, Host.Of(x.Sum(0)).Data, default, $"sum of columns, {what}");
                Check.Close(columns, Host.Of(x.T.Contiguous().Sum(1)).Data, default, $"sum of short rows, {what}");
                if (length == 0) continue;
                Check.Close([.. rows.Select(r => r.Max())], Host.Of(x.Max(1)).Data, default, $"max of rows, {what}");
                Check.Close([.. Enumerable.Range(0, length).Select(c => rows.Min(r => r[c]))], Host.Of(x.Min(0)).Data, default,
                    $"min of columns, {what}");
            }
        }
    }

    /// <summary>Operands that end where memory ends.</summary>
    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    public void Nothing_is_read_or_written_beyond_the_last_element(DType dtype)
    {
        using var first = new GuardedMemory(Longest * 8);
        using var second = new GuardedMemory(Longest * 8);
        using var third = new GuardedMemory(Longest * 8);
        FormulaDriver driver = Device.Cpu.Runtime.Formulas!;
        for (int length = 1; length <= Longest; length++)
        {
            Tensor a = first.AtTheEnd(length, dtype), b = second.AtTheEnd(length, dtype), y = third.AtTheEnd(length, dtype);
            Tensor bits = third.AtTheEnd(length, DType.Bool);
            a.FillInPlace(3);
            b.FillInPlace(2);
            driver.Unary(new ExpFormula(), a, y);
            driver.UnaryGrad(new GeluFormula(), a, b, y);
            driver.Binary(new PowFormula(), a, b, y);
            Assert.Equal(9 * length, y.Sum().Item<double>());
            driver.Compare(new GtFormula(), a, b, bits);
            driver.CompareScalar(new LtFormula(), a, 4, bits);
            Assert.Equal(length, bits.Sum().Item<long>());
            Assert.Equal(3, a.Max().Item<double>());
            foreach (DType to in (DType[])[DType.BFloat16, DType.Float16, DType.Float32, DType.Float64, DType.Int64, DType.UInt8])
            {
                Tensor narrow = third.AtTheEnd(length, to);
                narrow.CopyFrom(a);
                b.CopyFrom(narrow);
                Assert.Equal(3 * length, b.Sum().Item<double>());
            }
            GC.KeepAlive(y);
        }
    }
}
