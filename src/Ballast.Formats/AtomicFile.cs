namespace Ballast.Formats;

/// <summary>Replaces a file as one step: readers see the old file or the complete new one, also when the process is killed.</summary>
/// <remarks>
/// The bytes go to a temporary file in the same folder, are flushed to the disk, and take the final name by a rename. Without
/// <see cref="Commit()"/>, <see cref="Dispose"/> removes the temporary file. What a killed process left is removed by the next save of
/// the same file: a temporary file in use is locked, so the writer of another process is never disturbed.
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    private const string Suffix = ".tmp";
    private readonly FileStream _stream;
    private readonly string _temporary;
    private bool _done;

    /// <summary>Starts the replacement of <paramref name="path"/>, which stays untouched until <see cref="Commit()"/>.</summary>
    /// <param name="path">The final name; its folder must exist.</param>
    /// <param name="expectedBytes">Disk space to reserve now, so that a full disk is found before the writing; 0 reserves none.</param>
    /// <exception cref="IOException">The folder is missing, the disk is full, or the file cannot be created.</exception>
    public AtomicFile(string path, long expectedBytes = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
        string? folder = System.IO.Path.GetDirectoryName(Path);
        string name = System.IO.Path.GetFileName(Path);
        if (folder is null || name.Length == 0)
            throw new ArgumentException($"'{path}' does not name a file.", nameof(path));
        RemoveLeftovers(folder, name);
        _temporary = System.IO.Path.Join(folder, $".{name}.{Guid.NewGuid():N}{Suffix}");
        _stream = new FileStream(_temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            // Delete sharing allows the rename while the file, and with it the lock, is still held.
            Share = FileShare.Delete,
            BufferSize = 0,
            PreallocationSize = expectedBytes,
        });
    }

    /// <summary>The full path of the file to replace.</summary>
    public string Path { get; }

    /// <summary>Where to write; not buffered.</summary>
    public Stream Stream => _stream;

    /// <summary>Writes a file through <paramref name="write"/>, then puts it in place; an exception leaves the old file alone.</summary>
    /// <param name="path">The final name; its folder must exist.</param>
    /// <param name="write">Writes the content to an unbuffered stream, in order.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using AtomicFile file = new(path);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Flushes the bytes to the disk and gives them the final name, replacing what was there.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_done, this);
        FlushToDisk();
        File.Move(_temporary, Path, overwrite: true);
        _done = true;
        _stream.Dispose();
    }

    /// <summary>Brings all written bytes to the disk, under the temporary name.</summary>
    internal void FlushToDisk() => _stream.Flush(flushToDisk: true);

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (_done)
            return;
        _done = true;
        _stream.Dispose();
        File.Delete(_temporary);
    }

    private static void RemoveLeftovers(string folder, string name)
    {
        if (!Directory.Exists(folder))
            return;
        string prefix = $".{name}.";
        foreach (string path in Directory.EnumerateFiles(folder, "*" + Suffix))
        {
            ReadOnlySpan<char> file = System.IO.Path.GetFileName(path.AsSpan());
            if (!file.StartsWith(prefix) || !Guid.TryParseExact(file[prefix.Length..^Suffix.Length], "N", out _))
                continue;
            try
            {
                new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Locked: another writer is at work on it. Or gone: it has just finished.
            }
        }
    }
}
