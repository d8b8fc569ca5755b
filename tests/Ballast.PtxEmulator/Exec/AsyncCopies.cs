using System.Numerics;
using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>cp.async: the bytes arrive no earlier than the wait for their group; until then the target is spoilt.</summary>
internal sealed unsafe class AsyncCopies
{
    private readonly List<(nint From, nint To, int Bytes, int Valid, int Group)> _pending = [];
    private readonly nint[] _sources = new nint[Warp.Lanes];
    private int _group;

    /// <summary>First half: the source of Form bytes (C holds how many are read, the rest is zero; -1 for all).</summary>
    public static void Source(Warp w, Instr* i)
    {
        int size = i->Form;
        Memory.Resolve(w, i, size, Memory.AccessKind.Read);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            w.Copies._sources[n] = (nint)w.Host[n];
        }
    }

    /// <summary>Second half: the target in shared memory.</summary>
    public static void Target(Warp w, Instr* i)
    {
        AsyncCopies c = w.Copies;
        Memory.Resolve(w, i, i->Form, Memory.AccessKind.Write);
        uint* valid = i->C == -1 ? null : (uint*)w.Row(i->C);
        for (uint left = w.Active; left != 0; left &= left - 1)
        {
            int n = BitOperations.TrailingZeroCount(left);
            int bytes = valid == null ? i->Form : (int)Math.Min(valid[n], (uint)i->Form);
            c._pending.Add((c._sources[n], (nint)w.Host[n], i->Form, bytes, c._group));
            NativeMemory.Fill(w.Host[n], (nuint)i->Form, 0xff);
        }
    }

    /// <summary>cp.async.commit_group.</summary>
    public static void Commit(Warp w, Instr* i) => w.Copies._group++;

    /// <summary>cp.async.wait_group Form; -1 waits for all, committed or not.</summary>
    public static void Wait(Warp w, Instr* i)
    {
        AsyncCopies c = w.Copies;
        int done = i->Form < 0 ? int.MaxValue : c._group - i->Form;
        int kept = 0;
        foreach ((nint from, nint to, int bytes, int valid, int group) in c._pending)
        {
            if (group >= done)
            {
                c._pending[kept++] = (from, to, bytes, valid, group);
                continue;
            }
            NativeMemory.Copy((void*)from, (void*)to, (nuint)valid);
            NativeMemory.Clear((byte*)to + valid, (nuint)(bytes - valid));
        }
        c._pending.RemoveRange(kept, c._pending.Count - kept);
    }

    public void Clear()
    {
        _pending.Clear();
        _group = 0;
    }
}
