namespace Ballast.Gpu;

/// <summary>The devices of NVIDIA's driver, as <c>cuda:0</c>, <c>cuda:1</c>, …, in the driver's order.</summary>
internal sealed class CudaProvider : IDeviceProvider
{
    private readonly Lock _gate = new();
    private List<CuDevice>? _devices;
    private string _reason = "";

    public string KindName => "cuda";

    public bool Single => false;

    public int CountUsable() => Devices().Count;

    public int Accelerator => Devices().Count > 0 ? 0 : -1;

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
        if (count == 0) throw new DeviceNotAvailableException($"'cuda:{index}' cannot be used: {_reason}");
        if (index >= count) throw new DeviceNotAvailableException($"'cuda:{index}' is no device: the CUDA driver offers {count} that can be "
            + $"used, numbered from 0. {_reason}".TrimEnd());
    }

    public DeviceRuntime Open(Device device)
    {
        var runtime = new CudaRuntime(device, Devices()[device.Index]);
        GeneratedKernels.Register(device);
        return runtime;
    }

    private List<CuDevice> Devices()
    {
        lock (_gate)
        {
            if (_devices is not null) return _devices;
            try
            {
                return _devices = CuDevice.Find(out _reason);
            }
            catch (BallastException e)
            {
                _reason = e.Message;
                return _devices = [];
            }
        }
    }
}
