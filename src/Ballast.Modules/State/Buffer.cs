namespace Ballast;

/// <summary>State that nobody learns: masks, tables, statistics. It moves, casts and, unless told otherwise, is saved; optimizers never
/// see it.</summary>
/// <remarks>
/// What happens to it is set where it is declared: <c>new Buffer(value, persistent: false) { DTypePolicy = DTypePolicy.Keep, Averaging =
/// AverageRule.Average }</c>. Defaults: saved, follows casts, copied by averages, broadcast from the first replica.
/// </remarks>
public class Buffer : Variable
{
    private readonly Func<Device, int, Tensor>? _recipe;
    private Device? _place; // where a derived value is computed: the default device of its construction, until it is moved
    private DType? _castTo;
    private int _length;

    /// <summary>A buffer over the tensor's storage.</summary>
    /// <param name="value">The first value; history is cut off, so that no graph is kept alive by a buffer.</param>
    /// <param name="persistent">False to leave it out of state dicts.</param>
    /// <param name="keepDType">True if casts of the module leave it alone: short for <see cref="DTypePolicy.Keep"/>.</param>
    public Buffer(Tensor value, bool persistent = true, bool keepDType = false) : base(null)
    {
        Persistent = persistent;
        if (keepDType) DTypePolicy = DTypePolicy.Keep;
        Current = value.Detach();
    }

