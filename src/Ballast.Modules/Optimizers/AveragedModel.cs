namespace Ballast.Optimizers;

/// <summary>A copy of a module whose parameters are averages over the updates of another: stochastic weight averaging, or an exponential
/// average.</summary>
/// <remarks>
/// State: <c>n_averaged</c> (int64) and the copy under <c>module</c>. The first update copies; later ones give average + (value −
/// average) /
/// (n + 1), or, with a decay d, d · average + (1 − d) · value. Buffers follow their <see cref="AverageRule"/>: they are copied unless
/// declared otherwise; integers are
/// copied always. Handles are paired by path. Half types are averaged in float32 and rounded to the copy's dtype, so keep the copy in
/// float32 for small steps.
/// Source: torch.optim.swa_utils.AveragedModel; Izmailov et al., arXiv:1803.05407; conformance C143 to C148.
/// </remarks>
public sealed partial class AveragedModel<TModule> : Module where TModule : Module
{
    /// <summary>An average that begins at the module's values.</summary>
    /// <param name="module">The module that is trained; it is copied, not held.</param>
    /// <param name="decay">The share of the average that an update keeps, from 0 to 1; null for the plain average over updates.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is not from 0 to 1.</exception>
    public AveragedModel(TModule module, double? decay = null)
    {
        if (decay is { } d && !(d >= 0 && d <= 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "the share that is kept is from 0 to 1.");
        Decay = decay;
        Module = module.Clone();
    }

    /// <summary>The number of updates so far.</summary>
    public Buffer NAveraged { get; } = new(Tensor.From(0L, Device.Cpu));

    /// <summary>The copy that holds the averages; use it like the original.</summary>
    public TModule Module { get; }

    /// <summary>The share of the average that an update keeps; null for the plain average over updates.</summary>
    public double? Decay { get; }

    /// <summary>Takes the module's values into the average; call it after each step, or each epoch.</summary>
    /// <exception cref="ArgumentException">The module's paths or shapes are not those of the average; nothing was changed.</exception>
    public void Update(TModule module)
    {
        long count = NAveraged.Value.Item<long>();
        double share = count == 0 ? 1 : Decay is { } decay ? 1 - decay : 1.0 / (count + 1);
        List<(Variable Average, Tensor Value)> pairs = Pairs(module);
        using (Autograd.NoGrad())
        {
            foreach ((Variable average, Tensor value) in pairs)
            {
                AverageRule rule = average is Buffer buffer ? buffer.Averaging : AverageRule.Average;
                if (rule == AverageRule.Keep) continue;
                if (rule == AverageRule.Copy || share == 1 || !value.DType.IsFloating) average.Assign(value);
                else Averages.Mix(average.Current.Detach(), value.To(average.Device), share);
            }
            NAveraged.Assign(Tensor.From(count + 1, Device.Cpu));
        }
    }

    private List<(Variable, Tensor)> Pairs(TModule module)
    {
        Dictionary<string, Variable> trained = StateTree.Of(module).Distinct().ToDictionary(e => e.Path, e => e.Variable!);
        var pairs = new List<(Variable, Tensor)>();
        foreach (StateEntry entry in StateTree.Of(Module).Distinct())
        {
            if (entry.Variable is Buffer { IsDerived: true }) continue;
            if (!trained.TryGetValue(entry.Path, out Variable? value))
                throw new ArgumentException(
                    $"AveragedModel: '{entry.Path}' is averaged and not in the module; it must be built like the one the average began "
                    + "with.");
            if (value.Shape != entry.Variable!.Shape)
                throw new ArgumentException(
                    $"AveragedModel: '{entry.Path}' is {value.Shape}, and its average {entry.Variable.Shape}; shapes must stay.");
            pairs.Add((entry.Variable, value.Current.Detach()));
        }
        return pairs;
    }
}

/// <summary>What averages over time share.</summary>
internal static class Averages
{
    /// <summary>average ← average + share · (value − average), in float32 at least.</summary>
    public static void Mix(Tensor average, Tensor value, double share)
    {
        if (!average.DType.IsHalf)
        {
            average.AddInPlace((value.To(average.DType) - average) * share);
            return;
        }
        Tensor wide = average.To(DType.Float32);
        average.CopyFrom(wide + (value.To(DType.Float32) - wide) * share);
    }
}
