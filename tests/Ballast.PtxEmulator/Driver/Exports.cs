using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>The driver's functions: start, devices, contexts, memory. Signatures are those of cuda.h.</summary>
internal static unsafe class Exports
{
    private const int Version = 11080;

    [UnmanagedCallersOnly(EntryPoint = "cuInit")]
    public static int Init(uint flags) => (int)Driver.Always(() => flags != 0 ? CuResult.InvalidValue
        : Driver.Devices.Length == 0 ? CuResult.NoDevice : Driver.Start());

    [UnmanagedCallersOnly(EntryPoint = "cuDriverGetVersion")]
    public static int DriverGetVersion(int* version) => (int)Driver.Always(() => Set(version, Version));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetCount")]
    public static int DeviceGetCount(int* count) => (int)Driver.Started(() => Set(count, Driver.Devices.Length));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGet")]
    public static int DeviceGet(int* device, int ordinal) => (int)Driver.Started(() => (uint)ordinal >= (uint)Driver.Devices.Length
        ? CuResult.InvalidDevice : Set(device, ordinal));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetName")]
    public static int DeviceGetName(byte* name, int length, int device) => (int)OfDevice(device, d =>
    {
        if (name == null || length <= 0) return CuResult.InvalidValue;
        Reports.Copy("PTX emulator (not a GPU)", name, length);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceTotalMem_v2")]
    public static int DeviceTotalMem(nuint* bytes, int device) => (int)OfDevice(device, d => Set(bytes, (nuint)Settings.MemoryBytes));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetAttribute")]
    public static int DeviceGetAttribute(int* value, int attribute, int device) => (int)OfDevice(device, d => attribute switch
    {
        1 or 2 or 3 => Set(value, 1024),
        4 => Set(value, 64),
        5 => Set(value, int.MaxValue),
        6 or 7 => Set(value, 65535),
        8 or 97 => Set(value, 48 * 1024),
        9 => Set(value, 65536),
        10 => Set(value, 32),
        12 or 82 => Set(value, 65536),
        13 or 36 => Set(value, 1),
        14 => Set(value, 512),
        15 or 19 or 31 or 41 => Set(value, 1),
        16 => Set(value, Settings.Workers),
        17 or 18 or 20 or 32 or 34 or 50 or 83 => Set(value, 0),
        33 => Set(value, device),
        37 => Set(value, 64),
        38 => Set(value, 1 << 20),
        39 => Set(value, 2048),
        40 => Set(value, 1),
        75 => Set(value, Settings.Capability / 10),
        76 => Set(value, Settings.Capability % 10),
        81 => Set(value, 64 * 1024),
        _ => Reports.Fail(CuResult.InvalidValue, $"cuDeviceGetAttribute: attribute {attribute} is not known to the emulator."),
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static int PrimaryCtxRetain(nint* context, int device) => (int)OfDevice(device, d =>
    {
        CuResult result = Driver.Retain(d);
        return result == CuResult.Success ? Set(context, d.Context) : result;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static int PrimaryCtxRelease(int device) => (int)OfDevice(device, Driver.Release);

    [UnmanagedCallersOnly(EntryPoint = "cuDevicePrimaryCtxReset_v2")]
    public static int PrimaryCtxReset(int device) => (int)OfDevice(device, d =>
    {
        if (d.Retained == 0) return CuResult.Success;
        int retained = d.Retained;
        d.Retained = 1;
        Driver.Release(d);
        Driver.Retain(d);
        d.Retained = retained;
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCurrent")]
    public static int CtxSetCurrent(nint context) => (int)Driver.Started(() =>
    {
        if (context != 0 && Driver.DeviceOf(context) is null) return Reports.Fail(CuResult.InvalidContext,
            "cuCtxSetCurrent: there is no such context.");
        Driver.Current = context;
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCurrent")]
    public static int CtxGetCurrent(nint* context) => (int)Driver.Started(() => Set(context, Driver.Current));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetDevice")]
    public static int CtxGetDevice(int* device) => (int)Driver.InContext("cuCtxGetDevice", d => Set(device, d.Ordinal));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSynchronize")]
    public static int CtxSynchronize() => (int)Driver.InContext("cuCtxSynchronize", d =>
    {
        Driver.RunAll(d);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemAlloc_v2")]
    public static int MemAlloc(ulong* pointer, nuint bytes) => (int)Driver.InContext("cuMemAlloc", d =>
    {
        if (pointer == null || bytes == 0) return Reports.Fail(CuResult.InvalidValue, "cuMemAlloc: no bytes were asked for.");
        Allocation? a = bytes > (nuint)Settings.MemoryBytes ? null : d.Allocate((long)bytes);
        return a is null ? CuResult.OutOfMemory : Set(pointer, a.Start);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemFree_v2")]
    public static int MemFree(ulong pointer) => (int)Driver.InContext("cuMemFree", d =>
    {
        if (pointer == 0) return CuResult.Success;
        Driver.RunAll(d);
        return d.Free(pointer) ? CuResult.Success : Reports.Fail(CuResult.InvalidValue,
            $"cuMemFree: 0x{pointer:x} is not the start of a block{(d.IsFreed(pointer) ? ": it was freed before" : "")}.");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemGetInfo_v2")]
    public static int MemGetInfo(nuint* free, nuint* total) => (int)Driver.InContext("cuMemGetInfo", d =>
    {
        Set(free, (nuint)(Settings.MemoryBytes - d.Used));
        return Set(total, (nuint)Settings.MemoryBytes);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostAlloc")]
    public static int MemHostAlloc(nint* pointer, nuint bytes, uint flags) => (int)Driver.InContext("cuMemHostAlloc", d =>
        pointer == null || bytes == 0 || flags > 7
            ? Reports.Fail(CuResult.InvalidValue, "cuMemHostAlloc: no bytes, or flags that are not known.")
            : Set(pointer, Driver.AllocatePinned((long)bytes, d.Ordinal)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFreeHost")]
    public static int MemFreeHost(nint pointer) => (int)Driver.InContext("cuMemFreeHost", d =>
    {
        Driver.RunAll(d);
        return Driver.FreePinned(pointer) ? CuResult.Success
            : Reports.Fail(CuResult.InvalidValue, $"cuMemFreeHost: 0x{pointer:x} was not given by cuMemHostAlloc.");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static int MemcpyHtoDAsync(ulong target, nint source, nuint bytes, nint stream) =>
        (int)Queue("cuMemcpyHtoDAsync", stream, (d, s) => HtoD(d, s, target, source, (long)bytes));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoHAsync_v2")]
    public static int MemcpyDtoHAsync(nint target, ulong source, nuint bytes, nint stream) =>
        (int)Queue("cuMemcpyDtoHAsync", stream, (d, s) => DtoH(d, s, target, source, (long)bytes));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyHtoD_v2")]
    public static int MemcpyHtoD(ulong target, nint source, nuint bytes) => (int)Queue("cuMemcpyHtoD", 0, (d, s) =>
    {
        CuResult result = HtoD(d, s, target, source, (long)bytes);
        s.RunAll();
        return result;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoH_v2")]
    public static int MemcpyDtoH(nint target, ulong source, nuint bytes) => (int)Queue("cuMemcpyDtoH", 0, (d, s) =>
    {
        CuResult result = DtoH(d, s, target, source, (long)bytes);
        s.RunAll();
        return result;
    });

    // Pinned memory is read when the queue comes to it; other memory is taken at once, as the driver stages it.
    private static CuResult HtoD(EmulatedDevice d, CommandStream s, ulong target, nint source, long bytes)
    {
        CuResult check = Driver.CheckRange(d, target, bytes, "cuMemcpyHtoDAsync");
        if (check != CuResult.Success || bytes == 0) return check;
        if (Driver.IsPinned(source, bytes))
        {
            s.Add(() => NativeMemory.Copy((void*)source, Driver.Range(d, target, bytes, true, "cuMemcpyHtoDAsync"), (nuint)bytes));
            return CuResult.Success;
        }
        byte[] staged = new ReadOnlySpan<byte>((void*)source, checked((int)bytes)).ToArray();
        s.Add(() => staged.CopyTo(new Span<byte>(Driver.Range(d, target, bytes, true, "cuMemcpyHtoDAsync"), staged.Length)));
        return CuResult.Success;
    }

    // To memory that is not pinned the driver waits.
    private static CuResult DtoH(EmulatedDevice d, CommandStream s, nint target, ulong source, long bytes)
    {
        CuResult check = Driver.CheckRange(d, source, bytes, "cuMemcpyDtoHAsync");
        if (check != CuResult.Success || bytes == 0) return check;
        s.Add(() => NativeMemory.Copy(Driver.Range(d, source, bytes, false, "cuMemcpyDtoHAsync"), (void*)target, (nuint)bytes));
        if (!Driver.IsPinned(target, bytes)) s.RunAll();
        return CuResult.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyDtoDAsync_v2")]
    public static int MemcpyDtoDAsync(ulong target, ulong source, nuint bytes, nint stream) =>
        (int)Queue("cuMemcpyDtoDAsync", stream, (d, s) =>
        DtoD(s, d, target, d, source, (long)bytes, "cuMemcpyDtoDAsync"));

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyPeerAsync")]
    public static int MemcpyPeerAsync(ulong target, nint targetContext, ulong source, nint sourceContext, nuint bytes, nint stream) =>
        (int)Queue("cuMemcpyPeerAsync", stream, (d, s) =>
            Driver.DeviceOf(targetContext) is { } to && Driver.DeviceOf(sourceContext) is { } from
                ? DtoD(s, to, target, from, source, (long)bytes, "cuMemcpyPeerAsync")
                : Reports.Fail(CuResult.InvalidContext, "cuMemcpyPeerAsync: there is no such context."));

    private static CuResult DtoD(CommandStream s, EmulatedDevice to, ulong target, EmulatedDevice from, ulong source, long bytes,
        string name)
    {
        CuResult check = Driver.CheckRange(to, target, bytes, name);
        if (check == CuResult.Success) check = Driver.CheckRange(from, source, bytes, name);
        if (check != CuResult.Success || bytes == 0) return check;
        if (to == from && target < source + (ulong)bytes && source < target + (ulong)bytes)
            return Reports.Fail(CuResult.InvalidValue, $"{name}: the ranges overlap; the result is unspecified.");
        s.Add(() => NativeMemory.Copy(Driver.Range(from, source, bytes, false, name), Driver.Range(to, target, bytes, true, name),
            (nuint)bytes));
        return CuResult.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD8Async")]
    public static int MemsetD8Async(ulong target, byte value, nuint count, nint stream) =>
        (int)Queue("cuMemsetD8Async", stream, (d, s) => Fill(d, s, target, value, count));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD16Async")]
    public static int MemsetD16Async(ulong target, ushort value, nuint count, nint stream) =>
        (int)Queue("cuMemsetD16Async", stream, (d, s) => Fill(d, s, target, value, count));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD32Async")]
    public static int MemsetD32Async(ulong target, uint value, nuint count, nint stream) =>
        (int)Queue("cuMemsetD32Async", stream, (d, s) => Fill(d, s, target, value, count));

    private static CuResult Fill<T>(EmulatedDevice d, CommandStream s, ulong target, T value, nuint count)
        where T : unmanaged
    {
        long bytes = (long)count * sizeof(T);
        if (target % (ulong)sizeof(T) != 0) return Reports.Fail(CuResult.InvalidValue,
            $"a fill of {sizeof(T)} byte words at 0x{target:x} is not aligned.");
        CuResult check = Driver.CheckRange(d, target, bytes, "cuMemset");
        if (check != CuResult.Success || bytes == 0) return check;
        s.Add(() =>
        {
            T* place = (T*)Driver.Range(d, target, bytes, true, "cuMemset");
            for (nuint n = 0; n < count; n++) place[n] = value;
        });
        return CuResult.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorName")]
    public static int GetErrorName(int code, nint* text) => CuResultText.TryGet(code, out nint name, out _)
        ? (int)Set(text, name) : (int)CuResult.InvalidValue;

    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorString")]
    public static int GetErrorString(int code, nint* text) => CuResultText.TryGet(code, out _, out nint message)
        ? (int)Set(text, message) : (int)CuResult.InvalidValue;

    /// <summary>Not of the driver: the last report as UTF-8; gives its length.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ballastEmulatorReport")]
    public static int Report(byte* buffer, int size) => Reports.Copy(Reports.Last, buffer, size);

    /// <summary>Not of the driver: launches and warp instructions so far.</summary>
    [UnmanagedCallersOnly(EntryPoint = "ballastEmulatorCounts")]
    public static void Counts(long* launches, long* instructions)
    {
        *launches = Driver.Launches;
        *instructions = Interlocked.Read(ref Launch.TotalInstructions);
    }

    internal static CuResult Set<T>(T* target, T value)
        where T : unmanaged
    {
        if (target == null) return CuResult.InvalidValue;
        *target = value;
        return CuResult.Success;
    }

    private static CuResult OfDevice(int device, Func<EmulatedDevice, CuResult> call) => Driver.Started(() =>
        (uint)device >= (uint)Driver.Devices.Length ? CuResult.InvalidDevice : call(Driver.Devices[device]));

    internal static CuResult Queue(string name, nint stream, Func<EmulatedDevice, CommandStream, CuResult> call) =>
        Driver.InContext(name, d =>
        Driver.StreamOf(d, stream) is { } s ? call(d, s)
            : Reports.Fail(CuResult.InvalidHandle, $"{name}: there is no such stream in the current context."));
}
