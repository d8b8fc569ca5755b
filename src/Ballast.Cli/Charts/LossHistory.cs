namespace Ballast.Cli.Charts;

/// <summary>The losses of a run, for a chart; all in nats per character.</summary>
/// <param name="Train">Training loss of steps 1, 2, ...</param>
/// <param name="Validation">Validation losses by steps done.</param>
/// <param name="Unigram">Cross entropy of the text under its character frequencies.</param>
/// <param name="Bigram">Cross entropy of the text under its character pair frequencies.</param>
public sealed record LossHistory(
    IReadOnlyList<float> Train, IReadOnlyList<(int Step, double Loss)> Validation, double Unigram, double Bigram)
{
    /// <summary>
    /// Mean of the training losses around each step: the window is a fortieth of the run to either side. At the start, where the loss falls
    /// fast, it is shorter and stays centred; at the end it loses its later half only, so that the last points are no noisier than the rest.
    /// Losses that are no numbers are left out.
    /// </summary>
    public double[] SmoothTrain()
    {
        int reach = Train.Count / 40;
        var sums = new double[Train.Count + 1];
        var counts = new int[Train.Count + 1];
        for (int i = 0; i < Train.Count; i++)
        {
            bool isNumber = float.IsFinite(Train[i]);
            sums[i + 1] = sums[i] + (isNumber ? Train[i] : 0);
            counts[i + 1] = counts[i] + (isNumber ? 1 : 0);
        }
        var smooth = new double[Train.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            int before = Math.Min(reach, i), after = Math.Min(before, smooth.Length - 1 - i);
            (int from, int to) = (i - before, i + after + 1);
            smooth[i] = counts[to] == counts[from] ? double.NaN : (sums[to] - sums[from]) / (counts[to] - counts[from]);
        }
        return smooth;
    }
}
