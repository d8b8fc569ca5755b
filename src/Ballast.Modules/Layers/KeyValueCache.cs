namespace Ballast;

/// <summary>The keys and values of the positions that one attention layer has seen, so that later positions need not compute them again.
/// </summary>
/// <remarks>
/// Shape: two tensors [B, H, S, D], S the capacity in positions, of which the first <see cref="Length"/> are filled. It belongs to a run
/// over a sequence, not to a module: no state dict holds it and no move of a module moves it. It holds values without history, so it is
/// for evaluation. One thread at a time may use it.
/// </remarks>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor _keys, _values;
    private bool _disposed;

    /// <summary>An empty cache; its memory is taken and written to now, so that filling it costs none.</summary>
    /// <param name="batch">B, sequences side by side.</param>
    /// <param name="heads">H.</param>
    /// <param name="capacity">S, the most positions.</param>
    /// <param name="width">D, the length of a head's key and value.</param>
    /// <param name="dtype">The dtype of keys and values: that of the model.</param>
    /// <param name="device">Where; the default device if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public KeyValueCache(int batch, int heads, int capacity, int width, DType dtype = DType.Float32, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (!dtype.IsFloating) throw new DTypeException($"KeyValueCache: keys and values are floating, {dtype.Name} was given.");
        // One block for both: large pages are given to large blocks only.
        Tensor both = Tensor.Zeros([2, batch, heads, capacity, width], dtype, device);
        TensorScope.Escape(both);
        (_keys, _values) = (both.Select(0, 0), both.Select(0, 1));
    }

    /// <summary>A cache in a part of a block [2, B, H, S, D] that its owner frees.</summary>
    internal KeyValueCache(Tensor both) => (_keys, _values) = (both.Select(0, 0), both.Select(0, 1));

    /// <summary>The keys [B, H, S, D]; rows from <see cref="Length"/> on mean nothing.</summary>
    public Tensor Keys => Alive(_keys);

    /// <summary>The values [B, H, S, D]; rows from <see cref="Length"/> on mean nothing.</summary>
    public Tensor Values => Alive(_values);

    /// <summary>S, the most positions.</summary>
    public int Capacity => _keys.Shape[2];

    /// <summary>Positions that are filled.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of keys and values together.</summary>
    public long Bytes => _keys.Bytes + _values.Bytes;

    /// <summary>Adds the keys and values of the next T positions behind those that are there.</summary>
    /// <param name="keys">[B, H, T, D], any strides.</param>
    /// <param name="values">[B, H, T, D], any strides.</param>
    /// <exception cref="InvalidOperationException">They do not fit: <see cref="Length"/> + T is more than <see cref="Capacity"/>.</exception>
    /// <exception cref="ShapeException">The shape is another.</exception>
    /// <exception cref="DTypeException">The dtype is another.</exception>
    /// <exception cref="DeviceMismatchException">They lie on another device.</exception>
    /// <exception cref="AutogradException">They have a history, which a cache would lose.</exception>
    public void Append(Tensor keys, Tensor values)
    {
        if (Autograd.Enabled && (keys.RequiresGrad || values.RequiresGrad))
            throw new AutogradException(
                "KeyValueCache: the keys or values require a gradient, and a cache holds values without history; "
                + "run the model under Autograd.NoGrad(), or call Detach() on what is appended.");
        int count = keys.Rank == 4 ? keys.Shape[2] : 0;
        CheckRoom(Length, count, Capacity);
        Keys.WriteRowsInPlace(keys, Length);
        Values.WriteRowsInPlace(values, Length);
        Length += count;
    }

    /// <summary>Forgets the positions from <paramref name="length"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or more than <see cref="Length"/>.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _keys.Storage.ReleaseNow();
    }

    /// <summary>Writes one position without looking for errors or making an object; see <see cref="Append"/>.</summary>
    internal void Step(Tensor keys, Tensor values)
    {
        Op.Execute(new WriteRowsOp(Length), _keys.Device, [_keys, keys], [_keys]);
        Op.Execute(new WriteRowsOp(Length), _keys.Device, [_values, values], [_values]);
        Length++;
    }

    internal static void CheckRoom(int length, int count, int capacity)
    {
        if (count > capacity - length)
            throw new InvalidOperationException(
                $"the cache of {capacity} positions holds {length} and cannot take {count} more. Start with a larger capacity, or make room: "
                + "Truncate(n) keeps the first n positions, Reset() keeps none.");
    }

    private Tensor Alive(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return tensor;
    }
}
