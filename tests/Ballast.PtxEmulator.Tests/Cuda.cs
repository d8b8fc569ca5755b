using System.Runtime.InteropServices;
using System.Text;

namespace Ballast.PtxEmulation.Tests;

/// <summary>Calls the emulator as a program calls the driver: through the exported functions.</summary>
internal static unsafe class Cuda
{
    private static readonly delegate* unmanaged<uint, int> _init = &Exports.Init;
    private static readonly delegate* unmanaged<nint*, int, int> _retain = &Exports.PrimaryCtxRetain;
    private static readonly delegate* unmanaged<int, int> _reset = &Exports.PrimaryCtxReset;
    private static readonly delegate* unmanaged<nint, int> _setCurrent = &Exports.CtxSetCurrent;
    private static readonly delegate* unmanaged<ulong*, nuint, int> _alloc = &Exports.MemAlloc;
    private static readonly delegate* unmanaged<ulong, int> _free = &Exports.MemFree;
    private static readonly delegate* unmanaged<nint*, nuint, uint, int> _hostAlloc = &Exports.MemHostAlloc;
    private static readonly delegate* unmanaged<nint, int> _freeHost = &Exports.MemFreeHost;
    private static readonly delegate* unmanaged<ulong, nint, nuint, nint, int> _toDevice = &Exports.MemcpyHtoDAsync;
    private static readonly delegate* unmanaged<nint, ulong, nuint, nint, int> _toHost = &Exports.MemcpyDtoHAsync;
    private static readonly delegate* unmanaged<nint*, byte*, uint, int*, nint*, int> _load = &LaunchExports.ModuleLoadDataEx;
    private static readonly delegate* unmanaged<nint*, nint, byte*, int> _function = &LaunchExports.ModuleGetFunction;
    private static readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, nint*, nint*,
        int> _launch = &LaunchExports.LaunchKernel;
    private static readonly delegate* unmanaged<nint*, uint, int> _stream = &LaunchExports.StreamCreate;
    private static readonly delegate* unmanaged<nint, int> _sync = &LaunchExports.StreamSynchronize;
    private static readonly delegate* unmanaged<nint, int> _query = &LaunchExports.StreamQuery;
    private static readonly delegate* unmanaged<nint, nint, uint, int> _waitEvent = &LaunchExports.StreamWaitEvent;
    private static readonly delegate* unmanaged<nint*, uint, int> _event = &LaunchExports.EventCreate;
    private static readonly delegate* unmanaged<nint, nint, int> _record = &LaunchExports.EventRecord;
    private static readonly delegate* unmanaged<nint, int> _eventSync = &LaunchExports.EventSynchronize;

    /// <summary>Ends what earlier tests left, faults included, and makes the context current.</summary>
    public static void Start()
    {
        Ok(_init(0));
        nint context;
        Ok(_reset(0));
        if (Driver.Devices[0].Retained == 0) Ok(_retain(&context, 0));
        Ok(_setCurrent(Driver.Devices[0].Context));
        Reports.Last = "";
    }

    public static void Ok(int code) => Assert.True(code == 0, $"{(CuResult)code}: {Reports.Last}");

    public static int SetCurrent(nint context) => _setCurrent(context);

    public static CuResult TryAlloc(long bytes, out ulong address)
    {
        ulong a = 0;
        CuResult result = (CuResult)_alloc(&a, (nuint)bytes);
        address = a;
        return result;
    }

    public static ulong Alloc(long bytes)
    {
        Assert.Equal(CuResult.Success, TryAlloc(bytes, out ulong address));
        return address;
    }

    public static CuResult Free(ulong address) => (CuResult)_free(address);

    public static nint Pinned(long bytes)
    {
        nint p;
        Ok(_hostAlloc(&p, (nuint)bytes, 0));
        return p;
    }

    public static CuResult FreePinned(nint p) => (CuResult)_freeHost(p);

    public static CuResult ToDevice(ulong target, nint source, long bytes, nint stream = 0) =>
        (CuResult)_toDevice(target, source, (nuint)bytes, stream);

    public static CuResult ToHost(nint target, ulong source, long bytes, nint stream = 0) =>
        (CuResult)_toHost(target, source, (nuint)bytes, stream);

