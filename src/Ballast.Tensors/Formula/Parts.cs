using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ballast;

/// <summary>Parts of registers.</summary>
/// <remarks>
/// No call where it can be helped: a call in the rare end of a loop makes the compiler keep the loop's sums in memory, because no vector
/// register outlives it.
/// </remarks>
internal static unsafe class Parts
{
    /// <summary>Reads fewer elements than the register holds; the others hold <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Load<T>(T* source, long count, Vector<T> rest) where T : unmanaged
    {
        if (Avx.IsSupported && Vector<byte>.Count == 32)
        {
            Vector256<T> first = First256<T>(count), read = sizeof(T) == sizeof(float)
                ? Avx.MaskLoad((float*)source, first.AsSingle()).As<float, T>()
                : Avx.MaskLoad((double*)source, first.AsDouble()).As<double, T>();
            return Vector256.ConditionalSelect(first, read, rest.AsVector256()).AsVector();
        }
        if (Vector<byte>.Count == 16)
            return Vector128.ConditionalSelect(First128<T>(count), Low(source, count), rest.AsVector128()).AsVector();
        return ThroughMemory(source, count, rest);
    }

    /// <summary>Writes the first elements only, fewer than the register holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector<T> value, T* destination, long count) where T : unmanaged
    {
        if (Avx.IsSupported && Vector<byte>.Count == 32)
        {
            Vector256<T> first = First256<T>(count);
            if (sizeof(T) == sizeof(float)) Avx.MaskStore((float*)destination, first.AsSingle(), value.AsVector256().AsSingle());
            else Avx.MaskStore((double*)destination, first.AsDouble(), value.AsVector256().AsDouble());
        }
        else if (Vector<byte>.Count == 16) StoreLow(value.AsVector128(), destination, count);
        else ThroughMemory(value, destination, count);
    }

    /// <summary>The same for a register of 16 float32 where the processor has none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static F32Wide LoadWide(float* source, long count, F32Wide rest)
    {
        float* buffer = stackalloc float[F32Wide.Count];
        F32Wide.Store(rest, buffer);
        for (long i = 0; i < count; i++) buffer[i] = source[i];
        return F32Wide.Load(buffer);
    }

    /// <summary>Writes the first elements of a register of 16 float32 where the processor has none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StoreWide(F32Wide value, float* destination, long count)
    {
        float* buffer = stackalloc float[F32Wide.Count];
        F32Wide.Store(value, buffer);
        for (long i = 0; i < count; i++) destination[i] = buffer[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> First256<T>(long count) where T : unmanaged => sizeof(T) == sizeof(float)
        ? Vector256.LessThan(Vector256<int>.Indices, Vector256.Create((int)count)).As<int, T>()
        : Vector256.LessThan(Vector256<long>.Indices, Vector256.Create(count)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> First128<T>(long count) where T : unmanaged => sizeof(T) == sizeof(float)
        ? Vector128.LessThan(Vector128<int>.Indices, Vector128.Create((int)count)).As<int, T>()
        : Vector128.LessThan(Vector128<long>.Indices, Vector128.Create(count)).As<long, T>();

    /// <summary>One to three elements of 4 bytes or one of 8, in the low lanes; what the others hold is undefined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Low<T>(T* source, long count) where T : unmanaged
    {
        if (count <= 0) return Vector128<T>.Zero;
        if (sizeof(T) == sizeof(double)) return Vector128.CreateScalarUnsafe(*source);
        if (count == 1) return Vector128.CreateScalarUnsafe(*source);
        Vector128<T> two = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(source)).As<ulong, T>();
        return count == 2 ? two : two.WithElement(2, source[2]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLow<T>(Vector128<T> value, T* destination, long count) where T : unmanaged
    {
        if (count <= 0) return;
        if (sizeof(T) == sizeof(double) || count == 1)
        {
            *destination = value.ToScalar();
            return;
        }
        Unsafe.WriteUnaligned(destination, value.AsUInt64().ToScalar());
        if (count == 3) destination[2] = value.GetElement(2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector<T> ThroughMemory<T>(T* source, long count, Vector<T> rest) where T : unmanaged
    {
        T* buffer = stackalloc T[Vector<T>.Count];
        Vector.Store(rest, buffer);
        for (long i = 0; i < count; i++) buffer[i] = source[i];
        return Vector.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThroughMemory<T>(Vector<T> value, T* destination, long count) where T : unmanaged
    {
        T* buffer = stackalloc T[Vector<T>.Count];
        Vector.Store(value, buffer);
        for (long i = 0; i < count; i++) destination[i] = buffer[i];
    }
}
