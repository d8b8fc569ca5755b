using Ballast.Tests.OpTables;

namespace Ballast.Tests.Gpu;

/// <summary>The op table on the device: every row, every dtype it takes, and the gradients.</summary>
public sealed class OpTableOnDevice
{
    public static TheoryData<OpRow> Rows => RowData.Rows(_ => true);

    public static TheoryData<OpRow> Differentiable => RowData.Rows(r => r.Differentiable);

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Float32_agrees_with_the_reference(OpRow row)
    {
        foreach (Case sample in row.Cases) RowRun.Forward(row, sample, DType.Float32, OpenCl.Device);
    }

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Other_dtypes_agree_with_the_reference(OpRow row)
    {
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
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad)) RowRun.Backward(row, sample, OpenCl.Device);
    }
}
