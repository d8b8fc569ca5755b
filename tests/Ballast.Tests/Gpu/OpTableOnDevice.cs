using Ballast.Tests.OpTables;

namespace Ballast.Tests.Gpu;

/// <summary>The op table on the device: every row whose ops have kernels there; the others are named and shrink visibly.</summary>
public sealed class OpTableOnDevice
{
    public static TheoryData<OpRow> Rows => Samples.Rows(_ => true);

    public static TheoryData<OpRow> Differentiable => Samples.Rows(r => r.Differentiable);

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Float32_agrees_with_the_reference(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name))
        {
            Assert.True(Missing(row, s => Run(row, s, DType.Float32)), $"{row.Name} runs on the device now: take it off the list of gaps.");
            return;
        }
        foreach (Case sample in row.Cases) Run(row, sample, DType.Float32);
    }

    [OpenClTheory]
    [MemberData(nameof(Rows))]
    public void Bfloat16_and_integers_agree_with_the_reference(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name)) return;
        foreach (Case sample in row.Cases.Take(3))
        {
            if (row.Halves) Run(row, sample, DType.BFloat16);
            foreach (DType dtype in row.Integers) Run(row, sample, dtype);
        }
    }

    [OpenClTheory]
    [MemberData(nameof(Differentiable))]
    public void Gradients_agree_with_the_host(OpRow row)
    {
        if (OpenClGaps.Forward.Contains(row.Name)) return;
        if (OpenClGaps.Backward.Contains(row.Name))
        {
            Assert.True(Missing(row, s => Backward(row, s)),
                $"{row.Name} has its gradient on the device now: take it off the list of gaps.");
            return;
        }
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad)) Backward(row, sample);
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

    private static void Run(OpRow row, Case sample, DType dtype)
    {
        if (!dtype.IsFloating && sample.Label.EndsWith("special", StringComparison.Ordinal)) return;
        Tensor[] inputs = Samples.Inputs(row, sample, dtype, dtype.IsFloating ? null : row.IntegerValues);
        DType expected = row.Output ?? (dtype.IsFloating ? dtype : row.IntegerOutput ?? dtype);
        Tensor result;
        using (OpenCl.Device.AsDefault()) result = sample.Run([.. inputs.Select(x => x.To(OpenCl.Device))]);
        if (row.Name != "to device") Assert.Same(OpenCl.Device, result.Device);
        Assert.Equal(expected, result.DType);
        Bound bound = !expected.IsFloating || row.Moves ? default : row.Tolerance.Of(expected);
        Check.Close(Samples.Expected(sample, inputs, expected), result, bound, "on the device: " + Samples.What(row, sample, dtype));
    }

    private static void Backward(OpRow row, Case sample)
    {
        Tensor[] inputs = Samples.Inputs(row, sample, DType.Float32);
        Tensor?[] expected = Gradients(sample, inputs, Device.Cpu), actual = Gradients(sample, inputs, OpenCl.Device);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (expected[i] is null && actual[i] is null) continue;
            Assert.Same(OpenCl.Device, actual[i]!.Device);
            Check.Close(Host.Of(expected[i]!), actual[i]!, Tolerances.GradientFloat32,
                $"on the device: {row.Name}, {sample.Label}: gradient of input {i}");
        }
    }

    private static Tensor?[] Gradients(Case sample, Tensor[] inputs, Device device)
    {
        using DeviceScope scope = device.AsDefault();
        Tensor[] leaves = [.. inputs.Select(x => x.Clone().To(device))];
        for (int i = 0; i < leaves.Length; i++) leaves[i].RequiresGrad = sample.Args[i].TakesGrad;
        Tensor result = sample.Run(leaves);
        if (result.RequiresGrad)
        {
            Host v = new(Draw.Uniform(-1, 1)(new Random(5), (int)result.Elements), result.Shape.ToArray());
            result.Backward(v.ToTensor(result.DType).To(device));
        }
        return [.. leaves.Select(x => x.Grad)];
    }
}
