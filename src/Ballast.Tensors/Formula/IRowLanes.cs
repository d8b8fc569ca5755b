namespace Ballast;

/// <summary>What loops over rows need beyond <see cref="ILanes{V, T}"/>: sums across lanes, and parts of a register.</summary>
internal unsafe interface IRowLanes<L, T> : ILanes<L, T> where L : struct, IRowLanes<L, T> where T : unmanaged
{
    /// <summary>The value in every lane.</summary>
    static abstract L All(T value);

    /// <summary>a · b + c, in one rounding where the processor has the instruction.</summary>
    static abstract L MulAdd(L a, L b, L c);

    /// <summary>The larger of both by one instruction; either where one is NaN.</summary>
    static abstract L Larger(L a, L b);

    /// <summary>The sum of the lanes.</summary>
    static abstract T Sum(L a);

    /// <summary>The largest lane.</summary>
    static abstract T Largest(L a);

    /// <summary>Reads fewer than <see cref="ILanes{V, T}.Count"/> elements; the other lanes hold <paramref name="rest"/>.</summary>
    static abstract L LoadPart(T* source, long count, L rest);

    /// <summary>Writes the first lanes only.</summary>
    static abstract void StorePart(L value, T* destination, long count);

    /// <summary>Writes past the caches; the address must be a multiple of the register's size.</summary>
    static abstract void StoreStreaming(L value, T* destination);
}
