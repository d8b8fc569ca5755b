namespace Ballast;

/// <summary>
/// A handle to a tensor that belongs to a module. The handle stays the same when its value is moved, cast, loaded or replaced, so
/// optimizers, ties and references never go stale.
/// </summary>
public abstract class Variable
{
    private Tensor? _value;

    private protected Variable(Tensor? value) => _value = value;

    /// <summary>What it is called in error messages: module class and path, as of the last walk.</summary>
    internal string? Label
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            if (_value is not null) _value.Label = value;
        }
    }

    /// <summary>The value now.</summary>
    internal Tensor Current
    {
        get => _value ?? Compute();
        set
        {
            value.Label = Label ?? $"a {Kind}"; // until a walk gives it a path
            TensorScope.Escape(value);
            _value = value;
            if (IsPacked) value.Storage.KeepCopies();
        }
    }

    /// <summary>True if products may keep a copy of the value in their own order; see <see cref="WeightPacking"/>.</summary>
    internal bool IsPacked
    {
        get;
        set
        {
            field = value;
            if (_value is null) return;
            if (value) _value.Storage.KeepCopies();
            else _value.Storage.EndCopies();
        }
    }

    /// <summary>The value, or null if it is not computed yet.</summary>
    internal Tensor? Held => _value;

    internal bool IsComputed => _value is not null;

    /// <summary>True while another value stands in for its own; see <see cref="Substitution"/>.</summary>
    internal bool IsSubstituted { get; private set; }

    private protected virtual Tensor Compute() => throw new InvalidOperationException("a variable without a value.");

    private protected void Forget() => _value = null;

    /// <summary>Puts a value in, with its history, or takes it out again; gives what was there.</summary>
    internal Tensor? Exchange(Tensor? value, bool substituted)
    {
        Tensor? before = _value;
        _value = value;
        IsSubstituted = substituted;
        return before;
    }

    /// <summary>The kind as printed in state trees.</summary>
    public abstract string Kind { get; }

    /// <summary>Axis lengths of the value.</summary>
    public virtual Shape Shape => Current.Shape;

    /// <summary>Element type of the value.</summary>
    public virtual DType DType => Current.DType;

    /// <summary>Device of the value.</summary>
    public virtual Device Device => Current.Device;

    /// <summary>The number of axes of the value.</summary>
    public int Rank => Shape.Rank;

    /// <summary>The last two axes of the value exchanged.</summary>
    public Tensor T => Current.T;

    /// <summary>A part of the value, as the tensor's own indexer gives it; setting writes into the value in place.</summary>
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get => Current[indices];
        set => Current[indices] = value;
    }

    /// <summary>What it is called in messages.</summary>
    internal string Name => Label ?? $"this {Kind}";

    /// <summary>Writes values, broadcast and cast, over the value in place, without recording.</summary>
    /// <param name="source">The values.</param>
    /// <param name="lossy">True to let floating values be cut to integers, and numbers to bools.</param>
    /// <exception cref="DTypeException">The values are of a higher category (floating into integer), and that was not asked
    /// for.</exception>
    /// <exception cref="ShapeException">The source does not stretch to this shape.</exception>
    public void Assign(Tensor source, bool lossy = false)
    {
        if (!lossy && !Op.CanHold(DType, source.DType))
            throw new DTypeException(
                $"{Name} is {DType.Name}; writing {source.DType.Name} values would cut them.\n  fix    cast them first, or say "
                + "Assign(values, lossy: true).");
        using (Autograd.NoGrad()) Current.CopyFrom(source.Detach());
    }

    /// <summary>Casts this one handle; ties see it.</summary>
    /// <param name="dtype">The new element type.</param>
    /// <param name="lossy">True to cast floating to integer, and to go against the buffer's dtype policy.</param>
    /// <exception cref="DTypeException">The cast would destroy, or goes against the policy, and that was not asked for.</exception>
    public void Cast(DType dtype, bool lossy = false)
    {
        if (dtype == DType) return;
        if (!lossy)
        {
            if (!Op.CanHold(dtype, DType))
                throw new DTypeException(
                    $"{Name} is {DType.Name}; a cast to {dtype.Name} would destroy its values.\n  fix    say Cast(DType.{dtype}, lossy: "
                    + "true) if that is meant.");
            CheckPolicy(dtype);
        }
        using (Autograd.NoGrad()) Adopt(Current.Detach().To(dtype), GradToMove?.To(dtype));
    }

    /// <summary>Throws if a policy forbids a value of that dtype.</summary>
    private protected virtual void CheckPolicy(DType dtype) { }

    /// <summary>The gradient that moves along, or null.</summary>
    internal virtual Tensor? GradToMove => null;

    /// <summary>The dtype after a cast of the module.</summary>
    internal virtual DType TargetOf(DType asked, bool force) => DType.IsFloating ? asked : DType;

    /// <summary>Makes a tensor the value, with its gradient: nothing here allocates device memory or can fail.</summary>
    internal abstract void Adopt(Tensor value, Tensor? grad);

    /// <summary>A handle of the same kind and rules, without value; whoever copies gives it one.</summary>
    internal virtual Variable CopyHandle()
    {
        var copy = (Variable)MemberwiseClone();
        copy._value = null;
        copy.IsSubstituted = false;
        return copy;
    }

    /// <summary>The value, so that layers read as mathematics.</summary>
    public static implicit operator Tensor(Variable variable) => variable.Current;

    /// <summary>a + b.</summary>
    public static Tensor operator +(Variable a, Variable b) => a.Current + b.Current;

    /// <summary>a + b.</summary>
    public static Tensor operator +(Variable a, Scalar b) => a.Current + b;

    /// <summary>a − b.</summary>
    public static Tensor operator -(Variable a, Variable b) => a.Current - b.Current;

    /// <summary>a − b.</summary>
    public static Tensor operator -(Variable a, Scalar b) => a.Current - b;

    /// <summary>−a.</summary>
    public static Tensor operator -(Variable a) => -a.Current;

    /// <summary>a · b.</summary>
    public static Tensor operator *(Variable a, Variable b) => a.Current * b.Current;

    /// <summary>a · b.</summary>
    public static Tensor operator *(Variable a, Scalar b) => a.Current * b;

    /// <summary>a / b.</summary>
    public static Tensor operator /(Variable a, Variable b) => a.Current / b.Current;

    /// <summary>a / b.</summary>
    public static Tensor operator /(Variable a, Scalar b) => a.Current / b;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Label}\n{Current}";
}
