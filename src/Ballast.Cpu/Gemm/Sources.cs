using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Reads elements of one kind from memory into a register V of the computing type.</summary>
internal unsafe interface IGemmSource<T, V>
    where T : unmanaged
{
    /// <summary>Bytes of one element in memory.</summary>
    static abstract int Size { get; }

    /// <summary>One register of elements.</summary>
    static abstract V Load(byte* source);

    /// <summary>One element.</summary>
    static abstract T One(byte* source);
}

/// <summary>Elements of the computing type.</summary>
internal readonly unsafe struct NativeSource<T, V, L> : IGemmSource<T, V>
    where T : unmanaged
    where L : struct, IGemmLanes<T, V>
{
    public static int Size => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => L.Load((T*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T One(byte* source) => *(T*)source;
}

/// <summary>bfloat16 in memory, float32 in registers.</summary>
internal readonly unsafe struct BFloat16Source<T, V, L> : IGemmSource<T, V>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => L.LoadBFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T One(byte* source) => Unsafe.BitCast<float, T>(*(BFloat16*)source);
}

/// <summary>float16 in memory, float32 in registers.</summary>
internal readonly unsafe struct Float16Source<T, V, L> : IGemmSource<T, V>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* source) => L.LoadFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T One(byte* source) => Unsafe.BitCast<float, T>((float)*(Half*)source);
}
