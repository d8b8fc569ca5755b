using System.Runtime.InteropServices;

namespace Ballast.Bench.Measuring;

/// <summary>Memory of its own, on a large page's boundary; on Linux it asks for large pages, as the library's allocator does.</summary>
internal sealed unsafe partial class LargeBlock : IDisposable
{
    /// <summary>Bytes of a cache line.</summary>
    public const int Line = 64;

    private const nuint LargePage = 2 << 20;
    private const int AdviseLargePages = 14;

    /// <summary>Takes so many bytes; nothing is touched.</summary>
    public LargeBlock(long bytes)
    {
        Address = NativeMemory.AlignedAlloc((nuint)bytes, LargePage);
        // Advice may be refused, and then the pages are small ones: slower, not wrong.
        if (OperatingSystem.IsLinux()) _ = Advise(Address, (nuint)bytes, AdviseLargePages);
    }

    /// <summary>The first byte.</summary>
    public void* Address { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Address);
        Address = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
