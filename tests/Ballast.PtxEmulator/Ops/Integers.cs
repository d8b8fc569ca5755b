using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.PtxEmulation;

internal readonly struct Add<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a + b;
}

internal readonly struct Sub<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a - b;
}

internal readonly struct MulLo<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a * b;
}

internal readonly struct MadLo<T> : IVec3<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b, Vector256<T> c) => a * b + c;
}

internal readonly struct And<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a & b;
}

internal readonly struct Or<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a | b;
}

internal readonly struct Xor<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a ^ b;
}

internal readonly struct Min<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Min(a, b);
}

internal readonly struct Max<T> : IVec2<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);
}

internal readonly struct Move<T> : IVec1<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => a;
}

internal readonly struct NotBits<T> : IVec1<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => ~a;
}

internal readonly struct NegInt<T> : IVec1<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => -a;
}

internal readonly struct AbsInt<T> : IVec1<T>
    where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => Vector256.Abs(a);
}

internal readonly struct MulWideS : ITwo<int, int, long>
{
    public static long Of(int a, int b) => (long)a * b;
}

internal readonly struct MulWideU : ITwo<uint, uint, ulong>
{
    public static ulong Of(uint a, uint b) => (ulong)a * b;
}

internal readonly struct MulWideS16 : ITwo<int, int, int>
{
    public static int Of(int a, int b) => (short)a * (short)b;
}

internal readonly struct MulWideU16 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => (uint)(ushort)a * (ushort)b;
}

internal readonly struct MadWideS : IThree<int, int, long, long>
{
    public static long Of(int a, int b, long c) => (long)a * b + c;
}

internal readonly struct MadWideU : IThree<uint, uint, ulong, ulong>
{
    public static ulong Of(uint a, uint b, ulong c) => (ulong)a * b + c;
}

internal readonly struct MulHi<T, TWide> : ITwo<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
    where TWide : unmanaged, IBinaryInteger<TWide>
{
    public static T Of(T a, T b) =>
        T.CreateTruncating((TWide.CreateTruncating(a) * TWide.CreateTruncating(b)) >> (Unsafe.SizeOf<T>() * 8));
}

internal readonly struct MadHi<T, TWide> : IThree<T, T, T, T>
    where T : unmanaged, IBinaryInteger<T>
    where TWide : unmanaged, IBinaryInteger<TWide>
{
    public static T Of(T a, T b, T c) => unchecked(MulHi<T, TWide>.Of(a, b) + c);
}

/// <summary>Integer division: by zero the result is unspecified, so it is a fault here.</summary>
internal readonly struct Div<T> : ITwo<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Of(T a, T b)
    {
        if (T.IsZero(b)) throw new KernelFault("an integer is divided by zero (the result is unspecified).");
        return b == T.Zero - T.One && T.IsNegative(b) ? unchecked(T.Zero - a) : a / b;
    }
}

internal readonly struct Rem<T> : ITwo<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Of(T a, T b)
    {
        if (T.IsZero(b)) throw new KernelFault("the remainder of a division by zero is taken (the result is unspecified).");
        return b == T.Zero - T.One && T.IsNegative(b) ? T.Zero : a % b;
    }
}

/// <summary>Shifts: an amount beyond the width counts as the width.</summary>
internal readonly struct Shl32 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => b > 31 ? 0 : a << (int)b;
}

internal readonly struct Shl64 : ITwo<ulong, uint, ulong>
{
    public static ulong Of(ulong a, uint b) => b > 63 ? 0 : a << (int)b;
}

internal readonly struct ShrU32 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => b > 31 ? 0 : a >> (int)b;
}

internal readonly struct ShrU64 : ITwo<ulong, uint, ulong>
{
    public static ulong Of(ulong a, uint b) => b > 63 ? 0 : a >> (int)b;
}

internal readonly struct ShrS32 : ITwo<int, uint, int>
{
    public static int Of(int a, uint b) => a >> (int)Math.Min(b, 31);
}

internal readonly struct ShrS64 : ITwo<long, uint, long>
{
    public static long Of(long a, uint b) => a >> (int)Math.Min(b, 63);
}

internal readonly struct Shl16 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => b > 15 ? 0u : (ushort)(a << (int)b);
}

internal readonly struct ShrU16 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => b > 15 ? 0 : (uint)(ushort)a >> (int)b;
}

internal readonly struct ShrS16 : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => (ushort)((short)a >> (int)Math.Min(b, 15));
}

/// <summary>A 16-bit operation through int values of the same sign.</summary>
internal readonly struct Low16<TOp, TSign> : ITwo<uint, uint, uint>
    where TOp : struct, ITwo<int, int, int>
    where TSign : struct
{
    public static uint Of(uint a, uint b) => typeof(TSign) == typeof(short)
        ? (ushort)TOp.Of((short)a, (short)b)
        : (ushort)TOp.Of((ushort)a, (ushort)b);
}

internal readonly struct AddInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => a + b;
}

internal readonly struct SubInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => a - b;
}

internal readonly struct MulInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => unchecked(a * b);
}

internal readonly struct MulHiInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => (int)(((long)a * b) >> 16);
}

internal readonly struct MinInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => Math.Min(a, b);
}

internal readonly struct MaxInt : ITwo<int, int, int>
{
    public static int Of(int a, int b) => Math.Max(a, b);
}

internal readonly struct MadLo16 : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (ushort)(a * b + c);
}

