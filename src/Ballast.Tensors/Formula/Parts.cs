using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>Parts of registers through memory, for lanes without masked instructions.</summary>
internal static unsafe class Parts
{
    /// <summary>Reads fewer elements than the lanes hold; the others hold <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static L Load<L, T>(T* source, long count, L rest) where L : struct, ILanes<L, T> where T : unmanaged
    {
        T* buffer = stackalloc T[L.Count];
        L.Store(rest, buffer);
        for (long i = 0; i < count; i++) buffer[i] = source[i];
        return L.Load(buffer);
    }

    /// <summary>Writes the first lanes only.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store<L, T>(L value, T* destination, long count) where L : struct, ILanes<L, T> where T : unmanaged
    {
        T* buffer = stackalloc T[L.Count];
        L.Store(value, buffer);
        for (long i = 0; i < count; i++) destination[i] = buffer[i];
    }
}
