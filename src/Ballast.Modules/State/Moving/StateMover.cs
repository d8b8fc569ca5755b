namespace Ballast;

/// <summary>Moves and casts the state of a module: everything is computed before the first handle changes.</summary>
internal sealed class StateMover
{
    private readonly Module _root;
    private readonly Device? _device;
    private readonly DType? _dtype;
    private readonly MoveOptions _options;
    private readonly bool _empty;

    private StateMover(Module root, Device? device, DType? dtype, MoveOptions options, bool empty)
    {
        _root = root;
        _device = device;
        _dtype = dtype;
        _options = options;
        _empty = empty;
    }

    /// <summary>Moves to a device, casts to a dtype, or both.</summary>
    public static void Move(Module root, Device? device, DType? dtype, MoveOptions options)
    {
        if (dtype is { IsFloating: false } wrong)
            throw new DTypeException(
                $"{root.GetType().Name}.To: only floating dtypes are accepted, {wrong.Name} was given; integer state keeps its dtype.");
        new StateMover(root, device, dtype, options, empty: false).Run();
    }

    /// <summary>Moves to a device, where what has no data gets memory of undefined contents.</summary>
    public static void MoveEmpty(Module root, Device device) => new StateMover(root, device, null, MoveOptions.Default, empty: true).Run();

    private void Run()
    {
        using var _ = Autograd.NoGrad();
        var derived = new List<Buffer>();
        List<MoveSlot> slots = Plan(derived);
        var moving = MoveSlot.Group(slots).Where(group => group.Exists(s => !s.Stays)).ToList();
        if (_options.Streaming)
        {
            foreach (List<MoveSlot> group in moving)
            {
                Compute([group]);
                Commit(group);
                group[0].Source.Storage.Discard("its module was moved with MoveOptions.Streaming, which releases each tensor as soon as "
                    + "its successor is ready");
            }
        }
        else
        {
            Compute(moving);
            foreach (List<MoveSlot> group in moving) Commit(group);
        }
        foreach (Buffer buffer in derived) buffer.Relocate(_device, _dtype, _options.CastKept);
    }

    private List<MoveSlot> Plan(List<Buffer> derived)
    {
        var slots = new List<MoveSlot>();
        foreach (StateEntry entry in StateTree.Of(_root).Distinct())
        {
            Variable variable = entry.Variable!;
            if (variable.IsSubstituted)
                throw new InvalidOperationException(
                    $"{variable.Name} has a substitute now; a module is moved after the call with substituted state has ended.");
            if (variable is Buffer { IsDerived: true } buffer)
            {
                derived.Add(buffer);
                continue;
            }
            Tensor value = variable.Current;
            Device device = _device ?? value.Device;
            DType dtype = _dtype is { } asked ? variable.TargetOf(asked, _options.CastKept) : value.DType;
            if (!_empty) value.CheckMovable(device);
            slots.Add(new MoveSlot(variable.Name, variable, value, false, device, dtype));
            if (variable.GradToMove is { } grad)
            {
                if (!_empty) grad.CheckMovable(device);
                slots.Add(new MoveSlot($"{variable.Name}.Grad", variable, grad, true, device, dtype));
            }
        }
        return slots;
    }

    /// <summary>Makes all results; if one cannot be made, the memory of the others goes back at once.</summary>
    private void Compute(List<List<MoveSlot>> groups)
    {
        try
        {
            // Uploads are queued one behind the other and waited for once.
            foreach (List<MoveSlot> group in groups) MoveSlot.CopyTogether(group, Transfer);
            if (_device is { IsMeta: false, IsCpu: false } device && groups.Count > 0) device.Synchronize();
        }
        catch
        {
            foreach (MoveSlot slot in groups.SelectMany(g => g))
            {
                slot.Result?.Storage.ReleaseNow();
                slot.Result = null;
            }
            throw;
        }
    }

    /// <summary>A copy with storage of its own.</summary>
    private Tensor Transfer(Tensor source, Device device, DType dtype)
    {
        if (device.IsMeta || (_empty && source.Device.IsMeta)) return Tensor.Empty(source.Shape, dtype, device);
        if (source.DType == dtype && ReferenceEquals(source.Device, device)) return source.Clone();
        return source.To(device, dtype);
    }

    /// <summary>Exchanges values and gradients: pointers only.</summary>
    private static void Commit(List<MoveSlot> group)
    {
        foreach (MoveSlot slot in group)
        {
            if (slot.IsGrad) continue;
            slot.Target.Adopt(slot.Result!, slot.Target.GradToMove);
        }
        foreach (MoveSlot slot in group)
        {
            if (!slot.IsGrad) continue;
            TensorScope.Escape(slot.Result!);
            ((Parameter)slot.Target).Grad = slot.Result;
        }
    }
}
