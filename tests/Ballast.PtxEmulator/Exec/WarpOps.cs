using System.Numerics;

namespace Ballast.PtxEmulation;

/// <summary>Instructions that pass values between lanes, and those that take words apart.</summary>
internal static unsafe class WarpOps
{
    /// <summary>Faults unless exactly the lanes of the member mask run the instruction together.</summary>
    private static void DemandMembers(Warp w, byte* mask, string name)
    {
        w.Demand(mask, "a member mask");
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            uint members = ((uint*)mask)[n];
            if (((members >> n) & 1) == 0) throw new KernelFault($"{name}: lane {n} is not in its own member mask 0x{members:x8}.");
            uint missing = members & w.All & ~w.Active;
            if (missing == 0) continue;
            throw new KernelFault($"{name}: lanes 0x{missing:x8} of the member mask are elsewhere or have ended.");
        }
    }

    /// <summary>shfl.sync: d|e = a moved by b within segments given by c; Form 0 up, 1 down, 2 bfly, 3 idx; the member mask is in
    /// List[0].</summary>
    public static void Shuffle(Warp w, Instr* i)
    {
        byte* mask = w.Row(i->List[0]);
        DemandMembers(w, mask, "shfl.sync");
        uint* a = (uint*)w.Row(i->A), b = (uint*)w.Row(i->B), c = (uint*)w.Row(i->C), d = (uint*)w.Row(i->D);
        uint* result = stackalloc uint[Warp.Lanes];
        uint known = 0, inRange = 0, defined = Warp.Defined((byte*)a);
        w.Demand((byte*)b, "a shuffle's distance");
        w.Demand((byte*)c, "a shuffle's segment");
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            int amount = (int)(b[n] & 31), clamp = (int)(c[n] & 31), segment = (int)((c[n] >> 8) & 31);
            int most = (n & segment) | (clamp & ~segment), least = n & segment;
            int from = i->Form switch { 0 => n - amount, 1 => n + amount, 2 => n ^ amount, _ => least | (amount & ~segment) };
            bool valid = i->Form == 0 ? from >= most : from <= most;
            if (!valid) from = n;
            else inRange |= 1u << n;
            if (((w.Active >> from) & 1) == 0)
                throw new KernelFault($"shfl.sync: lane {n} reads from lane {from}, which does not take part.");
            result[n] = a[from];
            known |= ((defined >> from) & 1) << n;
        }
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            d[n] = result[n];
        }
        w.Define((byte*)d, known);
        if (i->E != -1) Loops.WritePredicate(w, w.Regs + i->E, inRange, uint.MaxValue);
    }

    /// <summary>vote.sync: Form 0 all, 1 any, 2 uni, 3 ballot; A is the predicate, B the member mask; Form2 negates.</summary>
    public static void Vote(Warp w, Instr* i)
    {
        DemandMembers(w, w.Row(i->B), "vote.sync");
        byte* p = w.Row(i->A);
        w.Demand(p, "a vote");
        uint bits = (i->Form2 != 0 ? ~*(uint*)p : *(uint*)p) & w.Active;
        if (i->Form == 3)
        {
            byte* d = w.Row(i->D);
            for (uint left = w.Active; left != 0; left &= left - 1) ((uint*)d)[BitOperations.TrailingZeroCount(left)] = bits;
            w.Define(d, uint.MaxValue);
            return;
        }
        bool result = i->Form switch { 0 => bits == w.Active, 1 => bits != 0, _ => bits == 0 || bits == w.Active };
        Loops.WritePredicate(w, w.Regs + i->D, result ? uint.MaxValue : 0, uint.MaxValue);
    }

    /// <summary>redux.sync: Form 0 add, 1 min, 2 max, 3 and, 4 or, 5 xor; Form2 for signed values.</summary>
    public static void Redux(Warp w, Instr* i)
    {
        DemandMembers(w, w.Row(i->B), "redux.sync");
        uint* a = (uint*)w.Row(i->A), d = (uint*)w.Row(i->D);
        w.Demand((byte*)a, "a reduction");
        uint total = a[BitOperations.TrailingZeroCount(w.Active)];
        for (uint left = w.Active & (w.Active - 1); left != 0; left &= left - 1)
        {
            uint v = a[BitOperations.TrailingZeroCount(left)];
            bool less = i->Form2 != 0 ? (int)v < (int)total : v < total;
            total = i->Form switch
            {
                0 => total + v,
                1 => less ? v : total,
                2 => less ? total : v,
                3 => total & v,
                4 => total | v,
                _ => total ^ v,
            };
        }
        for (uint left = w.Active; left != 0; left &= left - 1) d[BitOperations.TrailingZeroCount(left)] = total;
        w.Define((byte*)d, uint.MaxValue);
    }

    public static void ActiveMask(Warp w, Instr* i)
    {
        uint* d = (uint*)w.Row(i->D);
        for (uint left = w.Active; left != 0; left &= left - 1) d[BitOperations.TrailingZeroCount(left)] = w.Active;
        w.Define((byte*)d, uint.MaxValue);
    }

    /// <summary>bar.warp.sync.</summary>
    public static void SyncWarp(Warp w, Instr* i) => DemandMembers(w, w.Row(i->A), "bar.warp.sync");

    public static void Nothing(Warp w, Instr* i)
    {
    }

    public static void Trap(Warp w, Instr* i) => throw new KernelFault(CuResult.IllegalInstruction, "the kernel ran into a trap.");

    /// <summary>mov of a wide register from parts: Form bits each.</summary>
    public static void Pack(Warp w, Instr* i)
    {
        byte* d = w.Row(i->D);
        uint defined = uint.MaxValue;
        for (int e = 0; e < i->ListCount; e++) defined &= Warp.Defined(w.Row(i->List[e]));
        ulong mask = ulong.MaxValue >> (64 - i->Form);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ulong value = 0;
            for (int e = 0; e < i->ListCount; e++) value |= (((uint*)w.Row(i->List[e]))[n] & mask) << (e * i->Form);
            if (i->Form * i->ListCount == 64) ((ulong*)d)[n] = value;
            else ((uint*)d)[n] = (uint)value;
        }
        w.Define(d, defined);
    }

    /// <summary>mov of a wide register into parts; a part may be the sink "_" (-1).</summary>
    public static void Unpack(Warp w, Instr* i)
    {
        byte* a = w.Row(i->A);
        ulong mask = ulong.MaxValue >> (64 - i->Form);
        bool wide = i->Form * i->ListCount == 64;
        uint defined = Warp.Defined(a);
        ulong* values = stackalloc ulong[Warp.Lanes];
        for (int n = 0; n < Warp.Lanes; n++) values[n] = wide ? ((ulong*)a)[n] : ((uint*)a)[n];
        for (int e = 0; e < i->ListCount; e++)
        {
            if (i->List[e] == -1) continue;
            byte* d = w.Row(i->List[e]);
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int n = BitOperations.TrailingZeroCount(left);
                ((uint*)d)[n] = (uint)((values[n] >> (e * i->Form)) & mask);
            }
            w.Define(d, defined);
        }
    }

    /// <summary>bfi: the low bits of A are put into B at place C, E bits of them.</summary>
    public static void InsertBits(Warp w, Instr* i)
    {
        byte* a = w.Row(i->A), b = w.Row(i->B), d = w.Row(i->D);
        uint* position = (uint*)w.Row(i->C), length = (uint*)w.Row(i->E);
        int top = i->Form;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ulong from = top == 64 ? ((ulong*)a)[n] : ((uint*)a)[n], to = top == 64 ? ((ulong*)b)[n] : ((uint*)b)[n];
            uint place = position[n] & 255, count = length[n] & 255;
            for (uint bit = 0; bit < count && place + bit < top; bit++)
                to = (to & ~(1ul << (int)(place + bit))) | (((from >> (int)bit) & 1) << (int)(place + bit));
            if (top == 64) ((ulong*)d)[n] = to;
            else ((uint*)d)[n] = (uint)to;
        }
        w.Define(d, Warp.Defined(a) & Warp.Defined(b) & Warp.Defined((byte*)position) & Warp.Defined((byte*)length));
    }

    /// <summary>lop3: any logic of three operands, given by its table in Form.</summary>
    public static void Lop3(Warp w, Instr* i)
    {
        uint* a = (uint*)w.Row(i->A), b = (uint*)w.Row(i->B), c = (uint*)w.Row(i->C), d = (uint*)w.Row(i->D);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            uint result = 0;
            for (int row = 0; row < 8; row++)
            {
                if (((i->Form >> row) & 1) == 0) continue;
                result |= ((row & 4) != 0 ? a[n] : ~a[n]) & ((row & 2) != 0 ? b[n] : ~b[n]) & ((row & 1) != 0 ? c[n] : ~c[n]);
            }
            d[n] = result;
        }
        w.Define((byte*)d, Warp.Defined((byte*)a) & Warp.Defined((byte*)b) & Warp.Defined((byte*)c));
    }

    /// <summary>testp: Form 0 finite, 1 infinite, 2 number, 3 notanumber, 4 normal, 5 subnormal; Form2 is 1 for float64.</summary>
    public static void TestProperty(Warp w, Instr* i)
    {
        byte* a = w.Row(i->A);
        uint bits = 0;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            double x = i->Form2 != 0 ? ((double*)a)[n] : ((float*)a)[n];
            bool subnormal = i->Form2 != 0 ? double.IsSubnormal(x) : float.IsSubnormal(((float*)a)[n]);
            bool holds = i->Form switch
            {
                0 => double.IsFinite(x),
                1 => double.IsInfinity(x),
                2 => !double.IsNaN(x),
                3 => double.IsNaN(x),
                4 => double.IsFinite(x) && x != 0 && !subnormal,
                _ => subnormal,
            };
            if (holds) bits |= 1u << n;
        }
        Loops.WritePredicate(w, w.Regs + i->D, bits, Warp.Defined(a));
    }

    /// <summary>cvta between the generic space and a window: Imm is added.</summary>
    public static void AddWindow(Warp w, Instr* i)
    {
        ulong* a = (ulong*)w.Row(i->A), d = (ulong*)w.Row(i->D);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            d[n] = a[n] + (ulong)i->Imm;
        }
        w.Define((byte*)d, Warp.Defined((byte*)a));
    }

    /// <summary>isspacep: Form is the window's space.</summary>
    public static void IsSpace(Warp w, Instr* i)
    {
        ulong* a = (ulong*)w.Row(i->A);
        uint bits = 0;
        for (int n = 0; n < Warp.Lanes; n++)
        {
            Space here = a[n] - Memory.SharedWindow < Memory.Window ? Space.Shared
                : a[n] - Memory.LocalWindow < Memory.Window ? Space.Local : Space.Global;
            if (here == (Space)i->Form) bits |= 1u << n;
        }
        Loops.WritePredicate(w, w.Regs + i->D, bits, Warp.Defined((byte*)a));
    }
}
