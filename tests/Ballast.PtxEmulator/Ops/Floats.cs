using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.PtxEmulation;

/// <summary>Rules that PTX lays down for every float32 result.</summary>
internal static class F32Rules
{
    /// <summary>A NaN result is 0x7fffffff, whatever NaN went in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Canonical(Vector256<float> r) =>
        Vector256.ConditionalSelect(Vector256.Equals(r, r), r, Vector256.Create(0x7fffffff).AsSingle());

    /// <summary>.ftz: a subnormal becomes a zero of its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Flush(Vector256<float> x)
    {
        Vector256<float> small = Vector256.LessThan(Vector256.Abs(x), Vector256.Create(1.17549435e-38f));
        return Vector256.ConditionalSelect(small, (x.AsInt32() & Vector256.Create(int.MinValue)).AsSingle(), x);
    }

    /// <summary>.sat: into 0 to 1; a NaN becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Saturate(Vector256<float> x) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), Vector256.Min(x, Vector256<float>.One),
            Vector256<float>.Zero);

    public static float Flush(float x) => MathF.Abs(x) < 1.17549435e-38f ? MathF.CopySign(0f, x) : x;
}

internal readonly struct AddF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(a + b);
}

internal readonly struct SubF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(a - b);
}

internal readonly struct MulF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(a * b);
}

internal readonly struct DivF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(a / b);
}

internal readonly struct FmaF32 : IVec3<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        F32Rules.Canonical(Vector256.FusedMultiplyAdd(a, b, c));
}

internal readonly struct MinF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(Vector256.MinNumber(a, b));
}

internal readonly struct MaxF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(Vector256.MaxNumber(a, b));
}

/// <summary>min.NaN: a NaN on either side is the result.</summary>
internal readonly struct MinNanF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(Vector256.Min(a, b));
}

internal readonly struct MaxNanF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Canonical(Vector256.Max(a, b));
}

internal readonly struct SqrtF32 : IVec1<float>
{
    public static Vector256<float> Of(Vector256<float> a) => F32Rules.Canonical(Vector256.Sqrt(a));
}

internal readonly struct RcpF32 : IVec1<float>
{
    public static Vector256<float> Of(Vector256<float> a) => F32Rules.Canonical(Vector256<float>.One / a);
}

internal readonly struct NegF32 : IVec1<float>
{
    public static Vector256<float> Of(Vector256<float> a) => -a;
}

internal readonly struct AbsF32 : IVec1<float>
{
    public static Vector256<float> Of(Vector256<float> a) => Vector256.Abs(a);
}

/// <summary>copysign.f32 d, a, b: the sign of a on the magnitude of b.</summary>
internal readonly struct CopySignF32 : IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => Vector256.CopySign(b, a);
}

internal readonly struct AddF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a + b;
}

internal readonly struct SubF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a - b;
}

internal readonly struct MulF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a * b;
}

internal readonly struct DivF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a / b;
}

internal readonly struct FmaF64 : IVec3<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Vector256.FusedMultiplyAdd(a, b, c);
}

internal readonly struct MinF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => Vector256.MinNumber(a, b);
}

internal readonly struct MaxF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => Vector256.MaxNumber(a, b);
}

internal readonly struct SqrtF64 : IVec1<double>
{
    public static Vector256<double> Of(Vector256<double> a) => Vector256.Sqrt(a);
}

internal readonly struct RcpF64 : IVec1<double>
{
    public static Vector256<double> Of(Vector256<double> a) => Vector256<double>.One / a;
}

internal readonly struct NegF64 : IVec1<double>
{
    public static Vector256<double> Of(Vector256<double> a) => -a;
}

internal readonly struct AbsF64 : IVec1<double>
{
    public static Vector256<double> Of(Vector256<double> a) => Vector256.Abs(a);
}

internal readonly struct CopySignF64 : IVec2<double>
{
    public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => Vector256.CopySign(b, a);
}

/// <summary>.ftz around an operation of one operand.</summary>
internal readonly struct Ftz1<TOp> : IVec1<float>
    where TOp : struct, IVec1<float>
{
    public static Vector256<float> Of(Vector256<float> a) => F32Rules.Flush(TOp.Of(F32Rules.Flush(a)));
}

internal readonly struct Ftz2<TOp> : IVec2<float>
    where TOp : struct, IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) =>
        F32Rules.Flush(TOp.Of(F32Rules.Flush(a), F32Rules.Flush(b)));
}

internal readonly struct Ftz3<TOp> : IVec3<float>
    where TOp : struct, IVec3<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        F32Rules.Flush(TOp.Of(F32Rules.Flush(a), F32Rules.Flush(b), F32Rules.Flush(c)));
}

internal readonly struct Sat2<TOp> : IVec2<float>
    where TOp : struct, IVec2<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => F32Rules.Saturate(TOp.Of(a, b));
}

internal readonly struct Sat3<TOp> : IVec3<float>
    where TOp : struct, IVec3<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b, Vector256<float> c) => F32Rules.Saturate(TOp.Of(a, b, c));
}

/// <summary>Comparisons: an ordered one is false, an unordered one (…u) true where a NaN takes part.</summary>
internal readonly struct Eq<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
}

internal readonly struct Neu<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b);
}

internal readonly struct Lt<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
}

internal readonly struct Le<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
}

internal readonly struct Gt<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThan(a, b);
}

internal readonly struct Ge<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.GreaterThanOrEqual(a, b);
}

/// <summary>Not that: ltu is not-ge, and so on.</summary>
internal readonly struct Not<TOp, T> : ICompare<T>
    where TOp : struct, ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => ~TOp.Of(a, b);
}

/// <summary>Both are numbers.</summary>
internal readonly struct Num<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, a) & Vector256.Equals(b, b);
}

/// <summary>Both are numbers and they differ.</summary>
internal readonly struct Ne<T> : ICompare<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Num<T>.Of(a, b) & ~Vector256.Equals(a, b);
}

/// <summary>16-bit values are compared as 32-bit ones after widening.</summary>
internal readonly struct Low16S<TOp> : ICompare<int>
    where TOp : struct, ICompare<int>
{
    public static Vector256<int> Of(Vector256<int> a, Vector256<int> b) => TOp.Of((a << 16) >> 16, (b << 16) >> 16);
}

internal readonly struct Low16U<TOp> : ICompare<uint>
    where TOp : struct, ICompare<uint>
{
    public static Vector256<uint> Of(Vector256<uint> a, Vector256<uint> b) =>
        TOp.Of(a & Vector256.Create(0xffffu), b & Vector256.Create(0xffffu));
}
