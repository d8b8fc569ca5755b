using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Conversions between float32 and other floating types over dense runs, in SIMD lanes; large results go past the
/// caches.</summary>
/// <remarks>Rounding is to the nearest, ties to even, as in the scalar casts; NaN stays NaN with its upper bits.</remarks>
internal static unsafe class DenseConvert
{
    /// <summary>Results from this size on are not kept in the caches: nobody reads megabytes back from there, and a store that does not
    /// first read its line saves a third of the traffic.</summary>
    private const long StreamBytes = 1 << 20;

    public static void Run(float* x, double* y, long n)
    {
        long i = 0, step = Vector<float>.Count;
        bool stream = n * sizeof(double) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = x[i];
        for (; i <= n - step; i += step)
        {
            Vector.Widen(Vector.Load(x + i), out Vector<double> low, out Vector<double> high);
            Store(low, y + i, stream);
            Store(high, y + i + Vector<double>.Count, stream);
        }
        for (; i < n; i++) y[i] = x[i];
    }

    public static void Run(double* x, float* y, long n)
    {
        long i = 0, step = Vector<float>.Count;
        bool stream = n * sizeof(float) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = (float)x[i];
        for (; i <= n - step; i += step) Store(Vector.Narrow(Vector.Load(x + i), Vector.Load(x + i + Vector<double>.Count)), y + i, stream);
        for (; i < n; i++) y[i] = (float)x[i];
    }

    public static void Run(float* x, Half* y, long n)
    {
        long i = 0, step = Vector<ushort>.Count;
        bool stream = n * sizeof(Half) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = (Half)x[i];
        for (; i <= n - step; i += step)
            Store(Vector.Narrow(ToHalf(Vector.Load(x + i)), ToHalf(Vector.Load(x + i + Vector<float>.Count))), (ushort*)y + i, stream);
        for (; i < n; i++) y[i] = (Half)x[i];
    }

    public static void Run(Half* x, float* y, long n)
    {
        long i = 0, step = Vector<ushort>.Count;
        bool stream = n * sizeof(float) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = (float)x[i];
        for (; i <= n - step; i += step)
        {
            Vector.Widen(Vector.Load((ushort*)x + i), out Vector<uint> low, out Vector<uint> high);
            Store(FromHalf(low), y + i, stream);
            Store(FromHalf(high), y + i + Vector<float>.Count, stream);
        }
        for (; i < n; i++) y[i] = (float)x[i];
    }

    public static void Run(float* x, BFloat16* y, long n)
    {
        long i = 0, step = Vector<ushort>.Count;
        bool stream = n * sizeof(BFloat16) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = (BFloat16)x[i];
        for (; i <= n - step; i += step)
        {
            Vector<uint> low = BFloat16.Narrow(Vector.Load((uint*)x + i)),
                high = BFloat16.Narrow(Vector.Load((uint*)x + i + Vector<uint>.Count));
            Store(Vector.Narrow(low, high), (ushort*)y + i, stream);
        }
        for (; i < n; i++) y[i] = (BFloat16)x[i];
    }

    public static void Run(BFloat16* x, float* y, long n)
    {
        long i = 0, step = Vector<ushort>.Count;
        bool stream = n * sizeof(float) >= StreamBytes;
        if (stream) for (; i < n && !Aligned(y + i); i++) y[i] = x[i];
        for (; i <= n - step; i += step)
        {
            Vector.Widen(Vector.Load((ushort*)x + i), out Vector<uint> low, out Vector<uint> high);
            Store(low << 16, (uint*)y + i, stream);
            Store(high << 16, (uint*)y + i + Vector<uint>.Count, stream);
        }
        for (; i < n; i++) y[i] = x[i];
    }

    private static bool Aligned(void* p) => (nuint)p % (nuint)Vector<byte>.Count == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(Vector<T> value, T* target, bool stream) where T : unmanaged
    {
        if (stream) value.StoreAlignedNonTemporal(target);
        else value.Store(target);
    }

    /// <summary>The 16 bits of the nearest half, in 32-bit lanes. Comparisons are signed, which processors have: the sign is masked
    /// off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> ToHalf(Vector<float> value)
    {
        Vector<int> bits = Vector.AsVectorInt32(value), abs = bits & new Vector<int>(0x7FFF_FFFF);
        // Normal numbers: another exponent bias, and half a unit, less one where the last kept bit is even, before the digits are cut.
        Vector<int> odd = (abs >> 13) & Vector<int>.One;
        Vector<int> normal = (abs + odd - new Vector<int>(((127 - 15) << 23) - 0xFFF)) >> 13;
        // Subnormal halves: the addition shifts the digits to the end of 0.5's fraction, rounded by the processor.
        Vector<int> small = Vector.AsVectorInt32(Vector.AsVectorSingle(abs) + new Vector<float>(0.5f)) - new Vector<int>(0x3F00_0000);
        Vector<int> nan = ((abs >> 13) & new Vector<int>(0x3FF)) | new Vector<int>(0x7E00);
        Vector<int> half = Vector.ConditionalSelect(Vector.LessThan(abs, new Vector<int>(0x3880_0000)), small, normal);
        half = Vector.ConditionalSelect(Vector.LessThan(abs, new Vector<int>(0x477F_F000)), half, new Vector<int>(0x7C00));
        half = Vector.ConditionalSelect(Vector.GreaterThan(abs, new Vector<int>(0x7F80_0000)), nan, half);
        return Vector.AsVectorUInt32(half) | ((Vector.AsVectorUInt32(bits) >> 16) & new Vector<uint>(0x8000));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> FromHalf(Vector<uint> half)
    {
        Vector<int> bits = Vector.AsVectorInt32(half), digits = (bits & new Vector<int>(0x7FFF)) << 13,
            sign = (bits & new Vector<int>(0x8000)) << 16;
        // The product moves the exponent by the difference of the biases, and brings subnormals into form.
        Vector<int> scaled = Vector.AsVectorInt32(Vector.AsVectorSingle(digits) * new Vector<float>(5.192296858534828e33f));
        Vector<int> special = Vector.GreaterThan(digits, new Vector<int>((0x7C00 << 13) - 1)) & new Vector<int>(0x7F80_0000);
        Vector<int> quiet = Vector.GreaterThan(digits, new Vector<int>(0x7C00 << 13)) & new Vector<int>(0x0040_0000);
        return Vector.AsVectorSingle(scaled | special | quiet | sign);
    }
}