    /// <summary>A derived buffer of a class of its own.</summary>
    /// <param name="recipe">Computes the value on a device, at full precision, for a length.</param>
    /// <param name="length">The first length; it grows with <see cref="Cover"/>.</param>
    /// <param name="policy">What casts of the module do to the result.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    protected Buffer(Func<Device, int, Tensor> recipe, int length, DTypePolicy policy) : base(null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _recipe = recipe;
        _length = length;
        _place = Device.Default;
        DTypePolicy = policy;
    }

    /// <summary>A buffer that is computed when it is first needed, on the device its module is on, and again after a move or a start on
    /// meta; it is never saved.</summary>
    /// <param name="recipe">Computes the value on a device, at full precision.</param>
    /// <param name="keepDType">False if the result should follow casts of the module (the recipe still runs at full precision).</param>
    public static Buffer Derived(Func<Device, Tensor> recipe, bool keepDType = true) =>
        new((device, _) => recipe(device), 0, keepDType ? DTypePolicy.Keep : DTypePolicy.Follow);

    /// <summary>A derived buffer for a length, such as a table of positions; a longer need, told by <see cref="Cover"/>, computes it
    /// anew.</summary>
    /// <param name="length">The first length.</param>
    /// <param name="recipe">Computes the value on a device, at full precision, for a length.</param>
    /// <param name="keepDType">False if the result should follow casts of the module.</param>
    public static Buffer DerivedFor(int length, Func<Device, int, Tensor> recipe, bool keepDType = true) =>
        new(recipe, length, keepDType ? DTypePolicy.Keep : DTypePolicy.Follow);

    /// <summary>True if state dicts hold it; a derived buffer is never saved.</summary>
    public bool Persistent { get => field && !IsDerived; } = true;

    /// <summary>What a cast of the module does to it.</summary>
    /// <exception cref="DTypeException">The value does not fit the policy, and would lose by a cast.</exception>
    public DTypePolicy DTypePolicy
    {
        get;
        init
        {
            field = value;
            if (Held is not { } held || value.Allows(held.DType)) return;
            DType wanted = value.FixedTo ?? value.Least ?? held.DType;
            if (!Op.CanHold(wanted, held.DType) || wanted.SizeBytes < held.DType.SizeBytes)
                throw new DTypeException(
                    $"a {held.DType.Name} value does not fit the policy '{value}' without loss; cast it with To(DType.{wanted}) first.");
            Current = held.To(wanted);
        }
    }

    /// <summary>What averages over time do with it; a derived buffer is recomputed.</summary>
    public AverageRule Averaging { get; init; }

    /// <summary>What data-parallel replicas do with it; a derived buffer is recomputed on each.</summary>
    public ReplicaRule Replicas { get; init; }

    /// <summary>True if a state may lack it: it then keeps its value, without a report.</summary>
    public bool Optional { get; init; }

    /// <summary>True if casts of the module leave its dtype alone.</summary>
    public bool KeepDType => !DTypePolicy.IsFollow && DTypePolicy.Least is null;

    /// <summary>True if the value comes from a recipe.</summary>
    public bool IsDerived => _recipe is not null;

    /// <summary>The length that the recipe is run for; 0 if it has none.</summary>
    public int Length => _length;

    /// <inheritdoc/>
    public override string Kind => IsDerived ? "Buffer (derived)" : Persistent ? "Buffer" : "Buffer (not saved)";

    /// <inheritdoc/>
    public override Device Device => IsComputed ? Current.Device : _place!;

    /// <summary>The value now. Setting takes a tensor of the same shape, dtype and device; <see cref="Replace"/> takes any.</summary>
    /// <exception cref="ShapeException">The shape differs.</exception>
    /// <exception cref="DTypeException">The dtype differs.</exception>
    /// <exception cref="DeviceMismatchException">The device differs.</exception>
    public Tensor Value
    {
        get => Current;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Tensor now = Current;
            if (value.Shape != now.Shape)
                throw new ShapeException(
                    $"{Name} is {now.Shape}; a value of {value.Shape} was assigned. Use Replace(value) if its shape shall change.");
            if (value.DType != now.DType)
                throw new DTypeException(
                    $"{Name} is {now.DType.Name}; a {value.DType.Name} value was assigned. Cast it with To(DType.{now.DType}) first.");
            if (!ReferenceEquals(value.Device, now.Device))
                throw new DeviceMismatchException(
                    $"{Name} is on {now.Device}; a value on {value.Device} was assigned. Move it with To(buffer.Device) first.");
            Current = value.Detach();
        }
    }

    /// <summary>Makes another tensor the value, whatever its shape and device, and its dtype if the policy allows it; history is cut
    /// off.</summary>
    /// <exception cref="DTypeException">The policy forbids the dtype.</exception>
    public void Replace(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        CheckPolicy(value.DType);
        Current = value.Detach();
    }

    /// <summary>Drops a derived value, so that its recipe runs again at the next use: for a recipe whose inputs have changed.</summary>
    /// <exception cref="InvalidOperationException">The buffer has no recipe.</exception>
    public void Recompute()
    {
        if (!IsDerived) throw new InvalidOperationException($"{Name} has no recipe to run again; only Buffer.Derived has one.");
        _place = Device;
        Forget();
    }

    /// <summary>Makes sure that the recipe was run for that length or a longer one; grows by half at least, so that steps of one are
    /// cheap.</summary>
    /// <param name="length">The length needed.</param>
    /// <returns>The value, for <see cref="Length"/>, which is <paramref name="length"/> or more.</returns>
    /// <exception cref="InvalidOperationException">The buffer has no recipe.</exception>
    public Tensor Cover(int length)
    {
        if (length > _length)
        {
            if (!IsDerived)
                throw new InvalidOperationException($"{Name} has no recipe that could make it longer; only Buffer.DerivedFor has one.");
            _length = (int)Math.Min(int.MaxValue, Math.Max(length, _length + (long)_length / 2));
            Recompute();
        }
        return Current;
    }

    private protected override Tensor Compute()
    {
        using (Autograd.NoGrad())
        {
            Device place = _place!;
            Tensor value;
            using (place.AsDefault()) value = _recipe!(place, _length);
            if (!ReferenceEquals(value.Device, place)) value = value.To(place);
            DType? dtype = DTypePolicy.FixedTo ?? _castTo;
            if (dtype is { } wanted && value.DType.IsFloating) value = value.To(wanted);
            Current = value.Detach();
            return value;
        }
    }

    private protected override void CheckPolicy(DType dtype)
    {
        if (!DTypePolicy.Allows(dtype))
            throw new DTypeException(
                $"{Name} is {DTypePolicy}; a {dtype.Name} value is refused.\n  fix    give it a value of the dtype it holds, or cast it "
                + $"with Cast(DType.{dtype}, lossy: true) if that is meant.");
        if (DTypePolicy == DTypePolicy.Keep && Held is { } held && held.DType.IsFloating && dtype.IsFloating
            && dtype.SizeBytes < held.DType.SizeBytes)
            throw new DTypeException(
                $"{Name} keeps its dtype, {held.DType.Name}; {dtype.Name} is narrower and is refused.\n  fix    cast the value, or "
                + $"Cast(DType.{dtype}, lossy: true) if that is meant.");
    }

    internal override DType TargetOf(DType asked, bool force) =>
        force && DType.IsFloating ? asked : DTypePolicy.Target(DType, asked);

    internal override void Adopt(Tensor value, Tensor? grad) => Current = value.Detach();

    /// <summary>Tells a derived buffer where it lives and what it is cast to from now on.</summary>
    internal void Relocate(Device? device, DType? dtype, bool force)
    {
        bool recast = dtype is not null && (force || !KeepDType);
        DType? castTo = recast
            ? (force ? dtype : DTypePolicy.Least is { } least && dtype!.Value.SizeBytes < least.SizeBytes ? least : dtype) : _castTo;
        if (castTo == _castTo && (device is null || ReferenceEquals(device, Device))) return;
        _place = device ?? Device;
        _castTo = castTo;
        Forget();
    }

    internal override Variable CopyHandle()
    {
        var copy = (Buffer)base.CopyHandle();
        copy._place = IsDerived ? Device : null;
        return copy;
    }
}
