using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.Bench.Measuring;

/// <summary>How a stream goes through memory.</summary>
internal enum StreamKind
{
    /// <summary>A sum: every byte is read once.</summary>
    Read,

    /// <summary>A copy with stores that go past the caches.</summary>
    Copy,

    /// <summary>x += y: two blocks read, one written.</summary>
    AddInPlace,
}

/// <summary>Streams over blocks of 256 MiB, far larger than the caches, split evenly over threads.</summary>
internal sealed unsafe class StreamProbe : IDisposable
{
    private const long BlockBytes = 256L << 20;

    private readonly int _threads;
    private readonly LargeBlock _x = new(BlockBytes), _y = new(BlockBytes);
    private float _sink;

    public StreamProbe(int threads)
    {
        _threads = threads;
        new Span<float>(_x.Address, (int)(BlockBytes / sizeof(float))).Fill(1);
        new Span<float>(_y.Address, (int)(BlockBytes / sizeof(float))).Fill(1);
    }

    /// <summary>Bytes read and written by one pass.</summary>
    public double Bytes(StreamKind kind) => BlockBytes * kind switch { StreamKind.Read => 1.0, StreamKind.Copy => 2.0, _ => 3.0 };

    /// <summary>The time of one pass.</summary>
    public double Seconds(StreamKind kind)
    {
        long part = BlockBytes / _threads / LargeBlock.Line * LargeBlock.Line / sizeof(float);
        return Crew.Seconds(_threads, thread =>
        {
            float* x = (float*)_x.Address + thread * part, y = (float*)_y.Address + thread * part;
            if (kind == StreamKind.Read) _sink += StreamLoops.Sum(x, part);
            else if (kind == StreamKind.Copy) StreamLoops.Copy(x, y, part);
            else StreamLoops.AddInPlace(x, y, part);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
    }
}

/// <summary>The loops of the probe: 256-bit vectors, which saturate memory on every processor that has them.</summary>
internal static unsafe class StreamLoops
{
    private const int Step = 32;

    /// <summary>The sum of the elements; their count is a multiple of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* x, long count)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (long i = 0; i + Step <= count; i += Step)
        {
            a += Vector256.Load(x + i);
            b += Vector256.Load(x + i + 8);
            c += Vector256.Load(x + i + 16);
            d += Vector256.Load(x + i + 24);
        }
        return Vector256.Sum(a + b + c + d);
    }

    /// <summary>y = x past the caches; both start on a cache line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* x, float* y, long count)
    {
        for (long i = 0; i + Step <= count; i += Step)
        {
            Vector256.Load(x + i).StoreAlignedNonTemporal(y + i);
            Vector256.Load(x + i + 8).StoreAlignedNonTemporal(y + i + 8);
            Vector256.Load(x + i + 16).StoreAlignedNonTemporal(y + i + 16);
            Vector256.Load(x + i + 24).StoreAlignedNonTemporal(y + i + 24);
        }
    }

    /// <summary>x += y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddInPlace(float* x, float* y, long count)
    {
        for (long i = 0; i + Step <= count; i += Step)
        {
            (Vector256.Load(x + i) + Vector256.Load(y + i)).Store(x + i);
            (Vector256.Load(x + i + 8) + Vector256.Load(y + i + 8)).Store(x + i + 8);
            (Vector256.Load(x + i + 16) + Vector256.Load(y + i + 16)).Store(x + i + 16);
            (Vector256.Load(x + i + 24) + Vector256.Load(y + i + 24)).Store(x + i + 24);
        }
    }
}
