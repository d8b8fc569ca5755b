namespace Ballast.Gpu;

/// <summary>Error numbers of the driver as text.</summary>
internal static class ClErrors
{
    /// <summary>The number with the name the OpenCL specification gives it.</summary>
    public static string Name(int error) => error switch
    {
        Cl.DeviceNotFound => "-1 (device not found)",
        -2 => "-2 (device not available)",
        -3 => "-3 (compiler not available)",
        Cl.AllocationFailure => "-4 (memory object allocation failure)",
        Cl.OutOfResources => "-5 (out of resources)",
        Cl.OutOfHostMemory => "-6 (out of host memory)",
        -11 => "-11 (build program failure)",
        -33 => "-33 (invalid device)",
        -36 => "-36 (invalid command queue)",
        -38 => "-38 (invalid memory object)",
        -45 => "-45 (invalid program executable)",
        -46 => "-46 (invalid kernel name)",
        -48 => "-48 (invalid kernel)",
        -51 => "-51 (invalid argument size)",
        -52 => "-52 (invalid kernel arguments)",
        -54 => "-54 (invalid work-group size)",
        Cl.InvalidBufferSize => "-61 (invalid buffer size)",
        Cl.PlatformNotFound => "-1001 (no driver registered)",
        _ => error.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Throws unless the call succeeded.</summary>
    /// <exception cref="BallastException">The driver refused the call.</exception>
    public static void Check(int error, string call)
    {
        if (error == Cl.Success) return;
        throw IsMemory(error)
            ? new DeviceOutOfMemoryException($"the OpenCL driver has no memory for {call}: error {Name(error)}. Use a smaller batch "
                + $"or dtype.")
            : new BallastException($"the OpenCL driver answered {Name(error)} to {call}.");
    }

    /// <summary>True if the driver said that there is no room.</summary>
    public static bool IsMemory(int error) =>
        error is Cl.AllocationFailure or Cl.OutOfResources or Cl.OutOfHostMemory or Cl.InvalidBufferSize;
}
