using Ballast.Tests.OpTables;

namespace Ballast.Tests.Gpu;

/// <summary>The op table on the device: every row whose ops have kernels there; the others are named and shrink visibly.</summary>
public sealed class OpTableOnDevice
{
    public static TheoryData<OpRow> Rows => RowData.Rows(_ => true);

    public static TheoryData<OpRow> Differentiable => RowData.Rows(r => r.Differentiable);

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Float32_agrees_with_the_reference(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name))
        {
            Assert.True(Missing(row, s => RowRun.Forward(row, s, DType.Float32, OpenCl.Device)),
                $"{row.Name} runs on the device now: take it off the list of gaps.");
            return;
        }
        foreach (Case sample in row.Cases) RowRun.Forward(row, sample, DType.Float32, OpenCl.Device);
    }

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Other_dtypes_agree_with_the_reference(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name)) return;
        foreach (DType dtype in RowRun.DTypes(row).Where(d => d != DType.Float32))
        {
            foreach (Case sample in row.Cases.Where(c => RowRun.Takes(c, dtype)).Take(3))
                RowRun.Forward(row, sample, dtype, OpenCl.Device);
        }
    }

    [OpenClTheory]
    [MemberData(nameof(Differentiable))]
    public void Gradients_agree_with_the_hosts_in_float64(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name)) return;
        if (OpenClGaps.Backward.Contains(row.Name))
        {
            Assert.True(Missing(row, s => RowRun.Backward(row, s, OpenCl.Device)),
                $"{row.Name} has its gradient on the device now: take it off the list of gaps.");
            return;
        }
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad)) RowRun.Backward(row, sample, OpenCl.Device);
    }

    [Fact]
    public void Gaps_name_rows_of_the_table() =>
        Assert.Empty(OpenClGaps.Forward.Concat(OpenClGaps.Backward).Except(OpTable.Rows.Select(r => r.Name)));

    private static bool Missing(OpRow row, Action<Case> run)
    {
        foreach (Case sample in row.Cases)
        {
            try
            {
                run(sample);
            }
            catch (KernelNotFoundException)
            {
                return true;
            }
        }
        return false;
    }
}
