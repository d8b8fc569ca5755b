using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>Host memory that a device copies from and to by itself. Offsets in bytes.</summary>
/// <param name="address">Where the host sees it.</param>
/// <param name="bytes">Its size.</param>
internal abstract unsafe class PinnedBlock(nint address, int bytes)
{
    /// <summary>The bytes, as the host sees them.</summary>
    public Span<byte> Span => new((byte*)address, bytes);

    /// <summary>Queues a copy from here into a block of the device.</summary>
    public abstract void QueueUpload(int from, nint handle, long offsetBytes, int bytes);

    /// <summary>Queues a copy from a block of the device to here.</summary>
    public abstract void QueueDownload(nint handle, long offsetBytes, int to, int bytes);

    /// <summary>Remembers the present end of the queue, and lets the device begin with what is queued.</summary>
    public abstract void Mark();

    /// <summary>Waits until the device has passed the last mark.</summary>
    public abstract void Wait();
}

/// <summary>
/// Copies between host and device through pinned memory. An upload returns when its bytes are captured, and waits for the queue only when
/// the ring is full; a download runs in two halves, so that the device copies one while the host empties the other.
/// </summary>
/// <param name="pin">Makes a pinned block; called when it is needed first.</param>
/// <param name="waited">Called for each wait that an upload had to make.</param>
internal sealed class StagingRing(Func<int, PinnedBlock> pin, Action waited)
{
    /// <summary>The bytes of a block.</summary>
    public const int BlockBytes = 4 << 20;

    private const int Blocks = 4, AlignBytes = 64;

    private readonly Lock _up = new(), _down = new();
    private readonly PinnedBlock?[] _uploads = new PinnedBlock?[Blocks], _downloads = new PinnedBlock?[2];
    private readonly bool[] _marked = new bool[Blocks];
    private PinnedBlock? _word;
    private int _current, _used;

    /// <summary>Captures the bytes and queues the copy.</summary>
    public void Upload(nint handle, long offsetBytes, ReadOnlySpan<byte> source)
    {
        lock (_up)
        {
            while (source.Length > 0)
            {
                if (_used >= BlockBytes) Turn();
                PinnedBlock block = _uploads[_current] ??= pin(BlockBytes);
                int part = Math.Min(source.Length, BlockBytes - _used);
                source[..part].CopyTo(block.Span[_used..]);
                block.QueueUpload(_used, handle, offsetBytes, part);
                _used += (part + AlignBytes - 1) / AlignBytes * AlignBytes;
                source = source[part..];
                offsetBytes += part;
            }
        }
    }

    /// <summary>Copies to the host, after all queued work.</summary>
    public void Download(Span<byte> destination, nint handle, long offsetBytes)
    {
        lock (_down)
        {
            int queued = 0, done = 0;
            for (int next = 0; done < destination.Length; next++)
            {
                while (queued < destination.Length && queued - done < 2L * BlockBytes)
                {
                    PinnedBlock half = _downloads[queued / BlockBytes % 2] ??= pin(BlockBytes);
                    int part = Math.Min(destination.Length - queued, BlockBytes);
                    half.QueueDownload(handle, offsetBytes + queued, 0, part);
                    half.Mark();
                    queued += part;
                    if (queued == destination.Length) break;
                }
                PinnedBlock ready = _downloads[next % 2]!;
                ready.Wait();
                int length = Math.Min(destination.Length - done, BlockBytes);
                ready.Span[..length].CopyTo(destination[done..]);
                done += length;
            }
        }
    }

    /// <summary>The word that was read last by <see cref="QueueWord"/>; valid after a wait.</summary>
    public long Word => _word is { } block ? Volatile.Read(ref MemoryMarshal.AsRef<long>(block.Span)) : 0;

    /// <summary>Queues a copy of the first eight bytes of a block to the host.</summary>
    public void QueueWord(nint handle)
    {
        lock (_down) (_word ??= pin(AlignBytes)).QueueDownload(handle, 0, 0, sizeof(long));
    }

    /// <summary>Goes to the next block, which may still be on its way from the last round.</summary>
    private void Turn()
    {
        _uploads[_current]!.Mark();
        _marked[_current] = true;
        _current = (_current + 1) % Blocks;
        _used = 0;
        if (!_marked[_current]) return;
        waited();
        _uploads[_current]!.Wait();
        _marked[_current] = false;
    }
}
