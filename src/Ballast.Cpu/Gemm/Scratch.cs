using System.Runtime.InteropServices;

namespace Ballast.Cpu;

/// <summary>
/// Work buffers of the current thread, kept from call to call. A buffer's content is valid until the same thread asks for the
/// same slot again; the memory goes back when the thread has ended.
/// </summary>
internal sealed unsafe class Scratch
{
    private const int Alignment = 64;
    private const int Slots = 7;

    [ThreadStatic]
    private static Scratch? _current;

    private readonly nint[] _blocks = new nint[Slots];
    private readonly long[] _bytes = new long[Slots];

    private Scratch()
    {
    }

    ~Scratch()
    {
        foreach (var block in _blocks) NativeMemory.AlignedFree((void*)block);
    }

    /// <summary>What a buffer is for. Two uses that can overlap on one thread have a slot each.</summary>
    public enum Slot
    {
        PanelsA,
        PanelsB,
        Vectors,
        Partials,
        Wide,
        Result,
        Bias,
    }

    /// <summary>A 64-byte aligned buffer of at least <paramref name="count"/> elements, with undefined content.</summary>
    public static T* Get<T>(Slot slot, long count)
        where T : unmanaged
    {
        var scratch = _current ??= new Scratch();
        var bytes = checked(count * sizeof(T));
        return (T*)(scratch._bytes[(int)slot] >= bytes ? scratch._blocks[(int)slot] : scratch.Grow((int)slot, bytes));
    }

    private nint Grow(int slot, long bytes)
    {
        NativeMemory.AlignedFree((void*)_blocks[slot]);
        _blocks[slot] = 0;
        _bytes[slot] = 0;
        var block = (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        _blocks[slot] = block;
        _bytes[slot] = bytes;
        return block;
    }
}
