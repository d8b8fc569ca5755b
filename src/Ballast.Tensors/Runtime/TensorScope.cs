namespace Ballast;

/// <summary>
/// Frees, when disposed, every tensor made on this thread since it began, except those kept. Not needed for flat memory: it makes
/// the moment of freeing certain.
/// </summary>
/// <remarks>
/// Kept by themselves: gradients of leaves, values of parameters and buffers, optimizer state. Using a freed tensor throws
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] private static TensorScope? _current;
    [ThreadStatic] private static List<Storage>? _spare; // of the scope that ended last: a loop makes no new list

    private readonly TensorScope? _outer;
    private readonly List<Storage> _storages;
    private HashSet<Storage>? _kept;
    private bool _disposed;

    private TensorScope(TensorScope? outer)
    {
        _outer = outer;
        _storages = _spare ?? [];
        _spare = null;
    }

    /// <summary>Starts a scope on this thread; scopes nest.</summary>
    public static TensorScope Begin() => _current = new TensorScope(_current);

    internal static void Track(Storage storage) => _current?._storages.Add(storage);

    /// <summary>Lets a tensor outlive the innermost scope of this thread: it passes to the scope outside, if there is one.</summary>
    public static Tensor Keep(Tensor tensor)
    {
        _current?.KeepHere(tensor.Storage);
        return tensor;
    }

    /// <summary>Lets a tensor outlive every scope of this thread; for values that become state.</summary>
    internal static void Escape(Tensor tensor)
    {
        for (TensorScope? scope = _current; scope is not null; scope = scope._outer) scope.KeepHere(tensor.Storage);
    }

    private void KeepHere(Storage storage) => (_kept ??= []).Add(storage);

    /// <summary>Frees what was made in the scope and not kept.</summary>
    /// <exception cref="InvalidOperationException">An inner scope is still open, or the scope was begun on another thread.</exception>
    public void Dispose()
    {
        if (_disposed) return;
        if (!ReferenceEquals(_current, this))
            throw new InvalidOperationException("TensorScope: scopes end in reverse order, on the thread that began them.");
        _disposed = true;
        _current = _outer;
        // Newest first: small tensors are taken off their slab in reverse.
        for (int i = _storages.Count - 1; i >= 0; i--)
        {
            Storage storage = _storages[i];
            if (_kept is null || !_kept.Contains(storage)) storage.ReleaseNow();
            else _outer?._storages.Add(storage);
        }
        _storages.Clear();
        _spare = _storages;
    }
}
