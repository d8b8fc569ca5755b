using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.PtxEmulation;

/// <summary>An operation on one operand, eight or four lanes at once.</summary>
internal interface IVec1<T>
    where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a);
}

/// <summary>An operation on two operands.</summary>
internal interface IVec2<T>
    where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b);
}

/// <summary>An operation on three operands.</summary>
internal interface IVec3<T>
    where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b, Vector256<T> c);
}

/// <summary>An operation on one operand of one lane.</summary>
internal interface IOne<TA, TD>
{
    static abstract TD Of(TA a);
}

/// <summary>An operation on two operands of one lane.</summary>
internal interface ITwo<TA, TB, TD>
{
    static abstract TD Of(TA a, TB b);
}

/// <summary>An operation on three operands of one lane.</summary>
internal interface IThree<TA, TB, TC, TD>
{
    static abstract TD Of(TA a, TB b, TC c);
}

/// <summary>A comparison of two rows.</summary>
internal interface ICompare<T>
    where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b);
}

/// <summary>The handlers' loops over the 32 lanes; inactive lanes keep their value.</summary>
internal static unsafe class Loops
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* MaskOf<T>(Warp w)
        where T : unmanaged => sizeof(T) == 4 ? w.M32 : w.M64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<T>(byte* d, byte* mask, Vector256<T> value, int at)
        where T : unmanaged =>
        Vector256.ConditionalSelect(Vector256.Load((T*)(mask + at)), value, Vector256.Load((T*)(d + at))).Store((T*)(d + at));

    public static void Vec1<TOp, T>(Warp w, Instr* i)
        where TOp : struct, IVec1<T>
        where T : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), mask = MaskOf<T>(w);
        for (int at = 0; at < Warp.Lanes * sizeof(T); at += 32) Keep(d, mask, TOp.Of(Vector256.Load((T*)(a + at))), at);
        w.Define(d, Warp.Defined(a));
    }

    public static void Vec2<TOp, T>(Warp w, Instr* i)
        where TOp : struct, IVec2<T>
        where T : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B), mask = MaskOf<T>(w);
        for (int at = 0; at < Warp.Lanes * sizeof(T); at += 32)
            Keep(d, mask, TOp.Of(Vector256.Load((T*)(a + at)), Vector256.Load((T*)(b + at))), at);
        w.Define(d, Warp.Defined(a) & Warp.Defined(b));
    }

    public static void Vec3<TOp, T>(Warp w, Instr* i)
        where TOp : struct, IVec3<T>
        where T : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B), c = w.Row(i->C), mask = MaskOf<T>(w);
        for (int at = 0; at < Warp.Lanes * sizeof(T); at += 32)
        {
            Keep(d, mask, TOp.Of(Vector256.Load((T*)(a + at)), Vector256.Load((T*)(b + at)), Vector256.Load((T*)(c + at))), at);
        }
        w.Define(d, Warp.Defined(a) & Warp.Defined(b) & Warp.Defined(c));
    }

    public static void One<TOp, TA, TD>(Warp w, Instr* i)
        where TOp : struct, IOne<TA, TD>
        where TA : unmanaged
        where TD : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A);
        if (w.Active == uint.MaxValue)
        {
            for (int n = 0; n < Warp.Lanes; n++) ((TD*)d)[n] = TOp.Of(((TA*)a)[n]);
        }
        else
        {
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int n = BitOperations.TrailingZeroCount(left);
                ((TD*)d)[n] = TOp.Of(((TA*)a)[n]);
            }
        }
        w.Define(d, Warp.Defined(a));
    }

    public static void Two<TOp, TA, TB, TD>(Warp w, Instr* i)
        where TOp : struct, ITwo<TA, TB, TD>
        where TA : unmanaged
        where TB : unmanaged
        where TD : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B);
        if (w.Active == uint.MaxValue)
        {
            for (int n = 0; n < Warp.Lanes; n++) ((TD*)d)[n] = TOp.Of(((TA*)a)[n], ((TB*)b)[n]);
        }
        else
        {
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int n = BitOperations.TrailingZeroCount(left);
                ((TD*)d)[n] = TOp.Of(((TA*)a)[n], ((TB*)b)[n]);
            }
        }
        w.Define(d, Warp.Defined(a) & Warp.Defined(b));
    }

    /// <summary>div and rem of integers: names the lane that divides by zero.</summary>
    public static void Quotient<TOp, T>(Warp w, Instr* i)
        where TOp : struct, ITwo<T, T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        T* b = (T*)w.Row(i->B);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            if (T.IsZero(b[n])) w.Block.FaultLane = n;
        }
        Two<TOp, T, T, T>(w, i);
    }

    public static void Three<TOp, TA, TB, TC, TD>(Warp w, Instr* i)
        where TOp : struct, IThree<TA, TB, TC, TD>
        where TA : unmanaged
        where TB : unmanaged
        where TC : unmanaged
        where TD : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B), c = w.Row(i->C);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ((TD*)d)[n] = TOp.Of(((TA*)a)[n], ((TB*)b)[n], ((TC*)c)[n]);
        }
        w.Define(d, Warp.Defined(a) & Warp.Defined(b) & Warp.Defined(c));
    }

    /// <summary>setp: d = a op b, combined with predicate C by Form (0 none, 1 and, 2 or, 3 xor; 4 negates C); E takes the
    /// opposite.</summary>
    public static void Setp<TOp, T>(Warp w, Instr* i)
        where TOp : struct, ICompare<T>
        where T : unmanaged
    {
        byte* a = w.Row(i->A), b = w.Row(i->B);
        uint bits = 0;
        for (int v = 0; v < sizeof(T); v++)
        {
            uint part = TOp.Of(Vector256.Load((T*)(a + 32 * v)), Vector256.Load((T*)(b + 32 * v))).ExtractMostSignificantBits();
            bits |= part << (v * (32 / sizeof(T)));
        }
        SetPredicate(w, i, bits, Warp.Defined(a) & Warp.Defined(b));
    }

    /// <summary>Ends a setp: the combination with a predicate and both destinations.</summary>
    public static void SetPredicate(Warp w, Instr* i, uint bits, uint defined)
    {
        uint opposite = ~bits;
        if (i->Form != 0)
        {
            byte* c = w.Row(i->C);
            uint other = (i->Form & 4) != 0 ? ~*(uint*)c : *(uint*)c;
            (bits, opposite) = (i->Form & 3) switch
            {
                1 => (bits & other, opposite & other),
                2 => (bits | other, opposite | other),
                _ => (bits ^ other, opposite ^ other),
            };
            defined &= Warp.Defined(c);
        }
        if (i->D != -1) WritePredicate(w, w.Regs + i->D, bits, defined);
        if (i->E != -1) WritePredicate(w, w.Regs + i->E, opposite, defined);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WritePredicate(Warp w, byte* row, uint bits, uint defined)
    {
        *(uint*)row = (*(uint*)row & ~w.Active) | (bits & w.Active);
        w.Define(row, defined);
    }

    /// <summary>selp: d = c ? a : b.</summary>
    public static void Selp<T>(Warp w, Instr* i)
        where T : unmanaged
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = w.Row(i->B), c = w.Row(i->C);
        uint bits = *(uint*)c;
        uint known = (bits & Warp.Defined(a)) | (~bits & Warp.Defined(b));
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ((T*)d)[n] = ((bits >> n) & 1) != 0 ? ((T*)a)[n] : ((T*)b)[n];
        }
        w.Define(d, known & Warp.Defined(c));
    }

    /// <summary>Logic on predicates: Form 0 mov, 1 and, 2 or, 3 xor, 4 not.</summary>
    public static void Predicates(Warp w, Instr* i)
    {
        byte* d = w.Row(i->D), a = w.Row(i->A), b = i->Form is 1 or 2 or 3 ? w.Row(i->B) : a;
        uint x = *(uint*)a, y = *(uint*)b;
        uint bits = i->Form switch { 0 => x, 1 => x & y, 2 => x | y, 3 => x ^ y, _ => ~x };
        WritePredicate(w, d, bits, Warp.Defined(a) & Warp.Defined(b));
    }
}
