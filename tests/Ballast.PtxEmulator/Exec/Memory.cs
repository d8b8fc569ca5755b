using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ballast.PtxEmulation;

/// <summary>Loads and stores; every address is checked against what lives in its space.</summary>
internal static unsafe class Memory
{
    /// <summary>Windows of the generic address space.</summary>
    public const ulong SharedWindow = 0x0000_0100_0000_0000, LocalWindow = 0x0000_0200_0000_0000, Window = 0x0000_0100_0000_0000;

    /// <summary>ld: TMem is what lies in memory, TReg what the register takes; Form elements in the list of rows.</summary>
    public static void Load<TMem, TReg>(Warp w, Instr* i)
        where TMem : unmanaged, IBinaryInteger<TMem>
        where TReg : unmanaged, IBinaryInteger<TReg>
    {
        Resolve(w, i, sizeof(TMem) * i->ListCount, AccessKind.Read);
        byte** host = w.Host;
        for (int e = 0; e < i->ListCount; e++)
        {
            TReg* d = (TReg*)(w.Regs + i->List[e]);
            int shift = e * sizeof(TMem);
            if (w.Active == uint.MaxValue)
            {
                if (i->ListCount == 1 && sizeof(TMem) == sizeof(TReg) && IsRow(host, sizeof(TMem)))
                {
                    Unsafe.CopyBlockUnaligned(d, host[0], (uint)(Warp.Lanes * sizeof(TMem)));
                }
                else
                {
                    for (int n = 0; n < Warp.Lanes; n++) d[n] = TReg.CreateTruncating(*(TMem*)(host[n] + shift));
                }
            }
            else
            {
                for (uint left = w.Active; left != 0; left &= left - 1)
                {
                    int n = BitOperations.TrailingZeroCount(left);
                    d[n] = TReg.CreateTruncating(*(TMem*)(host[n] + shift));
                }
            }
            w.Define((byte*)d, uint.MaxValue);
        }
    }

    /// <summary>st.</summary>
    public static void Store<TMem, TReg>(Warp w, Instr* i)
        where TMem : unmanaged, IBinaryInteger<TMem>
        where TReg : unmanaged, IBinaryInteger<TReg>
    {
        Resolve(w, i, sizeof(TMem) * i->ListCount, AccessKind.Write);
        byte** host = w.Host;
        for (int e = 0; e < i->ListCount; e++)
        {
            byte* row = w.Row(i->List[e]);
            if (i->Space is not Space.Local and not Space.Param) w.Demand(row, "a stored value");
            TReg* s = (TReg*)row;
            int shift = e * sizeof(TMem);
            if (w.Active == uint.MaxValue && i->ListCount == 1 && sizeof(TMem) == sizeof(TReg) && IsRow(host, sizeof(TMem)))
            {
                Unsafe.CopyBlockUnaligned(host[0], s, (uint)(Warp.Lanes * sizeof(TMem)));
                continue;
            }
            for (uint left = w.Active; left != 0; left &= left - 1)
            {
                int n = BitOperations.TrailingZeroCount(left);
                *(TMem*)(host[n] + shift) = TMem.CreateTruncating(s[n]);
            }
        }
    }

    // The lanes' places lie one behind the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsRow(byte** host, int bytes)
    {
        ulong first = (ulong)host[0];
        if ((ulong)host[31] - first != (ulong)(31 * bytes)) return false;
        Vector256<ulong> expected = Vector256.Create(first) + (Vector256.Create(0ul, 1, 2, 3) * (ulong)bytes);
        Vector256<ulong> step = Vector256.Create((ulong)(4 * bytes)), wrong = Vector256<ulong>.Zero;
        for (int v = 0; v < 8; v++)
        {
            wrong |= Vector256.Load((ulong*)host + 4 * v) ^ expected;
            expected += step;
        }
        return wrong == Vector256<ulong>.Zero;
    }

