using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>The entry points of the CUDA driver in use, by their own names. Call nothing here before <see cref="CuLibrary.TryLoad"/> said
/// true. Handles of devices are 32-bit; memory is an address of the device; everything else is a pointer.</summary>
internal static unsafe partial class Cu
{
    internal const string Library = "cuda";

    internal const int Success = 0, OutOfMemory = 2, Deinitialized = 4, StubLibrary = 34, NoDevice = 100, NoBinary = 209, InvalidPtx = 218;
    internal const int UnsupportedPtx = 222, IllegalAddress = 700, LaunchFailed = 719, DriverMismatch = 803;

    internal const int MaxThreadsPerBlock = 1, MaxSharedMemoryPerBlock = 8, MultiprocessorCount = 16, Integrated = 18;
    internal const int ComputeMajor = 75, ComputeMinor = 76;

    internal const uint StreamNonBlocking = 1, EventDisableTiming = 2, HostPortable = 1;
    internal const int JitErrorLog = 5, JitErrorLogBytes = 6;

    [LibraryImport(Library)]
    internal static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    internal static partial int cuDriverGetVersion(int* version);

    [LibraryImport(Library)]
    internal static partial int cuGetErrorName(int error, byte** text);

    [LibraryImport(Library)]
    internal static partial int cuGetErrorString(int error, byte** text);

    [LibraryImport(Library)]
    internal static partial int cuDeviceGetCount(int* count);

    [LibraryImport(Library)]
    internal static partial int cuDeviceGet(int* device, int ordinal);

    [LibraryImport(Library)]
    internal static partial int cuDeviceGetName(byte* name, int bytes, int device);

    [LibraryImport(Library)]
    internal static partial int cuDeviceGetAttribute(int* value, int attribute, int device);

    [LibraryImport(Library)]
    internal static partial int cuDeviceTotalMem_v2(nuint* bytes, int device);

    [LibraryImport(Library)]
    internal static partial int cuDevicePrimaryCtxRetain(nint* context, int device);

    [LibraryImport(Library)]
    internal static partial int cuCtxSetCurrent(nint context);

    [LibraryImport(Library)]
    internal static partial int cuMemAlloc_v2(nint* address, nuint bytes);

    [LibraryImport(Library)]
    internal static partial int cuMemFree_v2(nint address);

    [LibraryImport(Library)]
    internal static partial int cuMemHostAlloc(void** address, nuint bytes, uint flags);

    [LibraryImport(Library)]
    internal static partial int cuMemcpyHtoDAsync_v2(nint target, void* source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemcpyDtoHAsync_v2(void* target, nint source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemcpyDtoDAsync_v2(nint target, nint source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemcpyPeerAsync(nint target, nint targetContext, nint source, nint sourceContext, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemsetD8Async(nint target, byte value, nuint count, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemsetD16Async(nint target, ushort value, nuint count, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuMemsetD32Async(nint target, uint value, nuint count, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int cuModuleGetFunction(nint* function, nint module, string name);

    [LibraryImport(Library)]
    internal static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(Library)]
    internal static partial int cuStreamCreate(nint* stream, uint flags);

    [LibraryImport(Library)]
    internal static partial int cuStreamSynchronize(nint stream);

    [LibraryImport(Library)]
    internal static partial int cuStreamWaitEvent(nint stream, nint @event, uint flags);

    [LibraryImport(Library)]
    internal static partial int cuEventCreate(nint* @event, uint flags);

    [LibraryImport(Library)]
    internal static partial int cuEventRecord(nint @event, nint stream);

    [LibraryImport(Library)]
    internal static partial int cuEventSynchronize(nint @event);
}
