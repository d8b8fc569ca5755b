namespace Ballast;

/// <summary>A running statistic of a layer, such as the mean and variance of batch normalisation.</summary>
/// <remarks>
/// Saved; never below float32, because a half type cannot hold the small share that each batch adds; copied by averages of weights, which
/// are followed by <c>UpdateBatchNorm</c> where that matters; replicas take the mean. Updated with <see cref="Update(Tensor, double)"/>, in place.
/// </remarks>
public sealed class RunningStat : Buffer
{
    /// <summary>A statistic with a first value, such as zeros for a mean and ones for a variance.</summary>
    /// <param name="value">Floating; half types are widened to float32.</param>
    /// <exception cref="DTypeException">The value is not floating.</exception>
    public RunningStat(Tensor value) : base(Widened(value))
    {
        DTypePolicy = DTypePolicy.AtLeast(DType.Float32);
        Averaging = AverageRule.Copy;
        Replicas = ReplicaRule.Mean;
    }

    /// <inheritdoc/>
    public override string Kind => "RunningStat";

    /// <summary>value ← (1 − momentum) · value + momentum · batch, in place and without recording.</summary>
    /// <param name="batch">The statistic of this batch, of any floating dtype.</param>
    /// <param name="momentum">The share of the batch; 1 / number of batches for a plain average.</param>
    public void Update(Tensor batch, double momentum)
    {
        using (Autograd.NoGrad()) Value.AddInPlace((batch.Detach().To(DType) - Value) * momentum);
    }

    /// <summary>The same with a share that lies on the device, so that nothing is read back.</summary>
    /// <param name="batch">The statistic of this batch, of any floating dtype.</param>
    /// <param name="share">The share of the batch, [].</param>
    public void Update(Tensor batch, Tensor share)
    {
        using (Autograd.NoGrad()) Value.AddInPlace((batch.Detach().To(DType) - Value) * share);
    }

    private static Tensor Widened(Tensor value)
    {
        if (!value.DType.IsFloating) throw new DTypeException($"RunningStat: the value is {value.DType.Name}; a statistic is floating.");
        return value.DType.IsHalf ? value.Detach().To(DType.Float32) : value;
    }
}
