using System.Globalization;
using System.Text;

namespace Ballast.Gpu;

/// <summary>A kernel with the sizes of its parameters in bytes, as its PTX declares them.</summary>
internal sealed record CudaKernel(nint Handle, string Name, int[] ParameterBytes) : GpuKernel(Handle, Name);

/// <summary>The modules of the bundle on one device: each is handed to the driver when a kernel of it is first asked for, and the driver turns
/// it into machine code or finds that in its own cache.</summary>
internal sealed unsafe class CudaModules(CudaRuntime runtime, CuDevice device)
{
    private const int LogBytes = 8192;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, nint> _modules = [];
    private readonly Dictionary<(string Hash, string Name), CudaKernel> _kernels = [];

    /// <summary>A kernel of a text of the bundle.</summary>
    /// <exception cref="KernelNotFoundException">The text is not in the bundle.</exception>
    public CudaKernel Kernel(string text, string name)
    {
        string hash = PtxBundle.HashOf(text);
        lock (_gate)
        {
            if (_kernels.TryGetValue((hash, name), out CudaKernel? kernel)) return kernel;
            PtxModule ptx = PtxBundle.Embedded.Find(text, name) ?? throw NotThere(name, runtime.Device);
            runtime.Enter();
            if (!_modules.TryGetValue(hash, out nint module)) _modules[hash] = module = Load(ptx);
            nint function;
            CuErrors.Check(Cu.cuModuleGetFunction(&function, module, name), $"cuModuleGetFunction({name})");
            return _kernels[(hash, name)] = new CudaKernel(function, name, ParameterBytes(ptx.Ptx, name));
        }
    }

    /// <summary>The sizes in bytes of an entry's parameters, in order.</summary>
    internal static int[] ParameterBytes(string ptx, string name)
    {
        int from = ptx.IndexOf($".entry {name}(", StringComparison.Ordinal), to = ptx.IndexOf(')', from + name.Length + 8);
        var bytes = new List<int>();
        foreach (string line in ptx[from..to].Split(".param ")[1..])
        {
            // .u64 name        or, with an alignment or not, an array: .align 8 .b8 name[24]
            int bracket = line.IndexOf('[');
            bytes.Add(bracket >= 0 ? Number(line, bracket + 1) : Number(line, line.LastIndexOf('.') + 2) / 8);
        }
        return [.. bytes];

        static int Number(string text, int at)
        {
            int end = at;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            return int.Parse(text.AsSpan(at, end - at), CultureInfo.InvariantCulture);
        }
    }

    internal static KernelNotFoundException NotThere(string kernel, Device device) => new(
        $"{(kernel.StartsWith("k_", StringComparison.Ordinal) ? kernel[2..] : kernel)}: {device} runs kernels that were compiled when the "
        + "library was built, and there is none of this text. A formula or kernel of your own runs on the same card as an OpenCL device: "
        + "To(Device.Parse(\"opencl:0\")). One that belongs to the library: dotnet run build.cs -- ptx makes the bundle again.");

    private nint Load(PtxModule ptx)
    {
        byte[] image = Encoding.ASCII.GetBytes(ptx.Ptx + "\0"), log = new byte[LogBytes];
        nint module;
        int error;
        fixed (byte* code = image, words = log)
        {
            int* options = stackalloc int[] { Cu.JitErrorLog, Cu.JitErrorLogBytes };
            void** values = stackalloc void*[] { words, (void*)LogBytes };
            error = Cu.cuModuleLoadDataEx(&module, code, 2, options, values);
        }
        if (error == Cu.Success) return module;
        int end = Array.IndexOf(log, (byte)0);
        throw new BallastException($"{device.Name} ({device.Driver}) does not take the kernels {ptx.Kernels} ({ptx.Hash}): "
            + $"{CuErrors.Name(error)}.\n{Encoding.UTF8.GetString(log, 0, end < 0 ? LogBytes : end)}".TrimEnd() + error switch
            {
                Cu.UnsupportedPtx => "\nThe driver is older than the kernels: update NVIDIA's graphics driver.",
                Cu.NoBinary or Cu.InvalidPtx => $"\nThe device has compute capability {device.Capability / 10}.{device.Capability % 10}; the "
                    + $"kernels say '{Target(ptx.Ptx)}'.",
                _ => "",
            });
    }

    private static string Target(string ptx)
    {
        int at = ptx.IndexOf(".target ", StringComparison.Ordinal);
        return at < 0 ? "" : ptx[at..].Split('\n', ',')[0].Trim();
    }
}
