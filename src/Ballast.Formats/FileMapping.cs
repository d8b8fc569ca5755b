using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Ballast.Formats;

/// <summary>A whole file mapped into memory; unmapped by <see cref="Dispose"/>, or when nothing refers to this object any more.</summary>
/// <remarks>The open file itself is let go at once: the mapping alone keeps the bytes reachable, even after a rename.</remarks>
internal sealed class FileMapping : IDisposable, IUnsharedMemory
{
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Maps the first <paramref name="length"/> bytes of the file.</summary>
    /// <param name="file">A file open for reading.</param>
    /// <param name="length">Bytes; more than 0 and no more than the file has.</param>
    /// <param name="access">Read, or CopyOnWrite: written pages become private memory and never reach the file.</param>
    public FileMapping(FileStream file, long length, MemoryMappedFileAccess access)
    {
        using MemoryMappedFile map =
            MemoryMappedFile.CreateFromFile(file, null, 0, access, HandleInheritability.None, leaveOpen: true);
        _view = map.CreateViewAccessor(0, length, access);
        Length = length;
    }

    /// <summary>The number of mapped bytes.</summary>
    public long Length { get; }

    /// <summary>The file's first byte. Not by AcquirePointer: a counted pointer would keep the finalizer from unmapping.</summary>
    public nint Address
    {
        get
        {
            SafeMemoryMappedViewHandle handle = _view.SafeMemoryMappedViewHandle;
            ObjectDisposedException.ThrowIf(handle.IsClosed, this);
            return handle.DangerousGetHandle();
        }
    }

    public void Dispose() => _view.Dispose();
}
