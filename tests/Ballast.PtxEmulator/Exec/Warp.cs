using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ballast.PtxEmulation;

/// <summary>32 threads that run in lockstep: each instruction is executed for all lanes that stand at it.</summary>
/// <remarks>Lanes that went different ways are groups with a place each; the group with the lowest place runs, so ways that meet again are
/// joined. A register is a row of 32 values behind a header, whose first word says in which lanes it was ever written.</remarks>
internal sealed unsafe class Warp
{
    public const int Lanes = 32, Header = 32;
    private const int ConstantBit = int.MinValue;

    private readonly int[] _groupPc = new int[Lanes + 1];
    private readonly uint[] _groupLanes = new uint[Lanes + 1];
    private readonly bool[] _groupWaits = new bool[Lanes + 1];
    private readonly byte* _masks;
    private int _groups;
    private Instr* _code;

    public Warp(Block block, int index)
    {
        Block = block;
        Index = index;
        _masks = (byte*)NativeMemory.AlignedAlloc(2 * (128 + 256) + 256 + 256, 64);
        NativeMemory.Clear(_masks, 2 * (128 + 256) + 256 + 256);
        M32 = _masks;
        M64 = _masks + 128;
        Addresses = (ulong*)(_masks + 768);
        Host = (byte**)(_masks + 1024);
    }

    public Block Block { get; }

    public AsyncCopies Copies { get; } = new();

    public int Index { get; }

    public byte* Regs, Consts, Local, Params;

    /// <summary>The lanes that run the current instruction.</summary>
    public uint Active;

    /// <summary>The same as rows of all-ones and zero words, for 4 and 8 byte registers.</summary>
    public byte* M32, M64;

    /// <summary>Where an access goes: device addresses and the host's places of them.</summary>
    public ulong* Addresses;
    public byte** Host;

    public uint Parked, Exited, All;
    public int ParkedAt, BarrierLine;
    public long Instructions;
    public Instr* Current;

    public void Release() => NativeMemory.AlignedFree(_masks);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Row(int at) => (at < 0 ? Consts : Regs) + (at & int.MaxValue);

    /// <summary>The lanes in which a row was written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Defined(byte* row) => *(uint*)(row - Header);

    /// <summary>Notes a write of the active lanes from sources written in the given lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Define(byte* row, uint sources)
    {
        uint* defined = (uint*)(row - Header);
        *defined = (*defined & ~Active) | (Active & sources);
    }

    /// <summary>Faults if an active lane never wrote the register: it decides over an address, a branch or what is stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Demand(byte* row, string use)
    {
        if ((Defined(row) & Active) != Active) NeverWritten(row, use);
    }

    private void NeverWritten(byte* row, string use)
    {
        uint missing = Active & ~Defined(row);
        throw new KernelFault($"{use} depends on a register that was never written (lane {BitOperations.TrailingZeroCount(missing)}).");
    }

    /// <summary>Sets the lanes that run.</summary>
    public void SetActive(uint lanes)
    {
        if (lanes == Active) return;
        Active = lanes;
        Vector256<uint> all = Vector256.Create(lanes);
        Vector256<uint> bits = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        for (int v = 0; v < 4; v++)
        {
            Vector256<uint> bit = bits << (8 * v);
            Vector256<uint> mask = Vector256.Equals(all & bit, bit);
            mask.Store((uint*)(M32 + 32 * v));
            (Vector256<long> low, Vector256<long> high) = Vector256.Widen(mask.AsInt32());
            low.Store((long*)(M64 + 64 * v));
            high.Store((long*)(M64 + 64 * v + 32));
        }
    }

    /// <summary>Puts all threads at the kernel's start.</summary>
    public void Start(uint lanes)
    {
        All = lanes;
        Copies.Clear();
        Parked = Exited = 0;
        _groups = 0;
        Push(0, lanes);
    }

    /// <summary>Lets the lanes that wait at a barrier go on.</summary>
    public void Resume()
    {
        Push(ParkedAt + 1, Parked);
        Parked = 0;
    }

