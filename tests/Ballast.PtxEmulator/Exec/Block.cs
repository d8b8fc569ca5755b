using System.Numerics;
using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>A thread block on a core: its warps one after the other from barrier to barrier.</summary>
internal sealed unsafe class Block : IDisposable
{
    private const int RedZone = 64;

    private readonly Launch _launch;
    private readonly Warp[] _warps;
    private readonly byte* _memory;
    private readonly int _threads;
    private readonly int _sharedBytes;
    private readonly SharedWatch? _watch;

    public Block(Launch launch)
    {
        _launch = launch;
        Kernel kernel = launch.Kernel;
        Table = launch.Table;
        SharedStarts = kernel.SharedStarts;
        SharedLengths = kernel.SharedLengths;
        LocalBytes = kernel.LocalBytes;
        ParamBytes = kernel.ParamBytes;
        _threads = launch.Threads;
        _sharedBytes = kernel.SharedBytes;
        int warps = (_threads + Warp.Lanes - 1) / Warp.Lanes;
        long each = kernel.RegisterBytes + (long)LocalBytes * Warp.Lanes;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(warps * (each + 64) + _sharedBytes + 64), 64);
        Shared = _memory;
        byte* next = _memory + ((_sharedBytes + 63) & ~63);
        _warps = new Warp[warps];
        for (int n = 0; n < warps; n++)
        {
            _warps[n] = new Warp(this, n) { Regs = next, Consts = kernel.Constants, Params = launch.Params };
            _warps[n].Local = next + kernel.RegisterBytes;
            next += (each + 63) & ~63;
            foreach ((string name, int at) in kernel.Specials) Fill(_warps[n], name, _warps[n].Regs + at);
        }
        Checks = Settings.WatchUninitialised || Settings.WatchRaces;
        if (Checks) _watch = new SharedWatch(_sharedBytes);
    }

    public AllocationTable Table { get; }

    public byte* Shared { get; }

    public ulong[] SharedStarts { get; }

    public ulong[] SharedLengths { get; }

    public int LocalBytes { get; }

    public int ParamBytes { get; }

    /// <summary>True if accesses are watched beyond their bounds.</summary>
    public bool Checks { get; }

    /// <summary>The lane of the last fault, or -1.</summary>
    public int FaultLane { get; set; } = -1;

    public static int PadShared(int end) => end + RedZone;

    /// <summary>The shared array of an address, or -1.</summary>
    public int FindShared(ulong address, int guess)
    {
        if ((uint)guess < (uint)SharedStarts.Length && address - SharedStarts[guess] < SharedLengths[guess]) return guess;
        for (int n = 0; n < SharedStarts.Length; n++)
        {
            if (address - SharedStarts[n] < SharedLengths[n]) return n;
        }
        return -1;
    }

    public string DescribeShared(ulong address)
    {
        string text = "the block has no such shared array";
        for (int n = 0; n < SharedStarts.Length; n++)
        {
            if (SharedStarts[n] <= address)
            {
                text = $"it lies at byte {address - SharedStarts[n]} from the start of {_launch.Kernel.SharedNames[n]} of "
                    + $"{SharedLengths[n]} bytes";
            }
        }
        return text;
    }

    /// <summary>Runs one block of the grid.</summary>
    public long Run(long index)
    {
        (uint gx, uint gy) = (_launch.GridX, _launch.GridY);
        uint x = (uint)(index % gx), y = (uint)(index / gx % gy), z = (uint)(index / ((long)gx * gy));
        NativeMemory.Fill(Shared, (nuint)_sharedBytes, 0xff);
        _watch?.Clear();
        long before = 0, after = 0;
        Warp? running = null;
        try
        {
            foreach (Warp w in _warps)
            {
                running = w;
                before += w.Instructions;
                Begin(w, x, y, z);
            }
            while (true)
            {
                foreach (Warp w in _warps)
                {
                    running = w;
                    w.Run(_launch.Kernel.Code, w.Instructions + Settings.MostSteps);
                }
                if (!Release()) break;
            }
            foreach (Warp w in _warps) after += w.Instructions;
            return after - before;
        }
        catch (KernelFault fault)
        {
            throw Located(fault, running!, x, y, z);
        }
    }

    private void Begin(Warp w, uint x, uint y, uint z)
    {
        Kernel kernel = _launch.Kernel;
        foreach (int at in kernel.Rows) *(uint*)(w.Regs + at - Warp.Header) = 0;
        int threads = Math.Min(Warp.Lanes, _threads - w.Index * Warp.Lanes);
        uint lanes = threads == Warp.Lanes ? uint.MaxValue : (1u << threads) - 1;
        foreach ((string name, int at) in kernel.Specials)
        {
            // Only the block's place changes from block to block.
            *(uint*)(w.Regs + at - Warp.Header) = uint.MaxValue;
            if (name[1] != 'c' || name[2] != 't') continue;
            new Span<uint>(w.Regs + at, Warp.Lanes).Fill(name[^1] switch { 'x' => x, 'y' => y, _ => z });
        }
        w.Start(lanes);
    }

    private void Fill(Warp w, string name, byte* row)
    {
        bool wide = name is "%clock64" or "%globaltimer";
        for (int n = 0; n < Warp.Lanes; n++)
        {
            ulong value = Special(name, (uint)(w.Index * Warp.Lanes + n), 0, 0, 0);
            if (wide) ((ulong*)row)[n] = value;
            else ((uint*)row)[n] = (uint)value;
        }
    }

    private ulong Special(string name, uint thread, uint x, uint y, uint z)
    {
        (uint bx, uint by, uint bz) = (_launch.BlockX, _launch.BlockY, _launch.BlockZ);
        uint lane = thread % Warp.Lanes;
        return name switch
        {
            "%tid.x" => thread % bx,
            "%tid.y" => thread / bx % by,
            "%tid.z" => thread / (bx * by),
            "%ntid.x" => bx,
            "%ntid.y" => by,
            "%ntid.z" => bz,
            "%ctaid.x" => x,
            "%ctaid.y" => y,
            "%ctaid.z" => z,
            "%nctaid.x" => _launch.GridX,
            "%nctaid.y" => _launch.GridY,
            "%nctaid.z" => _launch.GridZ,
            "%laneid" => lane,
            "%warpid" => thread / Warp.Lanes,
            "%nwarpid" => 32,
            "%smid" => 0,
            "%nsmid" => 1,
            "%lanemask_eq" => 1u << (int)lane,
            "%lanemask_lt" => (1u << (int)lane) - 1,
            "%lanemask_le" => (uint)((2ul << (int)lane) - 1),
            "%lanemask_gt" => ~(uint)((2ul << (int)lane) - 1),
            "%lanemask_ge" => ~((1u << (int)lane) - 1),
            _ => (ulong)System.Diagnostics.Stopwatch.GetTimestamp(),
        };
    }

    // Lets all threads go on if all wait at the same barrier; false if all have ended.
    private bool Release()
    {
        bool waiting = false;
        foreach (Warp w in _warps) waiting |= w.Parked != 0;
        if (!waiting) return false;
        int at = -1, line = 0;
        foreach (Warp w in _warps)
        {
            if (w.Parked != w.All)
            {
                Warp other = _warps.First(o => o.Parked != 0);
                throw new KernelFault($"bar.sync at line {other.BarrierLine} is not reached by all threads: "
                    + $"{BitOperations.PopCount(w.Exited)} threads of warp {w.Index} have ended.");
            }
            if (at >= 0 && w.ParkedAt != at)
                throw new KernelFault($"bar.sync is divergent: warp 0 waits at line {line}, warp {w.Index} at line {w.BarrierLine}.");
            (at, line) = (w.ParkedAt, w.BarrierLine);
        }
        foreach (Warp w in _warps) w.Resume();
        _watch?.NextEpoch();
        return true;
    }

    /// <summary>Optional checks: reads of memory that nothing wrote, races on shared memory.</summary>
    public void Check(Warp w, Instr* i, int bytes, Space space, Memory.AccessKind kind)
    {
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            byte* host = w.Host[n];
            if (host >= Shared && host < Shared + _sharedBytes)
            {
                FaultLane = n;
                _watch!.Access((int)(host - Shared), bytes, w.Index * Warp.Lanes + n, kind);
                FaultLane = -1;
            }
            else if (Settings.WatchUninitialised && space == Space.Global)
            {
                int at = Table.Find(w.Addresses[n], i->Guess);
                byte* shadow = at < 0 ? null : (byte*)Table.Shadows[at];
                if (shadow == null) continue;
                shadow += w.Addresses[n] - Table.Starts[at];
                for (int b = 0; b < bytes; b++)
                {
                    if (kind == Memory.AccessKind.Write)
                    {
                        shadow[b] = 1;
                    }
                    else if (shadow[b] == 0)
                    {
                        FaultLane = n;
                        throw new KernelFault($"a read of {bytes} bytes at 0x{w.Addresses[n]:x} meets memory that was never written: "
                            + $"{Table.Describe(w.Addresses[n])}.");
                    }
                }
            }
        }
    }

    private KernelFault Located(KernelFault fault, Warp w, uint x, uint y, uint z)
    {
        int lane = FaultLane >= 0 ? FaultLane : BitOperations.TrailingZeroCount(w.Active);
        uint thread = (uint)(w.Index * Warp.Lanes + Math.Min(lane, Warp.Lanes - 1));
        FaultLane = -1;
        Kernel kernel = _launch.Kernel;
        int line = w.Current == null ? 0 : w.Current->Line;
        string place = string.Join(", ", new[] { "%tid.x", "%tid.y", "%tid.z" }.Select(name => Special(name, thread, x, y, z)));
        return new KernelFault(fault.Code, $"kernel {kernel.Name}, line {line} \"{kernel.SourceLine(line)}\", block ({x}, {y}, {z}), "
            + $"thread ({place}): {fault.Message}");
    }

    public void Dispose()
    {
        foreach (Warp w in _warps) w.Release();
        NativeMemory.AlignedFree(_memory);
    }
}
