namespace Ballast;

/// <summary>While open, tensors that this thread creates without naming a device are made on the scope's: <c>using (Device.Meta.AsDefault()) …</c>.</summary>
public readonly struct DeviceScope : IDisposable
{
    [ThreadStatic] private static Device? _current;

    private readonly Device? _before;

    internal DeviceScope(Device? device)
    {
        _before = _current;
        _current = device;
    }

    internal static Device? Current => _current;

    /// <summary>Restores the default that held before.</summary>
    public void Dispose() => _current = _before;
}
