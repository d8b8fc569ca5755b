using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>A loaded PTX text: its kernels, and its constant tables in device memory.</summary>
internal sealed unsafe class EmulatedModule
{
    private const int NewestVersion = 78;

    private readonly List<Allocation> _owned = [];

    private EmulatedModule(EmulatedDevice device) => Device = device;

    public EmulatedDevice Device { get; }

    public Dictionary<string, Kernel> Kernels { get; } = [];

    public Dictionary<string, nint> Handles { get; } = [];

    /// <summary>Loads a text.</summary>
    /// <exception cref="PtxException">It holds a mistake, an external reference or an instruction that is not known.</exception>
    public static EmulatedModule Load(EmulatedDevice device, string text)
    {
        ModuleReader reader = new(text);
        if (reader.Target > Settings.Capability)
            throw new PtxException(1, $".target sm_{reader.Target} is newer than the device, which is sm_{Settings.Capability}.");
        if (reader.Version > NewestVersion) throw new PtxException(1,
            $".version {reader.Version / 10}.{reader.Version % 10} is newer than the driver.");
        EmulatedModule module = new(device);
        Dictionary<string, ulong> globals = [];
        foreach (GlobalSource g in reader.Globals)
        {
            if (g.Space == ".shared") continue;
            Allocation a = device.Allocate(g.Bytes, g.Space == ".const") ?? throw new PtxException(g.Line,
                $"there is no memory for {g.Name}.");
            g.Initial.CopyTo(new Span<byte>(a.Host, g.Bytes));
            if (a.Shadow != null) NativeMemory.Fill(a.Shadow, (nuint)g.Bytes, 1);
            module._owned.Add(a);
            globals.Add(g.Name, a.Start);
        }
        string[] lines = text.Split('\n');
        foreach (FunctionSource f in reader.Functions.Values)
        {
            if (f.IsEntry && f.Body != 0) module.Kernels.Add(f.Name, Assembler.Assemble(reader, f, globals, lines));
        }
        return module;
    }

    public void Release()
    {
        foreach (Kernel k in Kernels.Values) k.Release();
        foreach (Allocation a in _owned) Device.Free(a.Start);
    }
}

/// <summary>What cuModuleGetFunction gives.</summary>
internal sealed record EmulatedFunction(EmulatedModule Module, Kernel Kernel);
