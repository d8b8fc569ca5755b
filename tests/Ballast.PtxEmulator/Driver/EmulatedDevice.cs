using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>A block of device memory. Addresses are never given twice, so a freed block is found out; the host's place is
/// elsewhere.</summary>
internal sealed unsafe class Allocation(ulong start, long bytes, bool readOnly)
{
    private const long MostPoison = 64 << 20;

    public ulong Start { get; } = start;

    public long Bytes { get; } = bytes;

    public bool ReadOnly { get; } = readOnly;

    public byte* Host { get; private set; }

    public byte* Shadow { get; private set; }

    public static Allocation Create(ulong start, long bytes, bool readOnly)
    {
        Allocation a = new(start, bytes, readOnly) { Host = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 512) };
        // Fresh memory holds NaN, not the zeros that hide a missing write.
        NativeMemory.Fill(a.Host, (nuint)Math.Min(bytes, MostPoison), 0xff);
        if (Settings.WatchUninitialised)
        {
            a.Shadow = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            NativeMemory.Fill(a.Shadow, (nuint)bytes, readOnly ? (byte)1 : (byte)0);
        }
        return a;
    }

    public void Release()
    {
        NativeMemory.AlignedFree(Host);
        if (Shadow != null) NativeMemory.AlignedFree(Shadow);
        Host = null;
        Shadow = null;
    }
}

/// <summary>A device with its primary context: memory, streams, the fault that sticks.</summary>
internal sealed unsafe class EmulatedDevice(int ordinal)
{
    private const int Granularity = 512, FreedKept = 256;

    private readonly SortedList<ulong, Allocation> _allocations = [];
    private readonly List<(ulong, ulong)> _freed = [];
    private AllocationTable? _table;
    private ulong _next = 0x0000_0700_0000_0000 + ((ulong)ordinal << 40);

    public int Ordinal { get; } = ordinal;

    public int Retained { get; set; }

    public nint Context { get; set; }

    public long Used { get; private set; }

    /// <summary>The fault that every further call gives until the context goes.</summary>
    public CuResult Fault { get; set; }

    public List<CommandStream> Streams { get; } = [];

    public CommandStream Legacy { get; set; } = null!;

    /// <summary>The blocks for a launch.</summary>
    public AllocationTable Table => _table ??= new()
    {
        Starts = [.. _allocations.Values.Select(a => a.Start)],
        Lengths = [.. _allocations.Values.Select(a => (ulong)a.Bytes)],
        Hosts = [.. _allocations.Values.Select(a => (nint)a.Host)],
        Shadows = [.. _allocations.Values.Select(a => (nint)a.Shadow)],
        ReadOnly = [.. _allocations.Values.Select(a => a.ReadOnly)],
        Freed = [.. _freed],
    };

    /// <summary>A new block, or null when the device is full.</summary>
    public Allocation? Allocate(long bytes, bool readOnly = false)
    {
        long rounded = (bytes + Granularity - 1) / Granularity * Granularity;
        if (rounded > Settings.MemoryBytes - Used) return null;
        Allocation a = Allocation.Create(_next, bytes, readOnly);
        _next += (ulong)rounded + Granularity;
        _allocations.Add(a.Start, a);
        Used += rounded;
        _table = null;
        return a;
    }

    public bool Free(ulong address)
    {
        if (!_allocations.Remove(address, out Allocation? a)) return false;
        Used -= (a.Bytes + Granularity - 1) / Granularity * Granularity;
        _freed.Add((a.Start, (ulong)a.Bytes));
        if (_freed.Count > FreedKept) _freed.RemoveAt(0);
        a.Release();
        _table = null;
        return true;
    }

    public bool IsFreed(ulong address) => _freed.Exists(f => f.Item1 == address);

    /// <summary>The host's place of a range of device memory, or null where it is not inside one block.</summary>
    public byte* Place(ulong address, long bytes, bool write)
    {
        AllocationTable t = Table;
        int at = t.Find(address, -1);
        if (at < 0 || address - t.Starts[at] + (ulong)bytes > t.Lengths[at] || (write && t.ReadOnly[at])) return null;
        if (write && t.Shadows[at] != 0) NativeMemory.Fill((byte*)t.Shadows[at] + (address - t.Starts[at]), (nuint)bytes, 1);
        return (byte*)t.Hosts[at] + (address - t.Starts[at]);
    }

    public string Describe(ulong address) => Table.Describe(address);

    /// <summary>Ends the context: all memory goes, and with it the fault.</summary>
    public void Clear()
    {
        foreach (Allocation a in _allocations.Values) a.Release();
        _allocations.Clear();
        Streams.Clear();
        Used = 0;
        Fault = CuResult.Success;
        _table = null;
    }
}
