using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>The state behind the exported functions: one lock, handles that are never given twice, the current context of each
/// thread.</summary>
internal static unsafe class Driver
{
    public const int LegacyStream = 1;

    private static readonly Lock _gate = new();
    private static readonly Dictionary<nint, object> _handles = [];
    private static readonly SortedList<ulong, (long Bytes, int Device)> _pinned = [];
    private static nint _lastHandle = 0x5000;
    private static bool _started;

    [ThreadStatic]
    private static nint _current;

    public static EmulatedDevice[] Devices { get; } = [.. Enumerable.Range(0, Settings.Devices).Select(n => new EmulatedDevice(n))];

    /// <summary>Launches since the library was loaded.</summary>
    public static long Launches { get; set; }

    /// <summary>Runs a call that needs neither initialisation nor context.</summary>
    public static CuResult Always(Func<CuResult> call)
    {
        lock (_gate)
        {
            try
            {
                return call();
            }
            catch (KernelFault fault)
            {
                return Reports.Fail(fault.Code, fault.Message);
            }
            catch (Exception e)
            {
                return Reports.Fail(CuResult.Unknown, e.ToString());
            }
        }
    }

    /// <summary>Runs a call after cuInit.</summary>
    public static CuResult Started(Func<CuResult> call) => Always(() => _started ? call()
        : Reports.Fail(CuResult.NotInitialized, "cuInit was not called."));

    /// <summary>Runs a call in the thread's current context; a fault sticks.</summary>
    public static CuResult InContext(string name, Func<EmulatedDevice, CuResult> call) => Started(() =>
    {
        EmulatedDevice? device = DeviceOf(_current);
        if (device is null) return Reports.Fail(CuResult.InvalidContext, $"{name}: no context is current on this thread.");
        if (device.Fault != CuResult.Success) return device.Fault;
        CuResult result = call(device);
        return result is CuResult.Success or CuResult.NotReady && device.Fault != CuResult.Success ? device.Fault : result;
    });

    public static CuResult Start()
    {
        _started = true;
        return CuResult.Success;
    }

    public static nint Current
    {
        get => _current;
        set => _current = value;
    }

    public static EmulatedDevice? DeviceOf(nint context)
    {
        foreach (EmulatedDevice d in Devices)
        {
            if (d.Context == context && d.Retained > 0) return d;
        }
        return null;
    }

    public static nint Register(object thing)
    {
        _lastHandle += 16;
        _handles.Add(_lastHandle, thing);
        return _lastHandle;
    }

    public static void Remove(nint handle) => _handles.Remove(handle);

    public static T? Find<T>(nint handle)
        where T : class => _handles.GetValueOrDefault(handle) as T;

    /// <summary>The stream of a handle in a context; null for one that is not its.</summary>
    public static CommandStream? StreamOf(EmulatedDevice device, nint handle)
    {
        if (handle is 0 or LegacyStream) return device.Legacy;
        return Find<CommandStream>(handle) is { } s && s.Device == device && !s.IsDestroyed ? s : null;
    }

    public static CuResult Retain(EmulatedDevice device)
    {
        if (device.Retained++ > 0) return CuResult.Success;
        device.Context = Register(device);
        device.Legacy = new CommandStream(device, true);
        device.Streams.Add(device.Legacy);
        return CuResult.Success;
    }

    public static CuResult Release(EmulatedDevice device)
    {
        if (device.Retained == 0) return Reports.Fail(CuResult.InvalidContext,
            "the primary context is released more often than it was retained.");
        if (--device.Retained > 0) return CuResult.Success;
        RunAll(device);
        foreach (nint handle in _handles.Where(h => Owner(h.Value) == device).Select(h => h.Key).ToArray())
        {
            if (_handles.Remove(handle, out object? thing) && thing is EmulatedModule m) m.Release();
        }
        device.Clear();
        device.Context = 0;
        return CuResult.Success;
    }

    private static EmulatedDevice? Owner(object thing) => thing switch
    {
        EmulatedDevice d => d,
        CommandStream s => s.Device,
        CommandEvent e => e.Device,
        EmulatedModule m => m.Device,
        EmulatedFunction f => f.Module.Device,
        _ => null,
    };

    /// <summary>Runs every queue of a device.</summary>
    public static void RunAll(EmulatedDevice device)
    {
        foreach (CommandStream s in device.Streams) s.RunAll();
    }

    public static nint AllocatePinned(long bytes, int device)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        NativeMemory.Fill(memory, (nuint)bytes, 0xff);
        _pinned.Add((ulong)memory, (bytes, device));
        return (nint)memory;
    }

    public static bool FreePinned(nint memory)
    {
        if (!_pinned.Remove((ulong)memory)) return false;
        NativeMemory.AlignedFree((void*)memory);
        return true;
    }

    /// <summary>True if a range of the host's memory was given by cuMemHostAlloc.</summary>
    public static bool IsPinned(nint memory, long bytes)
    {
        foreach ((ulong start, (long length, int _)) in _pinned)
        {
            if ((ulong)memory >= start && (ulong)memory + (ulong)bytes <= start + (ulong)length) return true;
        }
        return false;
    }

    /// <summary>A range of device memory for a command that runs now.</summary>
    public static byte* Range(EmulatedDevice device, ulong address, long bytes, bool write, string name)
    {
        byte* place = device.Place(address, bytes, write);
        if (place != null) return place;
        throw new KernelFault(CuResult.IllegalAddress,
            $"{name}: {bytes} bytes at 0x{address:x} are not inside a block of device {device.Ordinal}: "
            + $"{device.Describe(address)}.");
    }

    /// <summary>Checks a range when the call is made, as the driver does.</summary>
    public static CuResult CheckRange(EmulatedDevice device, ulong address, long bytes, string name)
    {
        if (bytes == 0 || device.Place(address, bytes, false) != null) return CuResult.Success;
        return Reports.Fail(CuResult.InvalidValue,
            $"{name}: {bytes} bytes at 0x{address:x} are not inside a block of device {device.Ordinal}: "
            + $"{device.Describe(address)}.");
    }
}
