using System.Globalization;

namespace Ballast;

/// <summary>A place where tensors live and ops run: <c>cpu</c>, <c>meta</c>, <c>cuda:0</c>. One object per device; compare by reference.</summary>
/// <remarks>Threads may share a device: each call queues its work whole and in order. Two threads must not change one tensor at once.
/// </remarks>
public sealed class Device
{
    private const string BestName = "gpu";

    private static readonly Lock _gate = new();
    private static DeviceKind[] _kinds = [];

    private readonly Lock _opening = new();
    private DeviceRuntime? _runtime;

    internal Device(DeviceKind kind, int index)
    {
        Kind = kind;
        Index = index;
        Name = kind.Single ? kind.Name : string.Create(CultureInfo.InvariantCulture, $"{kind.Name}:{index}");
    }

    /// <summary>The family the device belongs to; kernels are registered per family.</summary>
    public DeviceKind Kind { get; }

    /// <summary>The number within the family, from 0.</summary>
    public int Index { get; }

    /// <summary>The name, as <see cref="Parse"/> reads it.</summary>
    public string Name { get; }

    /// <summary>True for the device that has shapes and dtypes but no data.</summary>
    public bool IsMeta => ReferenceEquals(this, Meta);

    /// <summary>True for the host's own device.</summary>
    public bool IsCpu => Kind.Name == "cpu";

    /// <summary>The device without data: every op on it infers shape and dtype only.</summary>
    public static Device Meta { get; } = Register(new MetaProvider()).At(0);

    /// <summary>The host's processor.</summary>
    /// <exception cref="DeviceNotAvailableException">No CPU kernels are registered in this process.</exception>
    public static Device Cpu { get => field ??= Parse("cpu"); private set; }

    /// <summary>Where tensors are created that name no device: the CPU, unless a scope of this thread says otherwise.</summary>
    public static Device Default => DeviceScope.Current ?? Cpu;

    /// <summary>Makes this the default device of the thread until the scope is disposed.</summary>
    public DeviceScope AsDefault() => new(this);

    /// <summary>All devices of all registered families that can be used now.</summary>
    public static IReadOnlyList<Device> All
    {
        get
        {
            var all = new List<Device>();
            foreach (DeviceKind kind in _kinds)
                for (int i = 0; i < kind.Provider.CountUsable(); i++) all.Add(kind.At(i));
            return all;
        }
    }

    /// <summary>The registered families, usable or not.</summary>
    public static IReadOnlyList<DeviceKind> Kinds => _kinds;

    /// <summary>Makes a family of devices known; called once at the composition root, so that trimming and AOT see it.</summary>
    public static DeviceKind Register(IDeviceProvider provider)
    {
        lock (_gate)
        {
            foreach (DeviceKind known in _kinds)
                if (known.Name == provider.KindName) return known;
            if (_kinds.Length == DeviceKind.MaxKinds) throw new BallastException($"More than {DeviceKind.MaxKinds} device families are registered.");
            var kind = new DeviceKind(provider, _kinds.Length);
            _kinds = [.. _kinds, kind];
            return kind;
        }
    }

    /// <summary>The device with this name: <c>cpu</c>, <c>meta</c>, <c>cuda:0</c>; a family name alone means number 0, and <c>gpu</c> the
    /// best graphics processor there is.</summary>
    /// <exception cref="DeviceNotAvailableException">The family is unknown, or the device cannot be used; nothing else is taken in its
    /// place.</exception>
    public static Device Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == BestName) return Best();
        string family = name;
        int index = 0;
        int colon = name.IndexOf(':');
        if (colon >= 0)
        {
            family = name[..colon];
            if (family == BestName)
                throw new DeviceNotAvailableException($"'{name}' is no device: '{BestName}' names the best one and takes no number.");
            if (!int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index))
                throw new DeviceNotAvailableException($"'{name}' is no device: after the colon comes a number, as in '{family}:0'.");
        }
        foreach (DeviceKind kind in _kinds)
            if (kind.Name == family) return kind.At(index);
        throw new DeviceNotAvailableException(
            $"'{name}' is no known device: registered are {string.Join(", ", _kinds.Select(k => k.Name))}, " +
            $"and '{BestName}' names the best graphics processor. " +
            "The package registers its devices at start-up; a program that references the assemblies one by one calls BallastRuntime.Start().");
    }

    /// <summary>The first accelerator of the first family that has one; families are asked in the order of their registration.</summary>
    private static Device Best()
    {
        var looked = new List<string>();
        foreach (DeviceKind kind in _kinds)
        {
            if (kind.Single) continue; // the host and meta
            int best = kind.Provider.Accelerator;
            if (best >= 0) return kind.At(best);
            int others = kind.Provider.CountUsable();
            string names = string.Join(", ", Enumerable.Range(0, others).Select(i => kind.At(i).Name));
            looked.Add($"{kind.Name}: " + (others switch
            {
                0 => kind.Provider.UnusableReason ?? "no device",
                1 => $"{names} runs on the host's processor and is taken by its own name only",
                _ => $"{names} run on the host's processor and are taken by their own names only",
            }));
        }
        throw new DeviceNotAvailableException($"'{BestName}' names the best graphics processor, and none was found. "
            + string.Join(" ", looked.Select(l => l.TrimEnd('.') + ".")));
    }

    /// <summary>What does the device's work.</summary>
    internal DeviceRuntime Runtime => Volatile.Read(ref _runtime) ?? Open();

    // Two threads that meet a device for the first time must get one context, not two.
    private DeviceRuntime Open()
    {
        lock (_opening) return _runtime ??= Kind.Provider.Open(this);
    }

    /// <summary>Waits until everything queued on the device is done.</summary>
    public void Synchronize() => Runtime.Synchronize();

    /// <summary>Name, memory and limits of the device.</summary>
    public DeviceInfo Info => Runtime.Info;

    /// <summary>What the device's allocator holds, in bytes.</summary>
    public MemoryStats Memory => Runtime.Allocator.Stats;

    /// <summary>What the device was asked to do since it was opened: launches, copies, allocations, waits.</summary>
    public DeviceStats Stats => Runtime.Stats;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A family of devices that share kernels.</summary>
