using System.Runtime.InteropServices;

namespace Ballast;

/// <summary>One tensor on its way: the value of a handle, or its gradient.</summary>
internal sealed record MoveSlot(string Path, Variable Target, Tensor Source, bool IsGrad, Device Device, DType DType)
{
    /// <summary>What it becomes.</summary>
    public Tensor? Result { get; set; }

    /// <summary>A mark for whoever made the slot.</summary>
    public bool Keeps { get; init; }

    public bool Stays => DType == Source.DType && ReferenceEquals(Device, Source.Device);

    /// <summary>Slots that share memory stand together, in the order of their first; all others alone.</summary>
    public static IEnumerable<List<MoveSlot>> Group(List<MoveSlot> slots)
    {
        var groups = new List<List<MoveSlot>>();
        var byStorage = new Dictionary<Storage, List<MoveSlot>>(ReferenceEqualityComparer.Instance);
        foreach (MoveSlot slot in slots)
        {
            ref List<MoveSlot>? group = ref CollectionsMarshal.GetValueRefOrAddDefault(byStorage, slot.Source.Storage, out _);
            if (group is null) groups.Add(group = []);
            group.Add(slot);
        }
        return groups;
    }

    /// <summary>Splits slots over one storage into runs whose elements interleave; each run is one copy, and views stay views of
    /// it.</summary>
    private static List<List<MoveSlot>> Runs(List<MoveSlot> group)
    {
        var runs = new List<List<MoveSlot>>();
        long end = -1;
        foreach (MoveSlot slot in group.OrderBy(s => s.Source.Layout.Bounds().Low))
        {
            (long low, long high) = slot.Source.Layout.Bounds();
            if (slot.Source.Elements == 0 || runs.Count == 0 || low > end) runs.Add([]);
            runs[^1].Add(slot);
            end = Math.Max(end, high);
        }
        return runs;
    }

    /// <summary>Copies what shares a storage: each run of elements once, with the views rebuilt over the copy.</summary>
    /// <param name="group">Slots over one storage.</param>
    /// <param name="transfer">Makes a dense copy on a device in a dtype.</param>
    public static List<MoveSlot> CopyTogether(List<MoveSlot> group, Func<Tensor, Device, DType, Tensor> transfer)
    {
        if (group.Count == 1)
        {
            group[0].Result = transfer(group[0].Source.Detach(), group[0].Device, group[0].DType);
            return group;
        }
        foreach (List<MoveSlot> run in Runs(group)) CopyRun(run, transfer);
        return group;
    }

    private static void CopyRun(List<MoveSlot> run, Func<Tensor, Device, DType, Tensor> transfer)
    {
        MoveSlot first = run[0];
        if (run.Count == 1)
        {
            first.Result = transfer(first.Source.Detach(), first.Device, first.DType);
            return;
        }
        foreach (MoveSlot other in run)
        {
            if (other.DType != first.DType)
                throw new DTypeException(
                    $"{first.Path} and {other.Path} share memory, and a cast would make one {first.DType.Name} and the other "
                    + $"{other.DType.Name}, "
                    + "which no memory can be.\n  fix    give both one dtype policy, or one of them memory of its own: "
                        + "new Buffer(value.Clone()).");
        }
        long low = long.MaxValue, high = long.MinValue;
        foreach (MoveSlot slot in run)
        {
            (long slotLow, long slotHigh) = slot.Source.Layout.Bounds();
            low = Math.Min(low, slotLow);
            high = Math.Max(high, slotHigh);
        }
        long length = high - low + 1;
        if (length > int.MaxValue)
            throw new InvalidOperationException(
                $"{first.Path} and {run[1].Path} are views of {length:N0} elements; views of more than {int.MaxValue:N0} cannot be "
                + "moved together.");
        Tensor whole = transfer(first.Source.Alias(new Layout([(int)length], [1L], low)), first.Device, first.DType);
        foreach (MoveSlot slot in run)
        {
            Layout layout = slot.Source.Layout;
            slot.Result = whole.Alias(new Layout(layout.Shape, layout.StrideArray, layout.Offset - low + whole.Layout.Offset));
        }
    }
}
