namespace Ballast;

/// <summary>A derived mask that is true where a position would look ahead: above the diagonal.</summary>
/// <remarks>Shape: [T, T], bool: row is the position that looks, column the one that is seen. Not saved, not learned.</remarks>
public sealed class CausalMask : Buffer
{
    /// <summary>A mask for a first length; <see cref="For(int)"/> makes it longer when more positions are asked for.</summary>
    /// <param name="length">T.</param>
    public CausalMask(int length)
        : base(static (device, n) => Tensor.Ones([n, n], device: device).Triu(1).ToBool(), length, DTypePolicy.Keep) { }

    /// <summary>The mask of the first positions.</summary>
    /// <param name="length">How many; more than <see cref="Buffer.Length"/> makes the mask larger.</param>
    /// <returns>[length, length].</returns>
    public Tensor For(int length) => For(length, length);

    /// <summary>The mask of the last T of S positions, for queries that go on after cached keys.</summary>
    /// <param name="queries">T.</param>
    /// <param name="keys">S, at least T.</param>
    /// <returns>[T, S].</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer keys than queries.</exception>
    public Tensor For(int queries, int keys)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keys, queries);
        return Cover(keys).Narrow(0, keys - queries, queries).Narrow(1, 0, keys);
    }
}