public sealed class DeviceKind
{
    internal const int MaxKinds = 8;
    private readonly Dictionary<int, Device> _devices = [];

    internal DeviceKind(IDeviceProvider provider, int slot)
    {
        Provider = provider;
        Slot = slot;
    }

    /// <summary>What opens the devices of the family.</summary>
    public IDeviceProvider Provider { get; }

    /// <summary>The family's name: <c>cpu</c>, <c>cuda</c>.</summary>
    public string Name => Provider.KindName;

    /// <summary>True if the family has exactly one device, whose name carries no number.</summary>
    public bool Single => Provider.Single;

    internal int Slot { get; }

    internal Device At(int index)
    {
        lock (_devices)
        {
            if (_devices.TryGetValue(index, out Device? device)) return device;
            Provider.Check(index);
            return _devices[index] = new Device(this, index);
        }
    }
}

/// <summary>Finds and opens the devices of one family. Finding must cost nothing until a device is asked for: no member but
/// <see cref="KindName"/> and <see cref="Single"/> is called before.</summary>
public interface IDeviceProvider
{
    /// <summary>The family's name.</summary>
    string KindName { get; }

    /// <summary>True if there is exactly one device.</summary>
    bool Single { get; }

    /// <summary>How many devices can be used now; 0 if the driver is missing.</summary>
    int CountUsable();

    /// <summary>The number of the family's best graphics processor or other accelerator; -1 if it has none. Never throws.</summary>
    int Accelerator => -1;

    /// <summary>What of the family cannot be used: the loader's or driver's own reason, and the fix; null if nothing was amiss. Never
    /// throws.</summary>
    string? UnusableReason => null;

    /// <summary>Throws unless the device with that number exists and can be used.</summary>
    /// <exception cref="DeviceNotAvailableException">It cannot; the text says what was looked for and where.</exception>
    void Check(int index);

    /// <summary>Opens the device; called once for each.</summary>
    DeviceRuntime Open(Device device);
}

/// <summary>What a device is and what it offers.</summary>
/// <param name="Description">The maker's name of the device.</param>
/// <param name="MemoryBytes">Total memory in bytes; 0 for meta.</param>
/// <param name="Threads">Threads or compute units that work on an op.</param>
/// <param name="SimdBits">Width of a vector register in bits; 0 where that has no meaning.</param>
public sealed record DeviceInfo(string Description, long MemoryBytes, int Threads, int SimdBits)
{
    /// <summary>The driver and its version; empty for a device that needs none.</summary>
    public string Driver { get; init; } = "";

    /// <summary>What kernels may use; null for a device that runs no kernels of the one text.</summary>
    public DeviceLimits? Limits { get; init; }
}

/// <summary>What kernels may use on a device.</summary>
/// <param name="WorkGroup">The most work items in a group.</param>
/// <param name="LocalMemoryBytes">Memory that a group shares, in bytes.</param>
/// <param name="LargestBlockBytes">The largest single block of memory, in bytes.</param>
/// <param name="HasFloat64">True if it computes in float64.</param>
/// <param name="HasFloat16">True if it computes in float16; storing float16 and bfloat16 needs nothing.</param>
/// <param name="SharesHostMemory">True if device and host use the same memory.</param>
public sealed record DeviceLimits(long WorkGroup, long LocalMemoryBytes, long LargestBlockBytes, bool HasFloat64, bool HasFloat16,
    bool SharesHostMemory);
