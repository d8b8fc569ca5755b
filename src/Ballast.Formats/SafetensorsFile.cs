using System.IO.MemoryMappedFiles;

namespace Ballast.Formats;

/// <summary>A safetensors file mapped into memory: its header, and the bytes of each tensor without a copy.</summary>
/// <remarks>
/// Only pages that are touched are read from disk. Spans and pointers die with <see cref="Dispose"/>. Another process that cuts the
/// mapped file short can still crash this one, as with every memory map; writers here replace a file by a rename, which is safe.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly FileMapping _mapping;

    private SafetensorsFile(string path, SafetensorsHeader header, FileMapping mapping)
    {
        Path = path;
        Header = header;
        _mapping = mapping;
    }

    /// <summary>The path that was opened.</summary>
    public string Path { get; }

    /// <summary>The parsed table of contents.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The tensors in the order of the header's keys.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => Header.Entries;

    /// <summary>The free-form strings of the file, in its order.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Header.Metadata;

    /// <summary>Keeps the mapping alive without this object.</summary>
    internal FileMapping Mapping => _mapping;

    /// <summary>Opens a file for reading, checks its header, and maps it.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <exception cref="SafetensorsFormatException">The file is not sound; the message names the place.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsFile Open(string path) => Open(path, MemoryMappedFileAccess.Read);

    internal static SafetensorsFile Open(string path, MemoryMappedFileAccess access)
    {
        // FileShare.Delete lets a writer rename over a file that is being read.
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        SafetensorsHeader header = SafetensorsHeader.Parse(file, path);
        return new SafetensorsFile(path, header, new FileMapping(file, header.DataOffset + header.DataLength, access));
    }

    /// <summary>Reads and checks only the header of a file; nothing is mapped.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <exception cref="SafetensorsFormatException">The file is not sound; the message names the place.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsHeader ReadHeader(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        return SafetensorsHeader.Parse(file, path);
    }

    /// <summary>The address of the first byte of a tensor's data, valid until <see cref="Dispose"/>.</summary>
    /// <param name="entry">An entry of this file.</param>
    /// <exception cref="ArgumentException">The entry belongs to another file.</exception>
    public nint Pointer(SafetensorsEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!ReferenceEquals(Header.Find(entry.Name), entry))
            throw new ArgumentException($"The entry '{entry.Name}' is not one of {Path}; take it from this file's Entries.", nameof(entry));
        return _mapping.Address + (nint)(Header.DataOffset + entry.Begin);
    }

    /// <summary>A tensor's data, valid until <see cref="Dispose"/>.</summary>
    /// <param name="entry">An entry of this file with fewer than 2^31 bytes; larger ones need <see cref="Pointer"/>.</param>
    /// <exception cref="ArgumentException">The entry belongs to another file, or is too large for one span.</exception>
    public unsafe ReadOnlySpan<byte> Bytes(SafetensorsEntry entry)
    {
        nint start = Pointer(entry);
        if (entry.ByteLength > int.MaxValue)
        {
            throw new ArgumentException(
                $"The tensor '{entry.Name}' has {entry.ByteLength} bytes, more than a span can hold; use Pointer.", nameof(entry));
        }
        return new ReadOnlySpan<byte>((void*)start, (int)entry.ByteLength);
    }

    /// <summary>Unmaps the file; its spans and pointers must not be used after this.</summary>
    public void Dispose() => _mapping.Dispose();
}
