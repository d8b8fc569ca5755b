using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Ballast.Formats;

/// <summary>A <c>dict</c> or <c>OrderedDict</c> of a PyTorch file, in the order of the file.</summary>
/// <remarks>
/// Keys are string, long, <see cref="BigInteger"/>, double, bool, byte[], or a tuple of these (<see cref="TorchSequence"/>).
/// </remarks>
public sealed class TorchDictionary : IReadOnlyDictionary<object, object?>
{
    private const int LongestText = 4096;
    private const int LongestTuple = 16;
    private readonly OrderedDictionary<object, object?> _items = new(KeyComparer.Instance);
    private TorchDictionary? _attributes;

    internal TorchDictionary(bool isOrdered) => IsOrdered = isOrdered;

    /// <summary>True for a <c>collections.OrderedDict</c>, which module states are.</summary>
    public bool IsOrdered { get; }

    /// <summary>Python attributes set on the dictionary, as a state's <c>_metadata</c>; null when there are none.</summary>
    public TorchDictionary? Attributes => _attributes;

    /// <summary>The number of entries.</summary>
    public int Count => _items.Count;

    /// <summary>The keys in the order of the file.</summary>
    public IEnumerable<object> Keys => _items.Keys;

    /// <summary>The values in the order of the file.</summary>
    public IEnumerable<object?> Values => _items.Values;

    /// <summary>The value under a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public object? this[object key] => _items[key];

    /// <inheritdoc/>
    public bool ContainsKey(object key) => _items.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(object key, [MaybeNullWhen(false)] out object? value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The number of entries, in words.</summary>
    public override string ToString() => $"dictionary of {Count}";

    internal bool TryAdd(object key, object? value) => _items.TryAdd(key, value);

    internal void SetAttributes(TorchDictionary attributes) => _attributes = attributes;

    /// <summary>True for what may be a key: hashing and comparing it takes time in proportion to its size, and never recurses.</summary>
    internal static bool IsKey([NotNullWhen(true)] object? key) =>
        IsSimple(key) || (key is TorchSequence { Kind: TorchSequenceKind.Tuple, Count: <= LongestTuple } tuple && tuple.All(IsSimple));

    private static bool IsSimple([NotNullWhen(true)] object? key) =>
        key is string { Length: <= LongestText } or long or BigInteger or double or bool or byte[] { Length: <= LongestText };

    private sealed class KeyComparer : IEqualityComparer<object?>
    {
        public static KeyComparer Instance { get; } = new();

        bool IEqualityComparer<object?>.Equals(object? x, object? y) => (x, y) switch
        {
            (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
            (TorchSequence a, TorchSequence b) => a.SequenceEqual(b, this),
            _ => object.Equals(x, y),
        };

        // HashCode is seeded at random: a file cannot choose keys that collide.
        int IEqualityComparer<object?>.GetHashCode(object? obj)
        {
            HashCode hash = default;
            if (obj is TorchSequence tuple)
            {
                foreach (object? item in tuple)
                    Add(ref hash, item!);
            }
            else
            {
                Add(ref hash, obj!);
            }
            return hash.ToHashCode();
        }

        private static void Add(ref HashCode hash, object item)
        {
            if (item is byte[] bytes)
                hash.AddBytes(bytes);
            else if (item is long number)
                hash.AddBytes(BitConverter.GetBytes(number));
            else
                hash.Add(item);
        }
    }
}