    public static ulong Put<T>(params T[] values)
        where T : unmanaged
    {
        ulong address = Alloc(Math.Max(values.Length, 1) * sizeof(T));
        fixed (T* p = values) Assert.Equal(CuResult.Success, ToDevice(address, (nint)p, values.Length * sizeof(T)));
        Ok(_sync(0));
        return address;
    }

    public static T[] Get<T>(ulong address, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        fixed (T* p = values) Assert.True(ToHost((nint)p, address, count * sizeof(T)) is var r && r == CuResult.Success,
            $"{r}: {Reports.Last}");
        return values;
    }

    public static CuResult TryLoad(string ptx, out nint module, out string log)
    {
        byte[] text = Encoding.UTF8.GetBytes(ptx + "\0");
        byte[] errors = new byte[4096];
        nint m = 0;
        fixed (byte* t = text, e = errors)
        {
            int* options = stackalloc int[] { 5, 6 };
            nint* values = stackalloc nint[] { (nint)e, errors.Length };
            CuResult result = (CuResult)_load(&m, t, 2, options, values);
            module = m;
            log = Marshal.PtrToStringUTF8((nint)e)!;
            return result;
        }
    }

    public static nint Function(nint module, string name)
    {
        nint f;
        fixed (byte* n = Encoding.UTF8.GetBytes(name + "\0")) Ok(_function(&f, module, n));
        return f;
    }

    /// <summary>Loads a text and gives its kernel.</summary>
    public static nint Kernel(string ptx, string name = "k")
    {
        CuResult result = TryLoad(ptx, out nint module, out string log);
        Assert.True(result == CuResult.Success, $"{result}: {log}");
        return Function(module, name);
    }

    /// <summary>A kernel "k" of some 64-bit parameters p0, p1, … with a body.</summary>
    public static string Ptx(int parameters, string body, string before = "", int target = 80) => $$"""
        .version 7.0
        .target sm_{{target}}
        .address_size 64
        {{before}}
        .visible .entry k({{string.Join(", ", Enumerable.Range(0, parameters).Select(n => $".param .u64 p{n}"))}})
        {
        .reg .pred %p<20>; .reg .b16 %rs<20>; .reg .b32 %r<40>; .reg .f32 %f<40>; .reg .b64 %rd<40>; .reg .f64 %fd<20>;
        {{body}}
        ret;
        }
        """;

    public static CuResult Launch(nint function, uint grid, uint block, params ulong[] arguments) =>
        LaunchOn(0, function, (grid, 1, 1), (block, 1, 1), arguments);

    public static CuResult LaunchOn(nint stream, nint function, (uint X, uint Y, uint Z) grid, (uint X, uint Y, uint Z) block,
        params ulong[] arguments)
    {
        nint* places = stackalloc nint[arguments.Length + 1];
        fixed (ulong* a = arguments)
        {
            for (int n = 0; n < arguments.Length; n++) places[n] = (nint)(a + n);
            return (CuResult)_launch(function, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, 0, stream, places, null);
        }
    }

    /// <summary>Launches and waits; the fault if there was one.</summary>
    public static CuResult Run(nint function, uint grid, uint block, params ulong[] arguments)
    {
        CuResult launched = Launch(function, grid, block, arguments);
        return launched == CuResult.Success ? Sync() : launched;
    }

    public static CuResult Sync(nint stream = 0) => (CuResult)_sync(stream);

    public static CuResult Query(nint stream) => (CuResult)_query(stream);

    public static nint Stream(uint flags = 1)
    {
        nint s;
        Ok(_stream(&s, flags));
        return s;
    }

    public static nint Event()
    {
        nint e;
        Ok(_event(&e, 2));
        return e;
    }

    public static void Record(nint e, nint stream) => Ok(_record(e, stream));

    public static void WaitEvent(nint stream, nint e) => Ok(_waitEvent(stream, e, 0));

    public static CuResult SyncEvent(nint e) => (CuResult)_eventSync(e);
}

/// <summary>Tests share the one driver, so they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class DriverCollection
{
    public const string Name = "driver";
}