    /// <summary>A kernel's parameter: the same for all threads.</summary>
    public static void Parameter<TMem, TReg>(Warp w, Instr* i)
        where TMem : unmanaged, IBinaryInteger<TMem>
        where TReg : unmanaged, IBinaryInteger<TReg>
    {
        TMem* source = (TMem*)(w.Params + i->Imm);
        for (int e = 0; e < i->ListCount; e++)
        {
            TReg* d = (TReg*)(w.Regs + i->List[e]);
            TReg value = TReg.CreateTruncating(source[e]);
            for (uint left = w.Active; left != 0; left &= left - 1) d[BitOperations.TrailingZeroCount(left)] = value;
            w.Define((byte*)d, uint.MaxValue);
        }
    }

    internal enum AccessKind
    {
        Read,
        Write,
        Atomic,
    }

    /// <summary>Computes the host's places of an access of the active lanes, or faults.</summary>
    public static void Resolve(Warp w, Instr* i, int bytes, AccessKind kind)
    {
        ReadAddresses(w, i->A, i->Narrow, i->Imm);
        Space space = i->Space;
        if (space == Space.Generic) space = Narrow(w);
        if (space == Space.Generic)
        {
            ResolveEach(w, i, bytes, kind);
            return;
        }
        ulong low, limit;
        byte* host;
        long laneStep = 0;
        Block block = w.Block;
        int first = BitOperations.TrailingZeroCount(w.Active);
        switch (space)
        {
            case Space.Global:
                AllocationTable table = block.Table;
                int at = table.Find(w.Addresses[first], i->Guess);
                if (at < 0) Fault(w, i, first, bytes, space, kind);
                i->Guess = at;
                low = table.Starts[at];
                limit = table.Lengths[at];
                host = (byte*)table.Hosts[at];
                if (kind != AccessKind.Read && table.ReadOnly[at]) Fault(w, i, first, bytes, space, kind);
                break;
            case Space.Shared:
                int s = block.FindShared(w.Addresses[first], i->Guess);
                if (s < 0) Fault(w, i, first, bytes, space, kind);
                i->Guess = s;
                low = block.SharedStarts[s];
                limit = block.SharedLengths[s];
                host = block.Shared + low;
                break;
            case Space.Local:
                low = 0;
                limit = (ulong)block.LocalBytes;
                host = w.Local;
                laneStep = block.LocalBytes;
                break;
            default:
                low = 0;
                limit = (ulong)block.ParamBytes;
                host = w.Params;
                break;
        }
        if (limit < (ulong)bytes) Fault(w, i, first, bytes, space, kind);
        // Addresses are below 2^63, so signed comparisons find both ends.
        Vector256<long> start = Vector256.Create((long)low), most = Vector256.Create((long)(limit - (ulong)bytes));
        Vector256<long> bad = Vector256<long>.Zero, odd = Vector256<long>.Zero;
        Vector256<long> lane = Vector256.Create(0L, 1, 2, 3) * laneStep, to = Vector256.Create((long)host);
        for (int v = 0; v < 8; v++)
        {
            Vector256<long> address = Vector256.Load((long*)w.Addresses + 4 * v), mask = Vector256.Load((long*)w.M64 + 4 * v);
            Vector256<long> offset = address - start;
            bad |= (Vector256.LessThan(offset, Vector256<long>.Zero) | Vector256.GreaterThan(offset, most)) & mask;
            odd |= address & mask;
            (offset + to + lane).Store((long*)w.Host + 4 * v);
            lane += Vector256.Create(4 * laneStep);
        }
        Vector256<long> low3 = odd & Vector256.Create((long)bytes - 1);
        if (bad != Vector256<long>.Zero || low3 != Vector256<long>.Zero)
        {
            ResolveEach(w, i, bytes, kind);
            return;
        }
        if (block.Checks) block.Check(w, i, bytes, space, kind);
    }

