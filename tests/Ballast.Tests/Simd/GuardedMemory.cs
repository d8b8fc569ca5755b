using System.Runtime.InteropServices;

namespace Ballast.Tests.Simd;

/// <summary>
/// Memory that ends where the process may no longer read: a kernel that reads or writes one element too many ends the test run at once.
/// Without mmap (Windows) it is ordinary memory.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3, Private = 2;
    private static readonly int _anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;

    private readonly byte* _start;
    private readonly nuint _usable;
    private readonly nuint _page = (nuint)Environment.SystemPageSize;

    public GuardedMemory(int bytes)
    {
        _usable = ((nuint)bytes + _page - 1) / _page * _page;
        if (OperatingSystem.IsWindows())
        {
            _start = (byte*)NativeMemory.Alloc(_usable);
            return;
        }
        _start = (byte*)MemoryMap(0, _usable + _page, ReadWrite, Private | _anonymous, -1, 0);
        if ((nint)_start == -1 || MemoryProtect((nint)(_start + _usable), _page, 0) != 0) throw new OutOfMemoryException("mmap");
    }

    /// <summary>A tensor whose last element is the last one before the guard.</summary>
    public Tensor AtTheEnd(int length, DType dtype) =>
        Tensor.FromPointer((nint)(_start + _usable - (nuint)(length * dtype.SizeBytes)), [length], dtype, this);

    public void Dispose()
    {
        if (OperatingSystem.IsWindows()) NativeMemory.Free(_start);
        else _ = MemoryUnmap((nint)_start, _usable + _page);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MemoryProtect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(nint address, nuint length);
}