internal readonly struct Neg16 : IOne<uint, uint>
{
    public static uint Of(uint a) => (ushort)-(short)a;
}

internal readonly struct Abs16 : IOne<uint, uint>
{
    public static uint Of(uint a) => (ushort)Math.Abs((int)(short)a);
}

internal readonly struct Not16 : IOne<uint, uint>
{
    public static uint Of(uint a) => (ushort)~a;
}

internal readonly struct Popc32 : IOne<uint, uint>
{
    public static uint Of(uint a) => (uint)BitOperations.PopCount(a);
}

internal readonly struct Popc64 : IOne<ulong, uint>
{
    public static uint Of(ulong a) => (uint)BitOperations.PopCount(a);
}

internal readonly struct Clz32 : IOne<uint, uint>
{
    public static uint Of(uint a) => (uint)BitOperations.LeadingZeroCount(a);
}

internal readonly struct Clz64 : IOne<ulong, uint>
{
    public static uint Of(ulong a) => (uint)BitOperations.LeadingZeroCount(a);
}

/// <summary>bfind: the place of the highest bit that differs from the sign, or all ones.</summary>
internal readonly struct BfindU32 : IOne<uint, uint>
{
    public static uint Of(uint a) => a == 0 ? uint.MaxValue : (uint)BitOperations.Log2(a);
}

internal readonly struct BfindS32 : IOne<int, uint>
{
    public static uint Of(int a) => BfindU32.Of((uint)(a < 0 ? ~a : a));
}

internal readonly struct Brev32 : IOne<uint, uint>
{
    public static uint Of(uint a)
    {
        a = ((a >> 1) & 0x55555555) | ((a & 0x55555555) << 1);
        a = ((a >> 2) & 0x33333333) | ((a & 0x33333333) << 2);
        a = ((a >> 4) & 0x0f0f0f0f) | ((a & 0x0f0f0f0f) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(a);
    }
}

internal readonly struct Brev64 : IOne<ulong, ulong>
{
    public static ulong Of(ulong a) => ((ulong)Brev32.Of((uint)a) << 32) | Brev32.Of((uint)(a >> 32));
}

/// <summary>bfe d, a, position, length: a field of bits; signed fields repeat their highest bit.</summary>
internal readonly struct BfeU32 : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (uint)BfeU64.Field(a, b & 255, c & 255, 31, false);
}

internal readonly struct BfeS32 : IThree<int, uint, uint, int>
{
    public static int Of(int a, uint b, uint c) => (int)BfeU64.Field((uint)a, b & 255, c & 255, 31, true);
}

internal readonly struct BfeU64 : IThree<ulong, uint, uint, ulong>
{
    public static ulong Of(ulong a, uint b, uint c) => Field(a, b & 255, c & 255, 63, false);

    public static ulong Field(ulong a, uint position, uint length, uint top, bool signed)
    {
        if (length == 0) return 0;
        ulong sign = signed ? (a >> (int)Math.Min(position + length - 1, top)) & 1 : 0;
        ulong value = 0;
        for (uint n = 0; n <= top; n++)
        {
            ulong bit = n < length && position + n <= top ? (a >> (int)(position + n)) & 1 : sign;
            value |= bit << (int)n;
        }
        return value;
    }
}

internal readonly struct BfeS64 : IThree<long, uint, uint, long>
{
    public static long Of(long a, uint b, uint c) => (long)BfeU64.Field((ulong)a, b & 255, c & 255, 63, true);
}

/// <summary>shf: the upper or lower word of two words shifted as one.</summary>
internal readonly struct ShfLeftWrap : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (uint)(((((ulong)b << 32) | a) << (int)(c & 31)) >> 32);
}

internal readonly struct ShfRightWrap : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (uint)((((ulong)b << 32) | a) >> (int)(c & 31));
}

internal readonly struct ShfLeftClamp : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (uint)(((((ulong)b << 32) | a) << (int)Math.Min(c, 32)) >> 32);
}

internal readonly struct ShfRightClamp : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => (uint)((((ulong)b << 32) | a) >> (int)Math.Min(c, 32));
}

/// <summary>prmt: four of eight bytes, each chosen by four bits; the highest repeats the byte's sign.</summary>
internal readonly struct Prmt : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c)
    {
        ulong bytes = ((ulong)b << 32) | a;
        uint result = 0;
        for (int n = 0; n < 4; n++)
        {
            uint select = (c >> (4 * n)) & 15;
            uint value = (uint)(bytes >> (int)(8 * (select & 7))) & 255;
            if ((select & 8) != 0) value = (value & 128) != 0 ? 255u : 0;
            result |= value << (8 * n);
        }
        return result;
    }
}

internal readonly struct SadS32 : IThree<int, int, uint, uint>
{
    public static uint Of(int a, int b, uint c) => c + (uint)Math.Abs((long)a - b);
}

internal readonly struct SadU32 : IThree<uint, uint, uint, uint>
{
    public static uint Of(uint a, uint b, uint c) => c + (a > b ? a - b : b - a);
}

internal readonly struct Mul24S : ITwo<int, int, int>
{
    public static int Of(int a, int b) => unchecked(((a << 8) >> 8) * ((b << 8) >> 8));
}

internal readonly struct Mul24U : ITwo<uint, uint, uint>
{
    public static uint Of(uint a, uint b) => unchecked((a & 0xffffff) * (b & 0xffffff));
}
