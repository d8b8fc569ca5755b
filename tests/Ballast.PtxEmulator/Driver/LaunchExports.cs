using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Ballast.PtxEmulation;

/// <summary>The driver's functions: modules, launches, streams, events.</summary>
internal static unsafe class LaunchExports
{
    private const int InfoLog = 3, InfoLogBytes = 4, ErrorLog = 5, ErrorLogBytes = 6, LastJitOption = 33;

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadData")]
    public static int ModuleLoadData(nint* module, byte* image) => (int)Driver.InContext("cuModuleLoadData", d =>
        Load(d, module, image, 0, null, null));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadDataEx")]
    public static int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, nint* values) =>
        (int)Driver.InContext("cuModuleLoadDataEx", d => Load(d, module, image, count, options, values));

    private static CuResult Load(EmulatedDevice d, nint* module, byte* image, uint count, int* options, nint* values)
    {
        if (module == null || image == null) return CuResult.InvalidValue;
        byte* errors = null, info = null;
        int errorBytes = 0, infoBytes = 0;
        for (int n = 0; n < count; n++)
        {
            switch (options[n])
            {
                case InfoLog: info = (byte*)values[n]; break;
                case InfoLogBytes: infoBytes = (int)values[n]; break;
                case ErrorLog: errors = (byte*)values[n]; break;
                case ErrorLogBytes: errorBytes = (int)values[n]; break;
                case < 0 or > LastJitOption:
                    return Reports.Fail(CuResult.InvalidValue,
                    $"cuModuleLoadDataEx: option {options[n]} is not known.");
            }
        }
        Reports.Copy("", info, infoBytes);
        Reports.Copy("", errors, errorBytes);
        string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(image));
        try
        {
            return Exports.Set(module, Driver.Register(EmulatedModule.Load(d, text)));
        }
        catch (PtxException e)
        {
            string message = $"line {e.Line}: {e.Message}";
            Reports.Copy(message, errors, errorBytes);
            return Reports.Fail(CuResult.InvalidPtx, $"{message} \"{Line(text, e.Line)}\"");
        }
    }

    private static string Line(string text, int line)
    {
        string[] lines = text.Split('\n');
        return line > 0 && line <= lines.Length ? lines[line - 1].Trim() : "";
    }

    [UnmanagedCallersOnly(EntryPoint = "cuModuleUnload")]
    public static int ModuleUnload(nint module) => (int)Driver.InContext("cuModuleUnload", d =>
    {
        if (Driver.Find<EmulatedModule>(module) is not { } m || m.Device != d) return CuResult.InvalidHandle;
        Driver.RunAll(d);
        foreach (nint handle in m.Handles.Values) Driver.Remove(handle);
        Driver.Remove(module);
        m.Release();
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetFunction")]
    public static int ModuleGetFunction(nint* function, nint module, byte* name) => (int)Driver.InContext("cuModuleGetFunction", d =>
    {
        if (Driver.Find<EmulatedModule>(module) is not { } m || m.Device != d) return CuResult.InvalidHandle;
        string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        if (!m.Kernels.TryGetValue(text, out Kernel? kernel)) return CuResult.NotFound;
        if (!m.Handles.TryGetValue(text, out nint handle)) m.Handles.Add(text, handle = Driver.Register(new EmulatedFunction(m, kernel)));
        return Exports.Set(function, handle);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetAttribute")]
    public static int FuncGetAttribute(int* value, int attribute, nint function) => (int)Driver.InContext("cuFuncGetAttribute", d =>
        Driver.Find<EmulatedFunction>(function) is not { } f ? CuResult.InvalidHandle : attribute switch
        {
            0 => Exports.Set(value, f.Kernel.MostThreads > 0 ? (int)f.Kernel.MostThreads : 1024),
            1 => Exports.Set(value, f.Kernel.DeclaredSharedBytes),
            2 => Exports.Set(value, 0),
            3 => Exports.Set(value, f.Kernel.LocalBytes),
            4 => Exports.Set(value, 32),
            5 or 6 => Exports.Set(value, Settings.Capability),
            7 or 8 => Exports.Set(value, 0),
            _ => Reports.Fail(CuResult.InvalidValue, $"cuFuncGetAttribute: attribute {attribute} is not known to the emulator."),
        });

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernel")]
    public static int LaunchKernel(nint function, uint gx, uint gy, uint gz, uint bx, uint by, uint bz, uint sharedBytes, nint stream,
        nint* parameters, nint* extra) => (int)Exports.Queue("cuLaunchKernel", stream, (d, s) =>
    {
        if (Driver.Find<EmulatedFunction>(function) is not { } f || f.Module.Device != d)
            return Reports.Fail(CuResult.InvalidHandle, "cuLaunchKernel: there is no such function in the current context.");
        Kernel k = f.Kernel;
        string grid = $"cuLaunchKernel {k.Name}: grid ({gx}, {gy}, {gz}), block ({bx}, {by}, {bz})";
        if (gx == 0 || gy == 0 || gz == 0 || bx == 0 || by == 0 || bz == 0) return Reports.Fail(CuResult.InvalidValue,
            $"{grid} has an empty axis.");
        if (gx > int.MaxValue || gy > 65535 || gz > 65535) return Reports.Fail(CuResult.InvalidValue, $"{grid}: y and z go to 65535.");
        if (bx > 1024 || by > 1024 || bz > 64 || bx * by * bz > 1024) return Reports.Fail(CuResult.InvalidValue,
            $"{grid}: a block has 1024 threads at most.");
        if (k.Required != default && k.Required != (bx, by, bz)) return Reports.Fail(CuResult.InvalidValue,
            $"{grid}: the kernel demands {k.Required}.");
        if (k.MostThreads > 0 && bx * by * bz > k.MostThreads)
            return Reports.Fail(CuResult.InvalidValue, $"{grid}: the kernel allows {k.MostThreads} threads.");
        if (sharedBytes != 0) return Reports.Fail(CuResult.NotSupported, $"{grid}: dynamic shared memory is not supported.");
        if (parameters == null && extra != null) return Reports.Fail(CuResult.NotSupported,
            $"{grid}: arguments by \"extra\" are not supported.");
        if (parameters == null && k.Params.Length > 0) return Reports.Fail(CuResult.InvalidValue, $"{grid}: there are no arguments.");
        byte[] arguments = GC.AllocateArray<byte>(k.ParamBytes + 16, true);
        for (int n = 0; n < k.Params.Length; n++)
        {
            if (parameters[n] == 0) return Reports.Fail(CuResult.InvalidValue, $"{grid}: argument {n} is missing.");
            new ReadOnlySpan<byte>((void*)parameters[n], k.Params[n].Bytes).CopyTo(arguments.AsSpan(k.Params[n].Offset));
        }
        s.Add(() =>
        {
            Driver.Launches++;
            fixed (byte* p = arguments)
            {
                new Launch
                {
                    Kernel = k,
                    Table = d.Table,
                    Params = p,
                    GridX = gx,
                    GridY = gy,
                    GridZ = gz,
                    BlockX = bx,
                    BlockY = by,
                    BlockZ = bz,
                }.Run();
            }
        });
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreate")]
    public static int StreamCreate(nint* stream, uint flags) => (int)Driver.InContext("cuStreamCreate", d =>
    {
        if (flags > 1) return CuResult.InvalidValue;
        CommandStream s = new(d, flags == 0);
        d.Streams.Add(s);
        return Exports.Set(stream, Driver.Register(s));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamDestroy_v2")]
    public static int StreamDestroy(nint stream) => (int)Exports.Queue("cuStreamDestroy", stream, (d, s) =>
    {
        if (s == d.Legacy) return CuResult.InvalidHandle;
        s.RunAll();
        s.IsDestroyed = true;
        d.Streams.Remove(s);
        Driver.Remove(stream);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamSynchronize")]
    public static int StreamSynchronize(nint stream) => (int)Exports.Queue("cuStreamSynchronize", stream, (d, s) =>
    {
        s.RunAll();
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamQuery")]
    public static int StreamQuery(nint stream) => (int)Exports.Queue("cuStreamQuery", stream, (d, s) =>
    {
        if (s.Done == s.Queued) return CuResult.Success;
        s.Step();
        return CuResult.NotReady;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamWaitEvent")]
    public static int StreamWaitEvent(nint stream, nint @event, uint flags) => (int)Exports.Queue("cuStreamWaitEvent", stream, (d, s) =>
    {
        if (flags != 0) return CuResult.InvalidValue;
        if (Driver.Find<CommandEvent>(@event) is not { } e) return Reports.Fail(CuResult.InvalidHandle,
            "cuStreamWaitEvent: there is no such event.");
        if (e.Stream is not null && !e.IsDone) s.WaitFor(e.Stream, e.Place);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventCreate")]
    public static int EventCreate(nint* @event, uint flags) => (int)Driver.InContext("cuEventCreate", d =>
        flags > 7 ? CuResult.InvalidValue : Exports.Set(@event, Driver.Register(new CommandEvent(d, (flags & 2) == 0))));

    [UnmanagedCallersOnly(EntryPoint = "cuEventRecord")]
    public static int EventRecord(nint @event, nint stream) => (int)Exports.Queue("cuEventRecord", stream, (d, s) =>
    {
        if (Driver.Find<CommandEvent>(@event) is not { } e || e.Device != d)
            return Reports.Fail(CuResult.InvalidHandle, "cuEventRecord: there is no such event in the current context.");
        e.Record(s);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventSynchronize")]
    public static int EventSynchronize(nint @event) => (int)OfEvent("cuEventSynchronize", @event, e =>
    {
        e.Stream?.RunTo(e.Place);
        return CuResult.Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventQuery")]
    public static int EventQuery(nint @event) => (int)OfEvent("cuEventQuery", @event, e =>
    {
        if (e.IsDone) return CuResult.Success;
        e.Stream!.Step();
        return CuResult.NotReady;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventElapsedTime")]
    public static int EventElapsedTime(float* milliseconds, nint start, nint end) => (int)OfEvent("cuEventElapsedTime", start, a =>
    {
        if (Driver.Find<CommandEvent>(end) is not { } b || !a.IsTimed || !b.IsTimed || a.Stream is null || b.Stream is null)
            return Reports.Fail(CuResult.InvalidHandle, "cuEventElapsedTime: an event does not measure time or was not recorded.");
        if (!a.IsDone || !b.IsDone) return CuResult.NotReady;
        return Exports.Set(milliseconds, (float)Stopwatch.GetElapsedTime(a.Reached, b.Reached).TotalMilliseconds);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuEventDestroy_v2")]
    public static int EventDestroy(nint @event) => (int)OfEvent("cuEventDestroy", @event, e =>
    {
        Driver.Remove(@event);
        return CuResult.Success;
    });

    private static CuResult OfEvent(string name, nint handle, Func<CommandEvent, CuResult> call) => Driver.InContext(name, d =>
        Driver.Find<CommandEvent>(handle) is { } e ? call(e) : Reports.Fail(CuResult.InvalidHandle, $"{name}: there is no such event."));
}
