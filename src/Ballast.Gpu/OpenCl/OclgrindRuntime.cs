using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>
/// Oclgrind, which runs kernels item by item and reports races, accesses out of bounds and values that nobody wrote. Its record of what
/// was written (version 21.10) has the size of the host's last write to a block, so every command of the host here writes whole blocks.
/// </summary>
internal sealed unsafe class OclgrindRuntime(Device device, ClDevice cl) : OpenClRuntime(device, cl)
{
    private readonly ConcurrentDictionary<nint, long> _sizes = new();
    private readonly Lock _gate = new();

    /// <summary>True for a device of Oclgrind's driver.</summary>
    public static bool Is(ClDevice cl) => cl.Name.StartsWith("Oclgrind", StringComparison.Ordinal);

    public override nint Allocate(long bytes)
    {
        nint handle = base.Allocate(bytes);
        if (handle != 0) _sizes[handle] = bytes;
        return handle;
    }

    public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        if (source.Length == 0) return;
        CountToDevice(source.Length);
        Patch(handle, offsetBytes, source);
    }

    public override void FillPattern(nint target, long offsetBytes, long bytes, long pattern, int patternBytes)
    {
        if (bytes == 0) return;
        CountMove();
        var values = new byte[bytes];
        ReadOnlySpan<byte> one = new(&pattern, patternBytes);
        for (int at = 0; at < values.Length; at += patternBytes) one.CopyTo(values.AsSpan(at));
        Patch(target, offsetBytes, values);
    }

    public override void CopyBytes(nint source, long fromBytes, nint target, long toBytes, long bytes)
    {
        if (bytes == 0) return;
        CountMove();
        var values = new byte[bytes];
        fixed (byte* p = values) Read(source, fromBytes, p, bytes);
        Patch(target, toBytes, values);
    }

    private void Patch(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            var whole = new byte[_sizes[handle]];
            fixed (byte* p = whole)
            {
                if (source.Length < whole.Length) Read(handle, 0, p, whole.Length);
                source.CopyTo(whole.AsSpan((int)offsetBytes));
                Write(handle, 0, p, whole.Length);
            }
        }
    }
}
