namespace Ballast;

/// <summary>A layer that keeps running statistics of batches, such as batch normalisation.</summary>
public interface IBatchStatistics
{
    /// <summary>The share of each new batch in the running statistics; null for the plain average over all batches.</summary>
    double? Momentum { get; set; }

    /// <summary>Sets the running statistics to their first values: mean 0, variance 1, no batch counted.</summary>
    void ResetRunningStats();
}

/// <summary>Recomputing batch statistics.</summary>
public static class BatchStatistics
{
    extension<TModule>(TModule module) where TModule : Module
    {
        /// <summary>Resets all batch statistics and averages them over batches, for weights that were not trained with them, such as
        /// averaged ones.</summary>
        /// <remarks>Momentum and training mode of every module are as before afterwards, also after an error. Without such layers nothing
        /// is run. Source: torch.optim.swa_utils.update_bn.</remarks>
        /// <param name="batches">Inputs.</param>
        /// <param name="forward">Runs the module on one of them.</param>
        public void UpdateBatchNorm<TInput>(IEnumerable<TInput> batches, Action<TModule, TInput> forward)
        {
            List<IBatchStatistics> layers = [.. module.Modules().OfType<IBatchStatistics>()];
            if (layers.Count == 0) return;
            List<(IBatchStatistics Layer, double? Momentum)> momenta = [.. layers.Select(l => (l, l.Momentum))];
            List<(Module Module, bool Training)> modes = [.. module.Modules().Select(m => (m, m.Training))];
            try
            {
                module.SetTraining(true);
                foreach (IBatchStatistics layer in layers)
                {
                    layer.ResetRunningStats();
                    layer.Momentum = null;
                }
                using (Autograd.NoGrad())
                {
                    foreach (TInput batch in batches) forward(module, batch);
                }
            }
            finally
            {
                foreach ((IBatchStatistics layer, double? momentum) in momenta) layer.Momentum = momentum;
                foreach ((Module at, bool training) in modes) at.Training = training;
            }
        }
    }

    extension<TModule>(TModule module) where TModule : Module, IForward<Tensor, Tensor>
    {
        /// <summary>Resets all batch statistics and averages them over batches.</summary>
        /// <param name="batches">Inputs of the module's forward pass.</param>
        public void UpdateBatchNorm(IEnumerable<Tensor> batches) => module.UpdateBatchNorm(batches, static (m, x) => m.Forward(x));
    }
}
