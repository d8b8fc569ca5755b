namespace Ballast;

/// <summary>Reverse-mode differentiation: scopes that switch recording, and gradients with respect to given tensors.</summary>
public static class Autograd
{
    [ThreadStatic] private static int _disabled;
    [ThreadStatic] private static int _depth; // of backward passes inside backward passes

    /// <summary>True if ops on this thread are recorded.</summary>
    public static bool Enabled => _disabled == 0;

    /// <summary>True if this thread neither records nor runs a backward pass: what it computes has no part in training.</summary>
    internal static bool IsInference => _disabled != 0 && _depth == 0;

    /// <summary>Switches recording off on this thread until disposed: <c>using (Autograd.NoGrad()) …</c>.</summary>
    public static GradScope NoGrad() => new(_disabled, ++_disabled);

    /// <summary>Switches recording on again inside a <see cref="NoGrad"/> scope.</summary>
    public static GradScope EnableGrad() => new(_disabled, _disabled = 0);

    /// <summary>Restores the recording mode that held before.</summary>
    public readonly struct GradScope : IDisposable
    {
        private readonly int _before;

        internal GradScope(int before, int _) => _before = before;

        /// <inheritdoc/>
        public void Dispose() => _disabled = _before;
    }

    /// <summary>The gradients of <paramref name="outputs"/> with respect to <paramref name="inputs"/>; no leaf's Grad is touched.</summary>
    /// <param name="outputs">Tensors with history.</param>
    /// <param name="inputs">Tensors that require a gradient, leaves or not.</param>
    /// <param name="gradients">Gradients of the outputs; null where an output has one element.</param>
    /// <param name="retainGraph">Keep what was saved, so that a second pass is possible.</param>
    /// <returns>One gradient for each input, null where the outputs do not depend on it.</returns>
    public static Tensor?[] Grad(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor?> gradients = default, bool retainGraph = false)
    {
        foreach (Tensor input in inputs)
            if (!input.RequiresGrad) throw new AutogradException("Grad: an input does not require a gradient; set RequiresGrad before the forward pass.");
        var roots = new Tensor?[outputs.Length];
        if (gradients.Length != 0) gradients.CopyTo(roots);
        return Run(outputs, roots, inputs, retainGraph);
    }

    internal static bool AnyRequires(ReadOnlySpan<Tensor> inputs)
    {
        foreach (Tensor input in inputs)
            if (input.RequiresGrad) return true;
        return false;
    }

    internal static void CheckViews(string op, ReadOnlySpan<Tensor> inputs)
    {
        foreach (Tensor input in inputs)
        {
            if (input.RequiresGrad && input.IsStaleView)
                throw new AutogradException(
                    $"{op}: its {input.Shape} input is a view of a tensor that {input.Storage.LastWriter} has changed in place, so its history is out of date.\n  fix    take the view again, after the change.");
        }
    }

    internal static void CheckInPlace(string op, Tensor target, ReadOnlySpan<Tensor> inputs)
    {
        if (target.Layout.Overlaps)
            throw new ShapeException($"{op} in place: several indices of the {target.Shape} target name one element (it was expanded); call Clone() first.");
        if (!Enabled) return;
        if (target is { RequiresGrad: true, IsLeaf: true })
            throw new AutogradException($"{op} in place on a leaf that requires a gradient {target.Describe()} would lose it.\n  fix    wrap the update in using (Autograd.NoGrad()), or use the form that returns a new tensor.");
        if (target.IsRecordedView && AnyRequires(inputs))
            throw new AutogradException($"{op} in place on a view cannot be recorded: the tensor it was taken from would keep its old history.\n  fix    write through the indexer of that tensor, x[…] = value, or wrap it in using (Autograd.NoGrad()).");
    }

    internal static Tensor?[] Run(ReadOnlySpan<Tensor> roots, ReadOnlySpan<Tensor?> gradients, ReadOnlySpan<Tensor> targets, bool retainGraph)
    {
        using GradScope noGrad = NoGrad();
        Engine engine = Engine.Take(targets, retainGraph);
        for (int i = 0; i < roots.Length; i++)
        {
            Tensor root = roots[i];
            if (!root.RequiresGrad)
                throw new AutogradException("backward: the tensor has no history: nothing it was computed from requires a gradient, or it was computed under NoGrad.");
            Tensor seed = gradients[i] ?? (root.Elements == 1
                ? Tensor.Full(root.Shape, 1.0, root.DType, root.Device)
                : throw new AutogradException($"backward: a gradient must be given for a tensor of shape {root.Shape}; only a single element has an implied gradient of 1."));
            if (seed.Shape != root.Shape) throw new ShapeException($"backward: the gradient is {seed.Shape}, the tensor {root.Shape}; they must be the same.");
            if (gradients[i] is null) seed.Storage.IsTemporary = true;
            engine.Add(root.GradientNode(), root.OutputIndex, seed, fresh: gradients[i] is null);
        }
        _depth++;
        try
        {
            engine.Run();
        }
        finally
        {
            _depth--;
        }
        Tensor?[] results = targets.Length == 0 ? [] : new Tensor?[targets.Length];
        for (int i = 0; i < targets.Length; i++) results[i] = engine.Captured(targets[i]);
        engine.GiveBack();
        // A pass inside another (a checkpoint) ends while much of the outer one is alive.
        if (_depth == 0 && roots.Length > 0) roots[0].Device.Runtime.Allocator.EndPass();
        return results;
    }
}
