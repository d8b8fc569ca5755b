namespace Ballast.PtxEmulation;

/// <summary>Who touched each byte of shared memory since the last barrier: finds races and reads of what nothing wrote.</summary>
internal sealed class SharedWatch(int bytes)
{
    private const int Many = int.MaxValue;

    private readonly int[] _writer = new int[bytes], _writeEpoch = new int[bytes], _reader = new int[bytes], _readEpoch = new int[bytes];
    private int _epoch = 1, _first = 1;

    public void Clear() => _first = ++_epoch;

    public void NextEpoch() => _epoch++;

    public void Access(int at, int length, int thread, Memory.AccessKind kind)
    {
        for (int b = at; b < at + length; b++)
        {
            bool written = _writeEpoch[b] >= _first;
            if (kind == Memory.AccessKind.Read && !written && Settings.WatchUninitialised)
                throw new KernelFault($"shared memory at byte {b} is read but was never written by this block.");
            if (!Settings.WatchRaces)
            {
                if (kind != Memory.AccessKind.Read) _writeEpoch[b] = _epoch;
                continue;
            }
            if (_writeEpoch[b] == _epoch && _writer[b] != thread && !(kind == Memory.AccessKind.Atomic && _writer[b] == Many))
            {
                throw new KernelFault($"threads {Name(_writer[b])} and {thread} of a block race on byte {b} of shared memory: "
                    + $"a write and a {(kind == Memory.AccessKind.Read ? "read" : "write")} without a barrier between them.");
            }
            if (kind == Memory.AccessKind.Read)
            {
                _reader[b] = _readEpoch[b] == _epoch && _reader[b] != thread ? Many : thread;
                _readEpoch[b] = _epoch;
                continue;
            }
            if (_readEpoch[b] == _epoch && _reader[b] != thread)
            {
                throw new KernelFault($"threads {Name(_reader[b])} and {thread} of a block race on byte {b} of shared memory: "
                    + "a read and a write without a barrier between them.");
            }
            _writeEpoch[b] = _epoch;
            _writer[b] = kind == Memory.AccessKind.Atomic ? Many : thread;
        }
    }

    private static string Name(int thread) =>
        thread == Many ? "(several)" : thread.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
