using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>A decoded entry of a module.</summary>
internal sealed unsafe class Kernel(string name, string[] lines)
{
    public string Name { get; } = name;

    public Instr* Code { get; init; }

    public int CodeLength { get; init; }

    public byte* Constants { get; init; }

    public int RegisterBytes { get; init; }

    /// <summary>Where the register file's rows start.</summary>
    public required int[] Rows { get; init; }

    public required (string Name, int Row)[] Specials { get; init; }

    public required ulong[] SharedStarts { get; init; }

    public required ulong[] SharedLengths { get; init; }

    public required string[] SharedNames { get; init; }

    public int SharedBytes { get; init; }

    /// <summary>Shared memory without the gaps between arrays.</summary>
    public int DeclaredSharedBytes { get; init; }

    public int LocalBytes { get; init; }

    public int ParamBytes { get; init; }

    public required (int Offset, int Bytes)[] Params { get; init; }

    /// <summary>The block's size that the kernel demands (.reqntid), or its most threads (.maxntid); zero for none.</summary>
    public (uint X, uint Y, uint Z) Required { get; init; }

    public uint MostThreads { get; init; }

    public required List<nint> Owned { get; init; }

    public string SourceLine(int line) => line > 0 && line <= lines.Length ? lines[line - 1].Trim() : "";

    public void Release()
    {
        foreach (nint memory in Owned) NativeMemory.AlignedFree((void*)memory);
        Owned.Clear();
    }
}
