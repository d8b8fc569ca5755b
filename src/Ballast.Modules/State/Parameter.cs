namespace Ballast;

/// <summary>Learned state: it moves, casts, is saved, and optimizers may update it.</summary>
public class Parameter : Variable
{
    /// <summary>A parameter over the tensor's storage.</summary>
    /// <param name="value">The first value; it must have no history.</param>
    /// <param name="requiresGrad">False for a frozen parameter, or one of integers.</param>
    /// <exception cref="AutogradException">The value has history, or it is not floating and a gradient is asked for.</exception>
    public Parameter(Tensor value, bool requiresGrad = true) : base(null)
    {
        if (!value.IsLeaf)
            throw new AutogradException(
                $"a parameter must be a leaf; this value is the result of {value.GradientOp}. Detach() it, or compute it in Forward "
                + "from other parameters.");
        Tensor leaf = value.Detach();
        leaf.RequiresGrad = requiresGrad;
        Current = leaf;
    }

    /// <summary>A parameter without a value of its own.</summary>
    private protected Parameter() : base(null) { }

    /// <inheritdoc/>
    public override string Kind => "Parameter";

    /// <summary>The value now: a leaf of the graph.</summary>
    public Tensor Value => Current;

    /// <summary>The gradient that backward passes have added up, or null.</summary>
    public Tensor? Grad
    {
        get => Current.Grad;
        set => Current.Grad = value;
    }

    /// <summary>False while the parameter is frozen: no gradient is computed and optimizers leave it alone.</summary>
    public virtual bool RequiresGrad
    {
        get => Current.RequiresGrad;
        set => Current.RequiresGrad = value;
    }

    internal override Tensor? GradToMove => Held?.Grad;

    internal override void Adopt(Tensor value, Tensor? grad)
    {
        bool requiresGrad = RequiresGrad && value.DType.IsFloating;
        Tensor leaf = value.Detach();
        leaf.RequiresGrad = requiresGrad;
        leaf.Grad = grad;
        if (grad is not null) TensorScope.Escape(grad);
        Current = leaf;
    }
}
