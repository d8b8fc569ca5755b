using System.Diagnostics;
using System.Globalization;
using Ballast;
using Ballast.Cpu;
using Ballast.Gpu;
using Ballast.Models;
using Ballast.Optimizers;

// What can only be seen from outside a process, or needs a process whose environment was set before it began. Each probe prints facts; the
// tests judge them.
switch (args[0])
{
    case "start":
        Start();
        break;
    case "train":
        Train(args[1]);
        break;
    case "missing":
        Missing();
        break;
    case "pairs":
        Pairs();
        break;
    case "best":
        Best();
        break;
    default:
        throw new ArgumentException($"no probe is named '{args[0]}'");
}

// The first calls of a fresh process, in microseconds: all devices, and of these the GPU families.
static void Start()
{
    long begin = Stopwatch.GetTimestamp();
    CpuDevice.Register();
    long middle = Stopwatch.GetTimestamp();
    GpuDevices.Register();
    long end = Stopwatch.GetTimestamp();
    BallastRuntime.Start();
    long again = Stopwatch.GetTimestamp();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Micro(begin, middle)} {Micro(middle, end)} {Micro(end, again)}"));

    static double Micro(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMicroseconds;
}

// Two steps on a device, then the native libraries that the process has mapped.
static void Train(string name)
{
    BallastRuntime.Start();
    Device device = Device.Parse(name);
    var config = new GptConfig { VocabularySize = 11, BlockLength = 8, Width = 8, Heads = 2, Layers = 1 };
    Gpt model = new Gpt(config, new Generator(1)).To(device);
    var optimizer = new AdamW(model.NamedParameters());
    for (int step = 0; step < 2; step++)
    {
        optimizer.ZeroGrad();
        Tensor tokens = Tensor.Arange(8).Reshape(1, 8).To(device);
        Tensor loss = model.Forward(tokens).Reshape(-1, 11).CrossEntropy(tokens.Reshape(-1));
        loss.Backward();
        optimizer.Step();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss {loss.Item()}"));
    }
    foreach (string file in File.ReadLines("/proc/self/maps").Where(l => l.Contains(".so", StringComparison.Ordinal))
        .Select(l => l[l.IndexOf('/')..]).Distinct()) Console.WriteLine($"mapped {file}");
}

// A process whose drivers are missing still computes, and says what it lacks only when asked.
static void Missing()
{
    BallastRuntime.Start();
    Console.WriteLine($"devices {string.Join(" ", Device.All.Select(d => d.Name))}");
    Console.WriteLine($"sum {Tensor.Ones([4]).Sum().Item()}");
    foreach (string name in (string[])["opencl:0", "cuda:0", "gpu"])
    {
        try
        {
            Device.Parse(name);
            Console.WriteLine($"{name} is there");
        }
        catch (DeviceNotAvailableException error)
        {
            Console.WriteLine($"{name}: {error.Message}");
        }
    }
}

// Copies between two devices that know nothing of each other: through the host, in pieces.
static void Pairs()
{
    BallastRuntime.Start();
    Device first = Device.Parse("opencl:0"), second = Device.Parse("opencl:1");
    Console.WriteLine($"devices {first} {second}");
    Tensor values = Tensor.Arange(-30, 30).Reshape(3, 4, 5).ToFloat() / 8;
    Func<Tensor, Tensor>[] views = [x => x, x => x.Transpose(0, 2), x => x.Narrow(1, 1, 2), x => x[1], x => x.Narrow(0, 0, 1).Expand(3, 4, 5)];
    int right = 0;
    foreach ((Device from, Device to) in (ReadOnlySpan<(Device, Device)>)[(first, second), (second, first)])
    {
        foreach (Func<Tensor, Tensor> view in views)
        {
            foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16, DType.Int64])
            {
                Tensor moved = view(values.To(from)).To(to, dtype);
                if (!ReferenceEquals(moved.Device, to)) throw new InvalidOperationException($"on {moved.Device}, not on {to}");
                float[] expected = view(values).To(dtype).ToFloat().ToArray<float>(), actual = moved.ToFloat().ToArray<float>();
                if (!expected.AsSpan().SequenceEqual(actual)) throw new InvalidOperationException($"{from} to {to}, {dtype}");
                right++;
            }
        }
        Tensor large = Tensor.Arange(6_000_000).To(DType.Int32).To(from);
        long sum = large.To(to).To(DType.Int64).Sum().Item<long>();
        if (sum != 17_999_997_000_000) throw new InvalidOperationException($"24 MB from {from} to {to} sum up to {sum}");
    }
    Console.WriteLine($"right {right}");
    try
    {
        _ = values.To(first) + values.To(second);
    }
    catch (DeviceMismatchException error)
    {
        Console.WriteLine(error.Message);
    }
}

// 'gpu' is the first accelerator of the first family that has one.
static void Best()
{
    Device.Register(new Family("processors", -1, null));
    Device.Register(new Family("broken", -1, "the driver is too old. Install version 2."));
    try
    {
        Device.Parse("gpu");
    }
    catch (DeviceNotAvailableException error)
    {
        Console.WriteLine(error.Message);
    }
    Device.Register(new Family("fast", 1, null));
    Device.Register(new Family("later", 0, null));
    Console.WriteLine($"best {Device.Parse("gpu")}");
    Console.WriteLine($"devices {string.Join(" ", Device.All.Select(d => d.Name))}");
}

/// <summary>A family of two devices that nobody opens.</summary>
internal sealed class Family(string name, int accelerator, string? reason) : IDeviceProvider
{
    public string KindName => name;

    public bool Single => false;

    public int Accelerator => accelerator;

    public string? UnusableReason => reason;

    public int CountUsable() => reason is null ? 2 : 0;

    public void Check(int index)
    {
        if (index >= CountUsable()) throw new DeviceNotAvailableException($"'{name}:{index}' is no device.");
    }

    public DeviceRuntime Open(Device device) => throw new NotSupportedException($"{device} cannot be opened.");
}
