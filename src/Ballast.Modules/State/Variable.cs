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
            value.Label = Label;
            TensorScope.Escape(value);
            _value = value;
        }
    }

    internal bool IsComputed => _value is not null;

    private protected virtual Tensor Compute() => throw new InvalidOperationException("a variable without a value.");

    private protected void Forget() => _value = null;

    /// <summary>The kind as printed in state trees.</summary>
    public abstract string Kind { get; }

    /// <summary>Axis lengths of the value.</summary>
    public Shape Shape => Current.Shape;

    /// <summary>Element type of the value.</summary>
    public DType DType => Current.DType;

    /// <summary>Device of the value.</summary>
    public virtual Device Device => Current.Device;

    /// <summary>The number of axes of the value.</summary>
    public int Rank => Current.Rank;

    /// <summary>The last two axes of the value exchanged.</summary>
    public Tensor T => Current.T;

    /// <summary>A part of the value, as the tensor's own indexer gives it; setting writes into the value in place.</summary>
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get => Current[indices];
        set => Current[indices] = value;
    }

    /// <summary>What the value would be on another device and in another dtype; changes nothing.</summary>
    internal abstract Action Prepare(Device? device, DType? dtype);

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
