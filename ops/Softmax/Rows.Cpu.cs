using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary><see cref="RowLoops{L, T}"/> in the widest lanes, for callers that know their element type only.</summary>
internal static unsafe class Rows<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Elements whose handling is worth a thread of its own.</summary>
    private const long GrainElements = 16 * 1024;

    /// <summary>How many rows of that many elements are worth a thread of their own.</summary>
    public static long Grain(long length) => Math.Max(1, GrainElements / Math.Max(1, length));

    /// <inheritdoc cref="RowLoops{L, T}.Max"/>
    public static T Max(T* x, long n) => typeof(T) == typeof(double) ? From(RowLoops<F64Lanes, double>.Max((double*)x, n))
        : Vector512.IsHardwareAccelerated ? From(RowLoops<F32Wide, float>.Max((float*)x, n))
        : From(RowLoops<F32Lanes, float>.Max((float*)x, n));

    /// <inheritdoc cref="RowLoops{L, T}.ExpSum"/>
    public static T ExpSum(T* x, T shift, T* y, long n) => typeof(T) == typeof(double)
        ? From(RowLoops<F64Lanes, double>.ExpSum((double*)x, To<double>(shift), (double*)y, n))
        : Vector512.IsHardwareAccelerated ? From(RowLoops<F32Wide, float>.ExpSum((float*)x, To<float>(shift), (float*)y, n))
        : From(RowLoops<F32Lanes, float>.ExpSum((float*)x, To<float>(shift), (float*)y, n));

    /// <inheritdoc cref="RowLoops{L, T}.Scale"/>
    public static void Scale(T* x, T factor, T* y, long n)
    {
        if (typeof(T) == typeof(double)) RowLoops<F64Lanes, double>.Scale((double*)x, To<double>(factor), (double*)y, n);
        else if (Vector512.IsHardwareAccelerated) RowLoops<F32Wide, float>.Scale((float*)x, To<float>(factor), (float*)y, n);
        else RowLoops<F32Lanes, float>.Scale((float*)x, To<float>(factor), (float*)y, n);
    }

    /// <inheritdoc cref="RowLoops{L, T}.Add"/>
    public static void Add(T* x, T* y, long n)
    {
        if (typeof(T) == typeof(double)) RowLoops<F64Lanes, double>.Add((double*)x, (double*)y, n);
        else if (Vector512.IsHardwareAccelerated) RowLoops<F32Wide, float>.Add((float*)x, (float*)y, n);
        else RowLoops<F32Lanes, float>.Add((float*)x, (float*)y, n);
    }

    /// <inheritdoc cref="RowLoops{L, T}.Dot"/>
    public static T Dot(T* x, T* y, long n) => typeof(T) == typeof(double)
        ? From(RowLoops<F64Lanes, double>.Dot((double*)x, (double*)y, n))
        : Vector512.IsHardwareAccelerated ? From(RowLoops<F32Wide, float>.Dot((float*)x, (float*)y, n))
        : From(RowLoops<F32Lanes, float>.Dot((float*)x, (float*)y, n));

    /// <summary>e^x; float32 as in <see cref="F32Lanes"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Exp(Vector<T> x) => typeof(T) == typeof(float)
        ? F32Lanes.Exp(new F32Lanes(x.As<T, float>())).Value.As<float, T>()
        : Vector.Exp(x.As<T, double>()).As<double, T>();

    /// <summary>e^x of one element: the bits that it has in a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp(T x) => typeof(T) == typeof(float) ? From(F32.Exp(new F32(To<float>(x))).Value) : Exp(new Vector<T>(x))[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static U To<U>(T value) where U : unmanaged => Unsafe.BitCast<T, U>(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T From<U>(U value) where U : unmanaged => Unsafe.BitCast<U, T>(value);
}
