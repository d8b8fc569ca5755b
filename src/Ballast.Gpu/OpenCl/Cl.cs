using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>The OpenCL 1.2 entry points in use, by their own names. Call nothing here before <see cref="ClLibrary.TryLoad"/> said
/// true.</summary>
internal static unsafe partial class Cl
{
    internal const string Library = "OpenCL";

    internal const int Success = 0, DeviceNotFound = -1, AllocationFailure = -4, OutOfResources = -5, OutOfHostMemory = -6;
    internal const int InvalidBufferSize = -61, PlatformNotFound = -1001;

    internal const uint PlatformName = 0x0902;
    internal const uint DeviceType = 0x1000, DeviceMaxAllocation = 0x1010, DeviceUnifiedMemory = 0x1035;
    internal const uint DeviceMaxComputeUnits = 0x1002, DeviceMaxWorkGroupSize = 0x1004, DeviceSingleConfig = 0x101B;
    internal const uint DeviceGlobalMemory = 0x101F, DeviceLocalMemory = 0x1023, DeviceAvailable = 0x1027, DeviceCompilerAvailable = 0x1028;
    internal const uint DeviceName = 0x102B, DriverVersion = 0x102D, DeviceVersion = 0x102F, DeviceExtensions = 0x1030;
    internal const uint ProgramBinarySizes = 0x1165, ProgramBinaries = 0x1166, ProgramBuildLog = 0x1183;
    internal const ulong AllDeviceTypes = 0xFFFFFFFF, CpuType = 2, GpuType = 4, AcceleratorType = 8;
    internal const ulong ReadWrite = 1, HostMemory = 1 << 4, CorrectlyRoundedDivide = 1 << 7;
    internal const ulong MapRead = 1, MapWrite = 2, MapOverwrite = 4;

    [LibraryImport(Library)]
    internal static partial int clGetPlatformIDs(uint entries, nint* platforms, uint* count);

    [LibraryImport(Library)]
    internal static partial int clGetPlatformInfo(nint platform, uint name, nuint bytes, void* value, nuint* written);

    [LibraryImport(Library)]
    internal static partial int clGetDeviceIDs(nint platform, ulong type, uint entries, nint* devices, uint* count);

    [LibraryImport(Library)]
    internal static partial int clGetDeviceInfo(nint device, uint name, nuint bytes, void* value, nuint* written);

    [LibraryImport(Library)]
    internal static partial nint clCreateContext(nint* properties, uint count, nint* devices, nint callback, nint data, int* error);

    [LibraryImport(Library)]
    internal static partial nint clCreateCommandQueue(nint context, nint device, ulong properties, int* error);

    [LibraryImport(Library)]
    internal static partial nint clCreateBuffer(nint context, ulong flags, nuint bytes, void* host, int* error);

    [LibraryImport(Library)]
    internal static partial int clReleaseMemObject(nint memory);

    [LibraryImport(Library)]
    internal static partial int clEnqueueWriteBuffer(nint queue, nint buffer, uint blocking, nuint offset, nuint bytes, void* source,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial int clEnqueueReadBuffer(nint queue, nint buffer, uint blocking, nuint offset, nuint bytes, void* target,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial int clEnqueueCopyBuffer(nint queue, nint source, nint target, nuint from, nuint to, nuint bytes, uint waits,
        nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial int clEnqueueFillBuffer(nint queue, nint buffer, void* pattern, nuint patternBytes, nuint offset, nuint bytes,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial nint clCreateProgramWithSource(nint context, uint count, byte** texts, nuint* lengths, int* error);

    [LibraryImport(Library)]
    internal static partial nint clCreateProgramWithBinary(nint context, uint count, nint* devices, nuint* lengths, byte** binaries,
        int* status, int* error);

    [LibraryImport(Library)]
    internal static partial int clBuildProgram(nint program, uint count, nint* devices, byte* options, nint callback, nint data);

    [LibraryImport(Library)]
    internal static partial int clGetProgramBuildInfo(nint program, nint device, uint name, nuint bytes, void* value, nuint* written);

    [LibraryImport(Library)]
    internal static partial int clGetProgramInfo(nint program, uint name, nuint bytes, void* value, nuint* written);

    [LibraryImport(Library)]
    internal static partial int clReleaseProgram(nint program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint clCreateKernel(nint program, string name, int* error);

    [LibraryImport(Library)]
    internal static partial int clSetKernelArg(nint kernel, uint index, nuint bytes, void* value);

    [LibraryImport(Library)]
    internal static partial int clEnqueueNDRangeKernel(nint queue, nint kernel, uint axes, nuint* offset, nuint* global, nuint* local,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial void* clEnqueueMapBuffer(nint queue, nint buffer, uint blocking, ulong flags, nuint offset, nuint bytes,
        uint waits, nint* wait, nint* done, int* error);

    [LibraryImport(Library)]
    internal static partial int clEnqueueUnmapMemObject(nint queue, nint buffer, void* address, uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial int clEnqueueMarkerWithWaitList(nint queue, uint waits, nint* wait, nint* done);

    [LibraryImport(Library)]
    internal static partial int clWaitForEvents(uint count, nint* events);

    [LibraryImport(Library)]
    internal static partial int clReleaseEvent(nint marker);

    [LibraryImport(Library)]
    internal static partial int clFlush(nint queue);

    [LibraryImport(Library)]
    internal static partial int clFinish(nint queue);
}
