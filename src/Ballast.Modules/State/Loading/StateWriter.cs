namespace Ballast;

/// <summary>Writes what was checked: first all that takes memory or can be refused, then values into place.</summary>
internal sealed class StateWriter(LoadPolicy policy)
{
    private readonly List<Job> _writes = [];
    private readonly List<(string Path, IExtraState Module, byte[] Bytes)> _extras = [];
    private readonly HashSet<Storage> _taken = new(ReferenceEqualityComparer.Instance);

    private readonly record struct Job(string Path, Variable Target, Tensor Value, bool Slice);

    public void Add(string path, Variable target, Tensor value, bool slice) => _writes.Add(new Job(path, target, value, slice));

    public void Add(string path, IExtraState module, Tensor value) => _extras.Add((path, module, value.To(Device.Cpu).ToArray<byte>()));

    public void Write(StateTree tree)
    {
        var commits = new List<Action>(_writes.Count);
        Device? landed = null;
        foreach (Job write in _writes)
        {
            if (write.Target.Device.IsMeta)
            {
                Tensor value = Fresh(write);
                landed ??= value.Device;
                commits.Add(() => write.Target.Adopt(value, null));
            }
            else
            {
                // Casts take memory, so they are done before the first value is written; the write itself takes none.
                Tensor value = write.Value.To(write.Target.DType);
                if (!ReferenceEquals(value.Device, write.Target.Device)) value = Reachable(value, write.Target.Current);
                commits.Add(() => Put(write with { Value = value }));
            }
        }
        SetExtras();
        foreach (Action commit in commits) commit();
        // A module that was built on meta is now where the values are; what it derives is computed there.
        if (landed is null) return;
        foreach (StateEntry entry in tree.Distinct())
            if (entry.Variable is Buffer { IsDerived: true } derived && derived.Device.IsMeta) derived.Relocate(landed, null, false);
    }

    /// <summary>A value for what has no memory yet: the given tensor itself if it may be taken over, else a copy.</summary>
    private Tensor Fresh(Job write)
    {
        Tensor value = write.Value;
        if (write.Slice)
            throw new MetaTensorException(
                $"{write.Path} is on meta, so there are no values beside the common part of {write.Target.Shape} and {value.Shape}; "
                + "Materialize the module first.");
        Device device = policy.Device ?? value.Device;
        Tensor fresh = value.To(device, write.Target.DType).Contiguous();
        bool own = !ReferenceEquals(fresh.Storage, value.Storage);
        // Two paths of one tensor are tied only if the module ties them.
        if (!own && (!policy.TakeOver || !_taken.Add(fresh.Storage) || fresh.Storage.Bytes != fresh.Bytes)) fresh = fresh.Clone();
        return fresh;
    }

    /// <summary>A value on another device, in a form that can be copied without taking memory there.</summary>
    private static Tensor Reachable(Tensor value, Tensor target)
    {
        bool direct = target.IsContiguous && (value.Storage.IsHost || target.Storage.IsHost);
        return direct ? value.Contiguous() : value.To(target.Device);
    }

    private static unsafe void Put(Job write)
    {
        Tensor target = write.Target.Current, value = write.Value;
        if (write.Slice)
        {
            for (int axis = 0; axis < value.Rank; axis++)
            {
                int common = Math.Min(value.Shape[axis], target.Shape[axis]);
                (value, target) = (value.Narrow(axis, 0, common), target.Narrow(axis, 0, common));
            }
        }
        if (ReferenceEquals(value.Device, target.Device) || write.Slice)
        {
            target.Detach().CopyFrom(value);
            return;
        }
        long offset = target.Layout.Offset * target.DType.SizeBytes;
        target.Storage.BeforeWrite();
        const int chunk = 1 << 30;
        for (long at = 0; at < value.Bytes; at += chunk)
        {
            int bytes = (int)Math.Min(chunk, value.Bytes - at);
            if (value.Storage.IsHost)
                target.Device.Runtime.CopyFromHost(target.Storage.Handle, offset + at,
                    new ReadOnlySpan<byte>((byte*)value.Pointer + at, bytes));
            else
                value.Device.Runtime.CopyToHost(
                    new Span<byte>((byte*)target.Pointer + at, bytes), value.Storage.Handle,
                        value.Layout.Offset * value.DType.SizeBytes + at);
        }
        target.Storage.Touch("load");
        GC.KeepAlive(value);
    }

    /// <summary>Extra state is set by code of the modules, which may refuse it: those before get their own back.</summary>
    private void SetExtras()
    {
        var before = new List<byte[]>();
        for (int i = 0; i < _extras.Count; i++)
        {
            (string path, IExtraState module, byte[] bytes) = _extras[i];
            before.Add(module.GetExtraState());
            try
            {
                module.SetExtraState(bytes);
            }
            catch (Exception e)
            {
                for (int j = i; j >= 0; j--) _extras[j].Module.SetExtraState(before[j]);
                throw new BallastException(
                    $"{path}: {module.GetType().Name} refused its extra state of {bytes.Length} bytes, and nothing was loaded: "
                    + $"{e.Message}", e);
            }
        }
    }
}
