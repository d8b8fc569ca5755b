using System.Text;

namespace Ballast.Gpu;

/// <summary>
/// Programs built for one device, each kept as a binary in the user's cache folder (<c>BALLAST_CACHE</c>, else the system's) under a
/// hash of driver, device, options and text. A folder that cannot be used, or a binary the driver refuses, costs a build and nothing else.
/// </summary>
internal sealed unsafe class ClPrograms
{
    private readonly ClDevice _device;
    private readonly nint _context;
    private readonly string _options;
    private readonly string? _folder;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, nint> _programs = [];
    private readonly Dictionary<(string Text, string Name), GpuKernel> _kernels = [];

    public ClPrograms(ClDevice device, nint context)
    {
        _device = device;
        _context = context;
        bool rounded = (device.Ask<ulong>(Cl.DeviceSingleConfig) & Cl.CorrectlyRoundedDivide) != 0;
        _options = "-cl-std=CL1.2" + (rounded ? " -cl-fp32-correctly-rounded-divide-sqrt" : "") + (device.HasFloat64 ? " -DHAS_F64" : "");
        _folder = CacheFolder();
    }

    /// <summary>The kernels that were asked for so far.</summary>
    public (string Text, string Name)[] Asked
    {
        get
        {
            lock (_gate) return [.. _kernels.Keys];
        }
    }

    /// <summary>A kernel of a text; both are built once.</summary>
    public GpuKernel Kernel(string text, string name)
    {
        lock (_gate)
        {
            if (_kernels.TryGetValue((text, name), out GpuKernel? kernel)) return kernel;
            if (!_programs.TryGetValue(text, out nint program)) _programs[text] = program = Program(text);
            int error;
            nint handle = Cl.clCreateKernel(program, name, &error);
            ClErrors.Check(error, $"clCreateKernel({name})");
            return _kernels[(text, name)] = new GpuKernel(handle, name);
        }
    }

    private nint Program(string text)
    {
        string full = KernelText.Prelude + text;
        string? file = _folder is null ? null : Path.Combine(_folder, Key(full) + ".bin");
        if (file is not null && TryRead(file) is { } binary && FromBinary(binary) is not 0 and nint known) return known;
        nint program = FromText(full);
        if (file is not null) TryWrite(file, program);
        return program;
    }

    private string Key(string text) => Sha256.Hash(Encoding.UTF8.GetBytes($"{_device.Driver}\n{_device.Name}\n{_options}\n{text}"))[..32];

    private nint FromText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int error;
        nint program;
        fixed (byte* p = bytes)
        {
            byte* start = p;
            nuint length = (nuint)bytes.Length;
            program = Cl.clCreateProgramWithSource(_context, 1, &start, &length, &error);
        }
        ClErrors.Check(error, "clCreateProgramWithSource");
        error = Build(program);
        if (error != Cl.Success)
            throw new BallastException($"{_device.Name} ({_device.Driver}) does not compile a kernel text of this library, error "
                + $"{ClErrors.Name(error)}:\n{Log(program)}\n{text[KernelText.Prelude.Length..]}");
        return program;
    }

    private nint FromBinary(byte[] binary)
    {
        int error, status;
        nint program, device = _device.Handle;
        fixed (byte* p = binary)
        {
            byte* start = p;
            nuint length = (nuint)binary.Length;
            program = Cl.clCreateProgramWithBinary(_context, 1, &device, &length, &start, &status, &error);
        }
        if (error != Cl.Success || program == 0) return 0;
        if (status == Cl.Success && Build(program) == Cl.Success) return program;
        Cl.clReleaseProgram(program);
        return 0;
    }

    private int Build(nint program)
    {
        nint device = _device.Handle;
        fixed (byte* options = Encoding.ASCII.GetBytes(_options + "\0")) return Cl.clBuildProgram(program, 1, &device, options, 0, 0);
    }

    private string Log(nint program)
    {
        nuint bytes = 0;
        Cl.clGetProgramBuildInfo(program, _device.Handle, Cl.ProgramBuildLog, 0, null, &bytes);
        var log = new byte[bytes];
        fixed (byte* p = log) Cl.clGetProgramBuildInfo(program, _device.Handle, Cl.ProgramBuildLog, bytes, p, null);
        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private static string? CacheFolder()
    {
        string root = Environment.GetEnvironmentVariable("BALLAST_CACHE") is { Length: > 0 } given ? given
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? Path.Combine(cache, "ballast")
            : OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
                "Ballast", "Cache")
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".cache",
                "ballast") : "";
        if (root.Length == 0) return null;
        try
        {
            return Directory.CreateDirectory(Path.Combine(root, "opencl")).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[]? TryRead(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllBytes(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Written beside the place and renamed, so that two processes cannot see half a file.</summary>
    private static void TryWrite(string file, nint program)
    {
        nuint bytes = 0;
        if (Cl.clGetProgramInfo(program, Cl.ProgramBinarySizes, (nuint)sizeof(nuint), &bytes, null) != Cl.Success || bytes == 0) return;
        var binary = new byte[bytes];
        fixed (byte* p = binary)
        {
            byte* start = p;
            if (Cl.clGetProgramInfo(program, Cl.ProgramBinaries, (nuint)sizeof(byte*), &start, null) != Cl.Success) return;
        }
        string fresh = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(fresh, binary);
            File.Move(fresh, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(fresh);
        }
    }
}
