using System.Runtime.Intrinsics;

namespace Ballast.Lab.Stream;

/// <summary>The loops of <see cref="StreamLaboratory"/>.</summary>
internal static unsafe class StreamAdd
{
    /// <summary>Elements below which a second thread does not pay.</summary>
    public const int Grain = 16_384;

    private const int Width = 8, Line = 32;

    /// <summary>c = a + b with ordinary stores.</summary>
    public static void Cached(float* a, float* b, float* c, long count)
    {
        long i = 0;
        for (; i + Width <= count; i += Width) (Vector256.Load(a + i) + Vector256.Load(b + i)).Store(c + i);
        for (; i < count; i++) c[i] = a[i] + b[i];
    }

    /// <summary>c = a + b with stores that go past the caches.</summary>
    public static void PastCaches(float* a, float* b, float* c, long count)
    {
        long i = 0;
        for (; i < count && (nint)(c + i) % Line != 0; i++) c[i] = a[i] + b[i];
        for (; i + Width <= count; i += Width) (Vector256.Load(a + i) + Vector256.Load(b + i)).StoreAlignedNonTemporal(c + i);
        for (; i < count; i++) c[i] = a[i] + b[i];
    }
}
