using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>What the CUDA driver answered, as text.</summary>
internal static unsafe class CuErrors
{
    /// <summary>The driver's own name and words for an error, and its number.</summary>
    public static string Name(int error)
    {
        byte* name = null, words = null;
        Cu.cuGetErrorName(error, &name);
        Cu.cuGetErrorString(error, &words);
        return name is null ? $"error {error}" : $"{Marshal.PtrToStringUTF8((nint)name)} ({error}: {Marshal.PtrToStringUTF8((nint)words)})";
    }

    /// <summary>Throws unless the call succeeded.</summary>
    /// <exception cref="BallastException">The driver refused the call, or reports a kernel that failed before it.</exception>
    public static void Check(int error, string call)
    {
        if (error != Cu.Success) Throw(error, call);
    }

    private static void Throw(int error, string call)
    {
        if (error == Cu.OutOfMemory)
            throw new DeviceOutOfMemoryException($"the CUDA driver has no memory for {call}: {Name(error)}. Use a smaller batch or dtype.");
        string lost = error is Cu.IllegalAddress or Cu.LaunchFailed or (> 713 and < 720)
            ? " A kernel queued before it failed, and the device can do nothing more in this process: start the program again." : "";
        throw new BallastException($"the CUDA driver answered {Name(error)} to {call}.{lost}");
    }
}
