using Ballast.Bench.Measuring;
using Ballast.Cpu;

namespace Ballast.Lab.Rows;

/// <summary>One step of AdamW over many parameters in one pass; seven float32 of traffic for each element.</summary>
internal sealed class AdamLaboratory : ILaboratory
{
    public string Name => "adamw";

    public string Purpose => "one step of AdamW; axes parameters x elements of each";

    public IReadOnlyList<LabSize> Odd { get; } = [Size(1, 1), Size(3, 17), Size(7, 1003), Size(40, 1500)];

    public IReadOnlyList<LabSize> Sweep { get; } = [Size(50, 16_384), Size(150, 65_536), Size(16, 1 << 22)];

    public ILabTrial Prepare(LabSize size)
    {
        int count = size.Axes[0], elements = size.Axes[1];
        var tensors = new Tensor[4 * count];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = RowTrial.Normal(i, elements);
        for (int i = 3; i < tensors.Length; i += 4) tensors[i] = tensors[i].Square();
        double[][] before = [.. tensors[..4].Select(RowTrial.Doubles)];
        var trial = new RowTrial(tensors[0], Reference, 1e-6);
        foreach (Tensor tensor in tensors[..4]) trial.Restoring(tensor);
        return trial.With<AdamStepCpu, AdamStepOp>(new AdamStepOp(1e-3, 0.9, 0.999, 1e-8, 0.01, true, 10, false), tensors, []);

        double[] Reference()
        {
            var result = new double[elements];
            for (int i = 0; i < elements; i++)
            {
                double m = 0.9 * before[2][i] + 0.1 * before[1][i], v = 0.999 * before[3][i] + 0.001 * before[1][i] * before[1][i];
                double root = Math.Sqrt(v / (1 - Math.Pow(0.999, 10))) + 1e-8;
                result[i] = before[0][i] * (1 - 1e-5) - 1e-3 * m / (1 - Math.Pow(0.9, 10)) / root;
            }
            return result;
        }
    }

    private static LabSize Size(int count, int elements) => new(Rate.Bytes(7.0 * sizeof(float) * count * elements), "", count, elements);
}
