using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>The few vector operations that matrix products need, for a register V of elements T.</summary>
internal unsafe interface IGemmLanes<T, V>
    where T : unmanaged
{
    /// <summary>Elements in one register.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of a register tile two registers wide: its accumulators, two columns and a broadcast fit in the registers.</summary>
    static abstract int MaxRows { get; }

    static abstract V Zero { get; }
    static abstract V Broadcast(T value);
    static abstract V Load(T* source);
    /// <summary>A register of bfloat16, widened; T is float.</summary>
    static abstract V LoadBFloat16(ushort* source);

    /// <summary>A register of float16, widened; T is float.</summary>
    static abstract V LoadFloat16(ushort* source);

    static abstract void Store(V value, T* target);
    static abstract V Add(V x, V y);
    static abstract V Multiply(V x, V y);

    /// <summary>x·y + z, in one rounding where the processor can.</summary>
    static abstract V MultiplyAdd(V x, V y, V z);

    static abstract T Sum(V value);
}

/// <summary>Bits of a float16 that was sign-extended to 32 bits and moved up by 13, and what makes a float32 of it.</summary>
internal static class HalfBits
{
    public const int SignAndDigits = unchecked((int)0x8FFF_FFFF);
    public const int Digits = 0x0FFF_FFFF;
    public const int LargestFinite = (0x7C00 << 13) - 1;
    public const int Infinity = 0x7F80_0000;

    /// <summary>2^112, the difference of the exponents' biases.</summary>
    public const float Scale = 5.192296858534828e33f;
}

/// <summary>512-bit registers (32 of them).</summary>
internal readonly unsafe struct Lanes512<T> : IGemmLanes<T, Vector512<T>>
    where T : unmanaged
{
    public static int Width => Vector512<T>.Count;
    public static int MaxRows => 14;
    public static Vector512<T> Zero => Vector512<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadBFloat16(ushort* source) =>
        (Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadFloat16(ushort* source)
    {
        // Sign-extended and moved up, the digits stand where float32 has them; the product corrects the exponent and subnormals.
        var bits = Vector512.WidenLower(Vector256.Load((short*)source).ToVector512Unsafe()) << 13;
        var scaled = ((bits & Vector512.Create(HalfBits.SignAndDigits)).AsSingle() * HalfBits.Scale).AsInt32();
        var special = Vector512.GreaterThan(bits & Vector512.Create(HalfBits.Digits), Vector512.Create(HalfBits.LargestFinite));
        return (scaled | (special & Vector512.Create(HalfBits.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<T> value, T* target) => Vector512.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Add(Vector512<T> x, Vector512<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Multiply(Vector512<T> x, Vector512<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> x, Vector512<T> y, Vector512<T> z) => typeof(T) == typeof(float)
        ? Vector512.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector512.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector512<T> value) => Vector512.Sum(value);
}

/// <summary>256-bit registers (16 of them).</summary>
internal readonly unsafe struct Lanes256<T> : IGemmLanes<T, Vector256<T>>
    where T : unmanaged
{
    public static int Width => Vector256<T>.Count;
    public static int MaxRows => 6;
    public static Vector256<T> Zero => Vector256<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadBFloat16(ushort* source) =>
        (Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadFloat16(ushort* source)
    {
        // Sign-extended and moved up, the digits stand where float32 has them; the product corrects the exponent and subnormals.
        var bits = Vector256.WidenLower(Vector128.Load((short*)source).ToVector256Unsafe()) << 13;
        var scaled = ((bits & Vector256.Create(HalfBits.SignAndDigits)).AsSingle() * HalfBits.Scale).AsInt32();
        var special = Vector256.GreaterThan(bits & Vector256.Create(HalfBits.Digits), Vector256.Create(HalfBits.LargestFinite));
        return (scaled | (special & Vector256.Create(HalfBits.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<T> value, T* target) => Vector256.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> x, Vector256<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Multiply(Vector256<T> x, Vector256<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> x, Vector256<T> y, Vector256<T> z) => typeof(T) == typeof(float)
        ? Vector256.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector256.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector256<T> value) => Vector256.Sum(value);
}

/// <summary>128-bit registers (at least 16 of them).</summary>
internal readonly unsafe struct Lanes128<T> : IGemmLanes<T, Vector128<T>>
    where T : unmanaged
{
    public static int Width => Vector128<T>.Count;
    public static int MaxRows => 6;
    public static Vector128<T> Zero => Vector128<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadBFloat16(ushort* source) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()) << 16).As<uint, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadFloat16(ushort* source)
    {
        var bits = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsInt16()) << 13;
        var scaled = ((bits & Vector128.Create(HalfBits.SignAndDigits)).AsSingle() * HalfBits.Scale).AsInt32();
        var special = Vector128.GreaterThan(bits & Vector128.Create(HalfBits.Digits), Vector128.Create(HalfBits.LargestFinite));
        return (scaled | (special & Vector128.Create(HalfBits.Infinity))).As<int, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<T> value, T* target) => Vector128.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> x, Vector128<T> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Multiply(Vector128<T> x, Vector128<T> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> x, Vector128<T> y, Vector128<T> z) => typeof(T) == typeof(float)
        ? Vector128.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector128.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector128<T> value) => Vector128.Sum(value);
}

/// <summary>One element at a time, for a processor or a run without vector instructions.</summary>
internal readonly unsafe struct ScalarLanes<T> : IGemmLanes<T, T>
    where T : unmanaged, INumberBase<T>
{
    public static int Width => 1;
    public static int MaxRows => 6;
    public static T Zero => T.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Broadcast(T value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(T* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadBFloat16(ushort* source) => Unsafe.BitCast<float, T>(*(BFloat16*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadFloat16(ushort* source) => Unsafe.BitCast<float, T>((float)*(Half*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T value, T* target) => *target = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T x, T y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Multiply(T x, T y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T x, T y, T z) => (x * y) + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(T value) => value;
}
