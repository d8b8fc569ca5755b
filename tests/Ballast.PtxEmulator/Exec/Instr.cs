using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>What an instruction does to the order of execution.</summary>
internal enum Flow : byte
{
    None,
    Branch,
    Exit,
    Barrier,

    /// <summary>Lanes of the warp run it together: those that come first wait for the others.</summary>
    Warp,
}

/// <summary>A decoded instruction: a handler and the places of its operands in the register file.</summary>
/// <remarks>A place with the top bit set lies in the pool of constants, so that immediates need no handlers of their own.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Instr
{
    public const int Always = -1;

    public delegate*<Warp, Instr*, void> Exec;
    public int D, A, B, C, E;
    public int Predicate;

    /// <summary>The row of the member mask of an instruction that lanes run together; -1 for all lanes.</summary>
    public int Members;
    public int Target;
    public int Line;

    /// <summary>Handler's own: a shift of bytes, a count, a mode.</summary>
    public int Form;
    public int Form2;

    /// <summary>The allocation that the last access hit: a guess, never trusted.</summary>
    public int Guess;
    public int ListCount;
    public int* List;
    public long Imm;
    public Flow Flow;
    public bool Negated;
    public bool Narrow;
    public Space Space;
}

/// <summary>Where an access goes.</summary>
internal enum Space : byte
{
    Generic,
    Global,
    Shared,
    Local,
    Param,
}

/// <summary>A fault of a kernel: the driver's error code and what happened.</summary>
internal sealed class KernelFault(CuResult code, string message) : Exception(message)
{
    public KernelFault(string message)
        : this(CuResult.LaunchFailed, message)
    {
    }

    public CuResult Code { get; } = code;
}
