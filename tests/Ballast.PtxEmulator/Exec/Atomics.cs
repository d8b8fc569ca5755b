using System.Numerics;

namespace Ballast.PtxEmulation;

/// <summary>What an atomic does to a word.</summary>
internal enum AtomicKind
{
    Add,
    Exchange,
    CompareExchange,
    Min,
    Max,
    And,
    Or,
    Xor,
    Inc,
    Dec,
}

/// <summary>atom and red: lanes one after the other, against other blocks by compare-and-exchange.</summary>
internal static unsafe class Atomics
{
    /// <summary>Form is the kind, Form2 the type; B the operand, C the new value of cas; D is -1 for red.</summary>
    public static void Run(Warp w, Instr* i)
    {
        PtxType type = (PtxType)i->Form2;
        bool wide = type is PtxType.U64 or PtxType.S64 or PtxType.B64 or PtxType.F64;
        Memory.Resolve(w, i, wide ? 8 : 4, Memory.AccessKind.Atomic);
        byte* b = w.Row(i->B), c = (AtomicKind)i->Form == AtomicKind.CompareExchange ? w.Row(i->C) : b;
        w.Demand(b, "an atomic's operand");
        w.Demand(c, "an atomic's operand");
        byte* d = i->D == -1 ? null : w.Row(i->D);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            if (wide)
            {
                ulong* place = (ulong*)w.Host[n];
                ulong old = *place;
                while (true)
                {
                    ulong next = Next64((AtomicKind)i->Form, type, old, ((ulong*)b)[n], ((ulong*)c)[n]);
                    ulong found = Interlocked.CompareExchange(ref *place, next, old);
                    if (found == old) break;
                    old = found;
                }
                if (d != null) ((ulong*)d)[n] = old;
            }
            else
            {
                uint* place = (uint*)w.Host[n];
                uint old = *place;
                while (true)
                {
                    uint next = Next32((AtomicKind)i->Form, type, old, ((uint*)b)[n], ((uint*)c)[n]);
                    uint found = Interlocked.CompareExchange(ref *place, next, old);
                    if (found == old) break;
                    old = found;
                }
                if (d != null) ((uint*)d)[n] = old;
            }
        }
        if (d != null) w.Define(d, uint.MaxValue);
    }

    private static uint Next32(AtomicKind kind, PtxType type, uint old, uint value, uint other) => kind switch
    {
        AtomicKind.Add when type == PtxType.F32 => Sum(old, value),
        AtomicKind.Add => old + value,
        AtomicKind.Exchange => value,
        AtomicKind.CompareExchange => old == value ? other : old,
        AtomicKind.Min => type == PtxType.S32 ? (uint)Math.Min((int)old, (int)value) : Math.Min(old, value),
        AtomicKind.Max => type == PtxType.S32 ? (uint)Math.Max((int)old, (int)value) : Math.Max(old, value),
        AtomicKind.And => old & value,
        AtomicKind.Or => old | value,
        AtomicKind.Xor => old ^ value,
        AtomicKind.Inc => old >= value ? 0 : old + 1,
        _ => old == 0 || old > value ? value : old - 1,
    };

    // atom.add.f32 on global memory flushes subnormals.
    private static uint Sum(uint old, uint value)
    {
        float sum = F32Rules.Flush(F32Rules.Flush(BitConverter.UInt32BitsToSingle(old))
            + F32Rules.Flush(BitConverter.UInt32BitsToSingle(value)));
        return float.IsNaN(sum) ? 0x7fffffff : BitConverter.SingleToUInt32Bits(sum);
    }

    private static ulong Next64(AtomicKind kind, PtxType type, ulong old, ulong value, ulong other) => kind switch
    {
        AtomicKind.Add when type == PtxType.F64 =>
            BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(old) + BitConverter.UInt64BitsToDouble(value)),
        AtomicKind.Add => old + value,
        AtomicKind.Exchange => value,
        AtomicKind.CompareExchange => old == value ? other : old,
        AtomicKind.Min => type == PtxType.S64 ? (ulong)Math.Min((long)old, (long)value) : Math.Min(old, value),
        AtomicKind.Max => type == PtxType.S64 ? (ulong)Math.Max((long)old, (long)value) : Math.Max(old, value),
        AtomicKind.And => old & value,
        AtomicKind.Or => old | value,
        AtomicKind.Xor => old ^ value,
        _ => throw new KernelFault($"atom.{kind} of 64 bits is not known."),
    };
}
