namespace Ballast;

/// <summary>Learned state: it moves, casts, is saved, and optimizers may update it.</summary>
public sealed class Parameter : Variable
{
    /// <summary>A parameter over the tensor's storage.</summary>
    /// <param name="value">The first value; it must have no history.</param>
    /// <param name="requiresGrad">False for a frozen parameter, or one of integers.</param>
    /// <exception cref="AutogradException">The value has history, or it is not floating and a gradient is asked for.</exception>
    public Parameter(Tensor value, bool requiresGrad = true) : base(null)
    {
        if (!value.IsLeaf)
            throw new AutogradException($"a parameter must be a leaf; this value is the result of {value.GradientOp}. Detach() it, or compute it in Forward from other parameters.");
        Tensor leaf = value.Detach();
        leaf.RequiresGrad = requiresGrad;
        Current = leaf;
    }

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
    public bool RequiresGrad
    {
        get => Current.RequiresGrad;
        set => Current.RequiresGrad = value;
    }

    /// <summary>Writes values, broadcast and cast, over the parameter without recording.</summary>
    public void Assign(Tensor source)
    {
        using (Autograd.NoGrad()) Current.CopyFrom(source.Detach());
    }

    /// <summary>Makes another tensor the value; gradient and freezing are kept as given.</summary>
    internal void Replace(Tensor value, Tensor? grad)
    {
        bool requiresGrad = RequiresGrad;
        Tensor leaf = value.Detach();
        leaf.RequiresGrad = requiresGrad;
        leaf.Grad = grad;
        if (grad is not null) TensorScope.Escape(grad);
        Current = leaf;
    }

    internal override Action Prepare(Device? device, DType? dtype)
    {
        DType target = dtype is { } asked && DType.IsFloating ? asked : DType;
        Device place = device ?? Device;
        if (target == DType && ReferenceEquals(place, Device)) return static () => { };
        Tensor value = Current.Detach().To(place, target);
        Tensor? grad = Grad?.To(place, target);
        return () => Replace(value, grad);
    }
}
