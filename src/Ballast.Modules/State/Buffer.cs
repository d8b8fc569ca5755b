namespace Ballast;

/// <summary>State that nobody learns: masks, tables, statistics. It moves, casts and, unless told otherwise, is saved; optimizers never see it.</summary>
public class Buffer : Variable
{
    private readonly Func<Device, Tensor>? _recipe;
    private Device? _place; // where a derived value is computed: the default device of its construction, until it is moved
    private DType? _castTo;

    /// <summary>A buffer over the tensor's storage.</summary>
    /// <param name="value">The first value; history is cut off, so that no graph is kept alive by a buffer.</param>
    /// <param name="persistent">False to leave it out of state dicts.</param>
    /// <param name="keepDType">True if casts of the module leave it alone.</param>
    public Buffer(Tensor value, bool persistent = true, bool keepDType = false) : base(null)
    {
        Persistent = persistent;
        KeepDType = keepDType;
        Current = value.Detach();
    }

    private Buffer(Func<Device, Tensor> recipe, bool keepDType) : base(null)
    {
        _recipe = recipe;
        _place = Device.Default;
        KeepDType = keepDType;
    }

    /// <summary>A buffer that is computed when it is first needed, on the device its module is on, and again after a move or a start on meta; it is never saved.</summary>
    /// <param name="recipe">Computes the value on a device, at full precision.</param>
    /// <param name="keepDType">False if the result should follow casts of the module (the recipe still runs at full precision).</param>
    public static Buffer Derived(Func<Device, Tensor> recipe, bool keepDType = true) => new(recipe, keepDType);

    /// <summary>True if state dicts hold it.</summary>
    public bool Persistent { get; }

    /// <summary>True if casts of the module leave its dtype alone.</summary>
    public bool KeepDType { get; }

    /// <summary>True if the value comes from a recipe.</summary>
    public bool IsDerived => _recipe is not null;

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
            Tensor now = Current;
            string name = Label ?? "this buffer";
            if (value.Shape != now.Shape) throw new ShapeException($"{name} is {now.Shape}; a value of {value.Shape} was assigned. Use Replace(value) if its shape shall change.");
            if (value.DType != now.DType) throw new DTypeException($"{name} is {now.DType.Name}; a {value.DType.Name} value was assigned. Cast it with To(DType.{now.DType}) first.");
            if (!ReferenceEquals(value.Device, now.Device))
                throw new DeviceMismatchException($"{name} is on {now.Device}; a value on {value.Device} was assigned. Move it with To(buffer.Device) first.");
            Current = value.Detach();
        }
    }

    /// <summary>Makes another tensor the value, whatever its shape, dtype and device; history is cut off.</summary>
    public void Replace(Tensor value) => Current = value.Detach();

    /// <summary>Writes values, broadcast and cast, over the buffer in place.</summary>
    public void Assign(Tensor source)
    {
        using (Autograd.NoGrad()) Current.CopyFrom(source.Detach());
    }

    /// <summary>Drops a derived value, so that its recipe runs again at the next use: for a recipe whose inputs have changed.</summary>
    /// <exception cref="InvalidOperationException">The buffer has no recipe.</exception>
    public void Recompute()
    {
        if (!IsDerived) throw new InvalidOperationException($"{Label ?? "this buffer"} has no recipe to run again; only Buffer.Derived has one.");
        _place = Device;
        Forget();
    }

    private protected override Tensor Compute()
    {
        using (Autograd.NoGrad())
        {
            Device place = _place!;
            Tensor value;
            using (place.AsDefault()) value = _recipe!(place);
            if (!ReferenceEquals(value.Device, place)) value = value.To(place);
            if (_castTo is { } dtype && value.DType.IsFloating) value = value.To(dtype);
            Current = value.Detach();
            return value;
        }
    }

    internal override Action Prepare(Device? device, DType? dtype)
    {
        if (IsDerived)
        {
            bool recast = dtype is not null && !KeepDType && dtype != _castTo;
            if (!recast && (device is null || ReferenceEquals(device, Device))) return static () => { };
            return () =>
            {
                _place = device ?? Device;
                if (recast) _castTo = dtype;
                Forget();
            };
        }
        DType target = dtype is { } asked && DType.IsFloating && !KeepDType ? asked : DType;
        Device place = device ?? Device;
        if (target == DType && ReferenceEquals(place, Device)) return static () => { };
        Tensor value = Current.To(place, target);
        return () => Current = value.Detach();
    }
}
