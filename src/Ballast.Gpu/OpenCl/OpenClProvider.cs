namespace Ballast.Gpu;

/// <summary>The devices of all OpenCL drivers of the machine, as <c>opencl:0</c>, <c>opencl:1</c>, …</summary>
internal sealed class OpenClProvider : IDeviceProvider
{
    private readonly Lock _gate = new();
    private List<ClDevice>? _devices;
    private string _reason = "";

    public string KindName => "opencl";

    public bool Single => false;

    public int CountUsable() => Devices().Count;

    public int Accelerator => Devices().FindIndex(d => d.IsAccelerator);

    public string? UnusableReason
    {
        get
        {
            Devices();
            return _reason.Length > 0 ? _reason : null;
        }
    }

    public void Check(int index)
    {
        int count = Devices().Count;
        if (count == 0) throw new DeviceNotAvailableException($"'opencl:{index}' cannot be used: {_reason}");
        if (index >= count) throw new DeviceNotAvailableException($"'opencl:{index}' is no device: the OpenCL drivers of this machine "
            + $"offer {count}, numbered from 0.");
    }

    public DeviceRuntime Open(Device device)
    {
        ClDevice cl = Devices()[device.Index];
        OpenClRuntime runtime = OclgrindRuntime.Is(cl) ? new OclgrindRuntime(device, cl) : new OpenClRuntime(device, cl);
        // Entered when the first device is opened: entering them at start-up would need a device, hence a driver.
        GeneratedKernels.Register(device);
        return runtime;
    }

    private List<ClDevice> Devices()
    {
        lock (_gate) return _devices ??= ClDevice.Find(out _reason);
    }
}
