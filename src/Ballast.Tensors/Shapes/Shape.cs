using System.Collections;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>The axis lengths of a tensor, outermost first. Immutable; axes are 32-bit, element counts 64-bit.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<int>
{
    /// <summary>The largest number of axes.</summary>
    public const int MaxRank = 8;

    private readonly Axes? _axes;

    internal Shape(int[] dims) => _axes = dims.Length == 0 ? Axes.None : new Axes(dims);

    /// <summary>The shape with these axis lengths.</summary>
    /// <exception cref="ShapeException">An axis is negative, there are more than <see cref="MaxRank"/>, or the element count exceeds 2^63-1.</exception>
    public static Shape Create(params ReadOnlySpan<int> dims)
    {
        if (dims.Length > MaxRank) throw new ShapeException($"{dims.Length} axes given; a tensor has at most {MaxRank}.");
        long elements = 1;
        foreach (int d in dims)
        {
            if (d < 0) throw new ShapeException($"[{string.Join(", ", dims.ToArray())}] has a negative axis; axis lengths are 0 or more.");
            if (d != 0 && elements > long.MaxValue / 16 / d) throw new ShapeException($"[{string.Join(", ", dims.ToArray())}] has too many elements to address.");
            elements *= d == 0 ? 1 : d;
        }
        return new Shape(dims.ToArray());
    }

    /// <summary>The shape of a tensor without axes.</summary>
    public static Shape Scalar => new([]);

    internal ReadOnlySpan<int> Dims => _axes is { } axes ? axes.Dims : default;

    /// <summary>The strides of a dense row-major tensor of this shape, in elements; one array for all that share the axes.</summary>
    internal long[] DenseStrides => (_axes ?? Axes.None).Strides;

    /// <summary>True if that very array is <see cref="DenseStrides"/>; makes nothing.</summary>
    internal bool HasStrides(long[] strides) => _axes is { } axes && ReferenceEquals(axes.KnownStrides, strides);

    /// <summary>The number of axes.</summary>
    public int Rank => _axes?.Dims.Length ?? 0;

    /// <summary>The number of axes.</summary>
    public int Count => Rank;

    /// <summary>The number of elements: the product of the axes, 1 for a 0-d shape.</summary>
    public long Elements => _axes?.Elements ?? 1;

    /// <summary>The length of one axis; negative numbers count from the end.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int this[int axis] => Dims[Axis(axis)];

    /// <summary>The length of one axis, <c>^1</c> being the last.</summary>
    public int this[Index axis] => Dims[axis.GetOffset(Rank)];

    /// <summary>A run of axes as a shape.</summary>
    public Shape this[Range axes] => new(Dims[axes].ToArray());

    /// <summary>An axis number between 0 and <see cref="Rank"/>-1 for a possibly negative one.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(int axis) => (uint)axis < (uint)Rank ? axis
        : axis < 0 && axis >= -Rank ? axis + Rank
        : throw new ShapeException($"axis {axis} is outside shape {this}: it has {Rank} axes, so {-Rank} to {Rank - 1} are allowed.");

    /// <summary>The axis lengths as a new array.</summary>
    public int[] ToArray() => Dims.ToArray();

    /// <summary>This shape with one axis replaced.</summary>
    public Shape With(int axis, int length)
    {
        int[] dims = ToArray();
        dims[Axis(axis)] = length;
        return new Shape(dims);
    }

    /// <summary>The shape both broadcast to, axes aligned at the end; an axis of 1 stretches.</summary>
    /// <exception cref="ShapeException">An axis differs and neither is 1.</exception>
    public static Shape Broadcast(Shape a, Shape b, string op = "broadcast")
    {
        if (a == b) return a;
        int rank = Math.Max(a.Rank, b.Rank);
        int[] dims = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int x = i <= a.Rank ? a.Dims[^i] : 1, y = i <= b.Rank ? b.Dims[^i] : 1;
            if (x != y && x != 1 && y != 1)
                throw new ShapeException($"{op}: shapes {a} and {b} do not broadcast: axis {-i} is {x} on one side and {y} on the other; they must be equal or one of them 1.");
            dims[rank - i] = x == 1 ? y : x;
        }
        return new Shape(dims);
    }

    /// <summary>Takes the shape apart; throws unless it has exactly that many axes.</summary>
    public void Deconstruct(out int a, out int b) { Expect(2); a = Dims[0]; b = Dims[1]; }

    /// <inheritdoc cref="Deconstruct(out int, out int)"/>
    public void Deconstruct(out int a, out int b, out int c) { Expect(3); a = Dims[0]; b = Dims[1]; c = Dims[2]; }

    /// <inheritdoc cref="Deconstruct(out int, out int)"/>
    public void Deconstruct(out int a, out int b, out int c, out int d)
    {
        Expect(4);
        (a, b, c, d) = (Dims[0], Dims[1], Dims[2], Dims[3]);
    }

    /// <inheritdoc cref="Deconstruct(out int, out int)"/>
    public void Deconstruct(out int a, out int b, out int c, out int d, out int e)
    {
        Expect(5);
        (a, b, c, d, e) = (Dims[0], Dims[1], Dims[2], Dims[3], Dims[4]);
    }

    private void Expect(int rank)
    {
        if (Rank != rank) throw new ShapeException($"shape {this} has {Rank} axes; the code that takes it apart expects {rank}.");
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => ReferenceEquals(_axes, other._axes) || Dims.SequenceEqual(other.Dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int d in Dims) hash.Add(d);
        return hash.ToHashCode();
    }

    /// <summary>True if all axes are equal.</summary>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>True if any axis differs.</summary>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <summary>A shape from an array of axis lengths.</summary>
    public static implicit operator Shape(int[] dims) => Create(dims);

    /// <summary>As <c>[2, 3]</c>; a 0-d shape is <c>[]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(_axes?.Dims ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The axes with what follows from them, shared by every tensor that has the shape from the same source.</summary>
    private sealed class Axes
    {
        public static readonly Axes None = new([]);

        private long[]? _strides;

        public Axes(int[] dims)
        {
            Dims = dims;
            long elements = 1;
            foreach (int d in dims) elements *= d;
            Elements = elements;
        }

        public int[] Dims { get; }

        public long Elements { get; }

        public long[] Strides => _strides ??= Dense(Dims);

        public long[]? KnownStrides => _strides;

        private static long[] Dense(int[] dims)
        {
            if (dims.Length == 0) return [];
            long[] strides = new long[dims.Length];
            long next = 1;
            for (int i = dims.Length - 1; i >= 0; i--)
            {
                strides[i] = next;
                next *= Math.Max(1, dims[i]);
            }
            return strides;
        }
    }
}