    private static void ReadAddresses(Warp w, int place, bool narrow, long shift)
    {
        byte* row = w.Row(place);
        w.Demand(row, "an address");
        Vector256<long> by = Vector256.Create(shift);
        if (narrow)
        {
            for (int n = 0; n < Warp.Lanes; n++) w.Addresses[n] = ((uint*)row)[n] + (ulong)shift;
            return;
        }
        for (int v = 0; v < 8; v++) (Vector256.Load((long*)row + 4 * v) + by).Store((long*)w.Addresses + 4 * v);
    }

    // Generic addresses that all lie in one window become addresses of that space.
    private static Space Narrow(Warp w)
    {
        Space space = Space.Generic;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            Space here = WindowOf(w.Addresses[BitOperations.TrailingZeroCount(left)]);
            if (space != Space.Generic && here != space) return Space.Generic;
            space = here;
        }
        ulong window = space == Space.Shared ? SharedWindow : space == Space.Local ? LocalWindow : 0;
        if (window != 0)
        {
            for (int n = 0; n < Warp.Lanes; n++) w.Addresses[n] -= window;
        }
        return space;
    }

    private static Space WindowOf(ulong address) =>
        address - SharedWindow < Window ? Space.Shared : address - LocalWindow < Window ? Space.Local : Space.Global;

    // The slow way: lanes in different allocations, and all faults.
    private static void ResolveEach(Warp w, Instr* i, int bytes, AccessKind kind)
    {
        Block block = w.Block;
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            ulong address = w.Addresses[n];
            Space space = i->Space;
            if (space == Space.Generic)
            {
                space = WindowOf(address);
                address -= space == Space.Shared ? SharedWindow : space == Space.Local ? LocalWindow : 0;
            }
            byte* host = null;
            switch (space)
            {
                case Space.Global:
                    int at = block.Table.Find(address, -1);
                    if (at >= 0 && address - block.Table.Starts[at] + (ulong)bytes <= block.Table.Lengths[at]
                        && (kind == AccessKind.Read || !block.Table.ReadOnly[at]))
                    {
                        host = (byte*)block.Table.Hosts[at] + (address - block.Table.Starts[at]);
                    }
                    break;
                case Space.Shared:
                    int s = block.FindShared(address, -1);
                    if (s >= 0 && address - block.SharedStarts[s] + (ulong)bytes <= block.SharedLengths[s]) host = block.Shared + address;
                    break;
                case Space.Local:
                    if (address + (ulong)bytes <= (ulong)block.LocalBytes) host = w.Local + n * block.LocalBytes + address;
                    break;
                default:
                    if (address + (ulong)bytes <= (ulong)block.ParamBytes) host = w.Params + address;
                    break;
            }
            if (host == null) Fault(w, i, n, bytes, space, kind);
            if ((address & ((ulong)bytes - 1)) != 0)
            {
                throw new KernelFault(CuResult.MisalignedAddress,
                    $"{Name(kind)} of {bytes} bytes in {space} memory at 0x{address:x} is not aligned (lane {n}).");
            }
            w.Host[n] = host;
        }
        if (block.Checks) block.Check(w, i, bytes, i->Space, kind);
    }

    private static string Name(AccessKind kind) => kind switch
    {
        AccessKind.Read => "a read",
        AccessKind.Write => "a write",
        _ =>
        "an atomic"
    };

    private static void Fault(Warp w, Instr* i, int lane, int bytes, Space space, AccessKind kind)
    {
        ulong address = w.Addresses[lane];
        string near = space switch
        {
            Space.Global => w.Block.Table.Describe(address),
            Space.Shared => w.Block.DescribeShared(address),
            Space.Local => $"a thread has {w.Block.LocalBytes} bytes of local memory",
            _ => $"the parameters have {w.Block.ParamBytes} bytes",
        };
        w.Block.FaultLane = lane;
        throw new KernelFault(CuResult.IllegalAddress,
            $"{Name(kind)} of {bytes} bytes in {space} memory at 0x{address:x} is out of bounds: {near}.");
    }
}