    private void Push(int pc, uint lanes, bool waits = false)
    {
        for (int g = 0; g < _groups; g++)
        {
            if (_groupPc[g] != pc) continue;
            _groupLanes[g] |= lanes;
            _groupWaits[g] = false;
            return;
        }
        _groupPc[_groups] = pc;
        _groupWaits[_groups] = waits;
        _groupLanes[_groups++] = lanes;
    }

    // Takes the group that is furthest behind, one that waits for other lanes only if all do; stop is the next place where a group stands.
    private uint Pop(out int pc, out int stop)
    {
        int best = 0;
        for (int g = 1; g < _groups; g++)
        {
            if (_groupWaits[g] == _groupWaits[best] ? _groupPc[g] < _groupPc[best] : _groupWaits[best]) best = g;
        }
        pc = _groupPc[best];
        uint lanes = _groupLanes[best];
        _groupPc[best] = _groupPc[--_groups];
        _groupLanes[best] = _groupLanes[_groups];
        _groupWaits[best] = _groupWaits[_groups];
        stop = int.MaxValue;
        for (int g = 0; g < _groups; g++)
        {
            if (_groupPc[g] > pc && _groupPc[g] < stop) stop = _groupPc[g];
        }
        return lanes;
    }

    // True if lanes that the instruction asks for may still come.
    private bool MustWait(Instr* i)
    {
        if (Active == All) return false;
        uint members = i->Members == -1 ? uint.MaxValue : ((uint*)Row(i->Members))[BitOperations.TrailingZeroCount(Active)];
        if ((members & All & ~Active) == 0) return false;
        for (int g = 0; g < _groups; g++)
        {
            if (!_groupWaits[g] || _groupPc[g] == (int)(i - _code)) return true;
        }
        return false;
    }

    /// <summary>Runs until every lane waits at a barrier or has ended.</summary>
    public void Run(Instr* code, long limit)
    {
        _code = code;
        while (_groups > 0)
        {
            SetActive(Pop(out int pc, out int stop));
            while (true)
            {
                if (pc >= stop)
                {
                    Push(pc, Active);
                    break;
                }
                Instr* i = code + pc;
                Current = i;
                Instructions++;
                if (i->Flow == Flow.Warp && MustWait(i))
                {
                    Push(pc, Active, true);
                    break;
                }
                if (i->Flow is Flow.None or Flow.Warp)
                {
                    if (i->Predicate < 0) i->Exec(this, i);
                    else Predicated(i);
                    pc++;
                    continue;
                }
                uint taken = i->Predicate < 0 ? Active : Active & Condition(i);
                uint rest = Active & ~taken;
                if (i->Flow == Flow.Branch)
                {
                    if (Instructions > limit)
                        throw new KernelFault(CuResult.LaunchTimeout, "the warp ran more instructions than BALLAST_EMULATED_STEPS allows.");
                    if (taken == 0)
                    {
                        pc++;
                        continue;
                    }
                    if (rest == 0)
                    {
                        pc = i->Target;
                        continue;
                    }
                    Push(pc + 1, rest);
                    Push(i->Target, taken);
                    break;
                }
                if (taken == 0)
                {
                    pc++;
                    continue;
                }
                if (i->Flow == Flow.Exit) Exited |= taken;
                else Park(pc, taken, i);
                if (rest == 0) break;
                SetActive(rest);
                pc++;
            }
        }
    }

    private void Park(int pc, uint lanes, Instr* i)
    {
        if (Parked != 0 && ParkedAt != pc)
            throw new KernelFault($"bar.sync is divergent: lanes 0x{Parked:x8} wait at line {BarrierLine}, others at line {i->Line}.");
        Parked |= lanes;
        ParkedAt = pc;
        BarrierLine = i->Line;
    }

    private uint Condition(Instr* i)
    {
        byte* p = Row(i->Predicate);
        Demand(p, i->Flow == Flow.Branch ? "a branch" : "a predicate");
        uint bits = *(uint*)p;
        return i->Negated ? ~bits : bits;
    }

    private void Predicated(Instr* i)
    {
        uint before = Active, lanes = before & Condition(i);
        if (lanes == 0) return;
        if (lanes == before)
        {
            i->Exec(this, i);
            return;
        }
        SetActive(lanes);
        i->Exec(this, i);
        SetActive(before);
    }

    public static int Constant(int offset) => offset | ConstantBit;
}
