using System.Numerics;

namespace Ballast.PtxEmulation;

/// <summary>The types of cvt.</summary>
internal enum PtxType : byte
{
    None,
    U8,
    S8,
    U16,
    S16,
    U32,
    S32,
    U64,
    S64,
    F16,
    BF16,
    F32,
    F64,
    B8,
    B16,
    B32,
    B64,
    Pred,
    F16x2,
    BF16x2,
    TF32,
    B128,
}

/// <summary>Rounding of cvt: to nearest even, toward zero, down, up.</summary>
internal enum Rounding : byte
{
    Nearest,
    Zero,
    Down,
    Up,
}

/// <summary>cvt of all pairs of types.</summary>
internal static unsafe class Convert
{
    public static void General(Warp w, Instr* i)
    {
        byte* d = w.Row(i->D), a = w.Row(i->A);
        PtxType to = (PtxType)(i->Form & 255), from = (PtxType)(i->Form >> 8);
        Rounding mode = (Rounding)(i->Form2 & 3);
        bool saturate = (i->Form2 & 4) != 0, whole = (i->Form2 & 8) != 0, flush = (i->Form2 & 16) != 0;
        bool wideIn = from is PtxType.U64 or PtxType.S64 or PtxType.F64 || (i->Form2 & 64) != 0, wideOut = (i->Form2 & 32) != 0;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ulong raw = wideIn ? ((ulong*)a)[n] : ((uint*)a)[n];
            ulong result = IsFloat(from)
                ? IsFloat(to) ? FloatToFloat(Read(raw, from, flush), to, from, mode, saturate, whole, flush)
                    : FloatToInteger(Read(raw, from, flush), to, from, mode)
                : IsFloat(to) ? IntegerToFloat(Integer(raw, from), to, mode) : IntegerToInteger(Integer(raw, from), to, saturate);
            if (wideOut) ((ulong*)d)[n] = result;
            else ((uint*)d)[n] = (uint)result;
        }
        w.Define(d, Warp.Defined(a));
    }

    public static bool IsFloat(PtxType t) => t is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.F64 or PtxType.TF32;

    private static double Read(ulong raw, PtxType from, bool flush) => from switch
    {
        PtxType.F16 => (double)BitConverter.UInt16BitsToHalf((ushort)raw),
        PtxType.BF16 => BitConverter.UInt32BitsToSingle((uint)raw << 16),
        PtxType.F32 => flush ? F32Rules.Flush(BitConverter.UInt32BitsToSingle((uint)raw)) : BitConverter.UInt32BitsToSingle((uint)raw),
        _ => BitConverter.UInt64BitsToDouble(raw),
    };

    private static Int128 Integer(ulong raw, PtxType from) => from switch
    {
        PtxType.U8 => (byte)raw,
        PtxType.S8 => (sbyte)raw,
        PtxType.U16 => (ushort)raw,
        PtxType.S16 => (short)raw,
        PtxType.U32 => (uint)raw,
        PtxType.S32 => (int)raw,
        PtxType.U64 => raw,
        _ => (long)raw,
    };

    private static (Int128 Low, Int128 High) Range(PtxType t) => t switch
    {
        PtxType.U8 => (0, byte.MaxValue),
        PtxType.S8 => (sbyte.MinValue, sbyte.MaxValue),
        PtxType.U16 => (0, ushort.MaxValue),
        PtxType.S16 => (short.MinValue, short.MaxValue),
        PtxType.U32 => (0, uint.MaxValue),
        PtxType.S32 => (int.MinValue, int.MaxValue),
        PtxType.U64 => (0, ulong.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };

    private static ulong IntegerToInteger(Int128 value, PtxType to, bool saturate)
    {
        if (saturate)
        {
            (Int128 low, Int128 high) = Range(to);
            value = Int128.Clamp(value, low, high);
        }
        return Cut(unchecked((ulong)value), to);
    }

    // A narrow result fills its register with its sign or with zeros; a 16-bit register holds 16 bits.
    private static ulong Cut(ulong value, PtxType to) => to switch
    {
        PtxType.U8 => (byte)value,
        PtxType.S8 => (uint)(sbyte)value,
        PtxType.U16 => (ushort)value,
        PtxType.S16 => (uint)(short)value,
        PtxType.U32 or PtxType.S32 => (uint)value,
        _ => value,
    };

    // Out of range goes to the nearest end. A NaN is 0, but for float64 sources and 64-bit results it is the sign bit alone.
    private static ulong FloatToInteger(double x, PtxType to, PtxType from, Rounding mode)
    {
        if (double.IsNaN(x))
        {
            if (from != PtxType.F64 && to is not (PtxType.U64 or PtxType.S64)) return 0;
            return to switch
            {
                PtxType.U64 or PtxType.S64 => 1ul << 63,
                PtxType.U32 or PtxType.S32 => 1u << 31,
                PtxType.U16 or PtxType.S16 => 1u << 15,
                _ => 1u << 7,
            };
        }
        (Int128 low, Int128 high) = Range(to);
        double r = Whole(x, mode);
        if (r <= (double)low) return Cut(unchecked((ulong)low), to);
        if (r >= (double)high) return Cut(unchecked((ulong)high), to);
        return Cut(unchecked((ulong)(Int128)r), to);
    }

    private static double Whole(double x, Rounding mode) => mode switch
    {
        Rounding.Nearest => Math.Round(x, MidpointRounding.ToEven),
        Rounding.Zero => Math.Truncate(x),
        Rounding.Down => Math.Floor(x),
        _ => Math.Ceiling(x),
    };

    private static ulong FloatToFloat(double x, PtxType to, PtxType from, Rounding mode, bool saturate, bool whole, bool flush)
    {
        if (whole) x = Whole(x, mode);
        if (saturate) x = x > 0 ? Math.Min(x, 1) : 0;
        ulong bits = Encode(x, to, whole ? Rounding.Nearest : mode);
        if (!flush || to != PtxType.F32) return bits;
        return BitConverter.SingleToUInt32Bits(F32Rules.Flush(BitConverter.UInt32BitsToSingle((uint)bits)));
    }

    private static ulong Encode(double x, PtxType to, Rounding mode)
    {
        switch (to)
        {
            case PtxType.F64:
                return BitConverter.DoubleToUInt64Bits(x);
            case PtxType.F32:
                return double.IsNaN(x) ? 0x7fffffff : BitConverter.SingleToUInt32Bits(ToSingle(x, mode));
            case PtxType.F16:
                if (double.IsNaN(x)) return 0x7fff;
                if (mode == Rounding.Nearest) return BitConverter.HalfToUInt16Bits((Half)x);
                return Toward(x, mode, v => BitConverter.HalfToUInt16Bits((Half)v), b =>
                    (double)BitConverter.UInt16BitsToHalf((ushort)b), 0x7bff, 0x8000);
            case PtxType.BF16:
                if (double.IsNaN(x)) return 0x7fff;
                if (mode == Rounding.Nearest) return BFloat16(x);
                return Toward(x, mode, v => BFloat16(v), b => BitConverter.UInt32BitsToSingle((uint)b << 16), 0x7f7f, 0x8000);
            case PtxType.TF32:
                return double.IsNaN(x) ? 0x7fffffff : (BitConverter.SingleToUInt32Bits((float)x) + 0x1000) & 0xffffe000;
            default:
                throw new KernelFault($"cvt to {to} is not known.");
        }
    }

    private static float ToSingle(double x, Rounding mode)
    {
        float r = (float)x;
        if (mode == Rounding.Nearest || r == x || float.IsNaN(r)) return r;
        return mode switch
        {
            Rounding.Zero => Math.Abs((double)r) > Math.Abs(x) ? x > 0 ? MathF.BitDecrement(r) : MathF.BitIncrement(r) : r,
            Rounding.Down => r > x ? MathF.BitDecrement(r) : r,
            _ => r < x ? MathF.BitIncrement(r) : r,
        };
    }

    // Sources are float32 or narrower in practice; a double is first rounded to odd so that the second rounding is right.
    private static ulong BFloat16(double x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(ToSingle(x, Rounding.Zero));
        if (BitConverter.UInt32BitsToSingle(bits) != x) bits |= 1;
        return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    }

    // The nearest value, moved by one unit of its magnitude if it lies on the wrong side.
    private static ulong Toward(double x, Rounding mode, Func<double, ulong> encode, Func<ulong, double> decode, ulong largest, ulong sign)
    {
        ulong bits = encode(x);
        double r = decode(bits);
        bool away = mode == Rounding.Zero || (mode == Rounding.Down && x > 0) || (mode == Rounding.Up && x < 0);
        if (r == x || double.IsInfinity(x)) return bits;
        if (away && Math.Abs(r) > Math.Abs(x)) return double.IsInfinity(r) ? (bits & sign) | largest : bits - 1;
        return !away && Math.Abs(r) < Math.Abs(x) ? bits + 1 : bits;
    }

    private static ulong IntegerToFloat(Int128 value, PtxType to, Rounding mode)
    {
        if (to == PtxType.F32)
        {
            // Through double rounding would be wrong for 64-bit values: they are rounded once.
            float r = (float)value;
            if (mode == Rounding.Nearest) return BitConverter.SingleToUInt32Bits(value is var v && v < 0
                ? -(float)(UInt128)(-v) : (float)(UInt128)v);
            Int128 back = (Int128)r;
            r = mode switch
            {
                Rounding.Zero => Int128.Abs(back) > Int128.Abs(value) ? value > 0 ? MathF.BitDecrement(r) : MathF.BitIncrement(r) : r,
                Rounding.Down => back > value ? MathF.BitDecrement(r) : r,
                _ => back < value ? MathF.BitIncrement(r) : r,
            };
            return BitConverter.SingleToUInt32Bits(r);
        }
        if (to == PtxType.F64) return BitConverter.DoubleToUInt64Bits(value < 0 ? -(double)(UInt128)(-value) : (double)(UInt128)value);
        return Encode((double)value, to, mode);
    }

    /// <summary>cvt.rn.f16x2.f32 and bf16x2: the first operand goes to the upper half.</summary>
    public static void Pair(Warp w, Instr* i)
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B);
        PtxType to = (PtxType)i->Form;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ((uint*)d)[n] = (uint)((Encode(((float*)a)[n], to, Rounding.Nearest) << 16) | Encode(((float*)b)[n], to, Rounding.Nearest));
        }
        w.Define(d, Warp.Defined(a) & Warp.Defined(b));
    }
}

internal readonly struct SignExtend : IOne<int, long>
{
    public static long Of(int a) => a;
}

internal readonly struct ZeroExtend : IOne<uint, ulong>
{
    public static ulong Of(uint a) => a;
}

internal readonly struct LowWord : IOne<ulong, uint>
{
    public static uint Of(ulong a) => (uint)a;
}

internal readonly struct F32OfS32 : IOne<int, float>
{
    public static float Of(int a) => a;
}

internal readonly struct F32OfU32 : IOne<uint, float>
{
    public static float Of(uint a) => a;
}

internal readonly struct F64OfF32 : IOne<float, double>
{
    public static double Of(float a) => a;
}

internal readonly struct F32OfF64 : IOne<double, float>
{
    public static float Of(double a) => double.IsNaN(a) ? BitConverter.Int32BitsToSingle(0x7fffffff) : (float)a;
}

internal readonly struct F32OfF16 : IOne<uint, float>
{
    public static float Of(uint a)
    {
        float x = (float)BitConverter.UInt16BitsToHalf((ushort)a);
        return float.IsNaN(x) ? BitConverter.Int32BitsToSingle(0x7fffffff) : x;
    }
}
