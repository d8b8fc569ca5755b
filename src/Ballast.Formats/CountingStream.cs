namespace Ballast.Formats;

/// <summary>Passes writes on, and holds one tensor to the number of bytes that the header has promised for it.</summary>
internal sealed class CountingStream(Stream target, long expected, string name) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException("A tensor's bytes are written in order; there is no seeking.");
    }

    /// <summary>Throws when the tensor stopped early.</summary>
    public void RequireComplete()
    {
        if (_written != expected)
            throw new InvalidOperationException($"The tensor '{name}' wrote {_written} bytes; its shape and type need {expected}.");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > expected - _written)
        {
            throw new InvalidOperationException(
                $"The tensor '{name}' wrote {_written + buffer.Length} bytes or more; its shape and type need {expected}.");
        }
        target.Write(buffer);
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream only takes writes.");

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("A tensor's bytes are written in order; there is no seeking.");

    public override void SetLength(long value) => throw new NotSupportedException("A tensor's length is fixed by its shape.");
}
