using CsCheck;

namespace Ballast.Tests.Shapes;

/// <summary>One change of a layout, by numbers that are folded into what the layout allows.</summary>
public readonly record struct Step(int Kind, int Axis, int Start, int Length, int Stride);

/// <summary>A layout beside the plain list of the offsets that its indices name, row-major.</summary>
public sealed record LayoutModel(Layout Layout, int[] Shape, long[] Offsets)
{
    private const int MaxElements = 400;

    public static LayoutModel Dense(int[] shape, long offset) =>
        new(Layout.Dense(shape, offset), shape, [.. Enumerable.Range(0, Count(shape)).Select(i => offset + i)]);

    /// <summary>Layouts that a few permutations, slices, selections, new axes, flips and stretches lead to.</summary>
    public static Gen<LayoutModel> Any { get; } = Gen.Select(
        Gen.Int[0, 5].Array[0, Ballast.Shape.MaxRank].Where(s => Count(s) <= MaxElements), Gen.Long[0, 9],
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 7], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[1, 3],
            (k, a, s, l, t) => new Step(k, a, s, l, t)).Array[0, 5],
        (shape, offset, steps) => steps.Aggregate(Dense(shape, offset), (model, step) => model.Apply(step)));

    /// <summary>The same elements, permuted by any order of the axes.</summary>
    public static Gen<(LayoutModel Model, int[] Order)> Permuted { get; } =
        Any.SelectMany(m => Gen.Shuffle(Enumerable.Range(0, m.Shape.Length).ToArray()).Select(order => (m, order)));

    private static int Count(int[] shape) => shape.Aggregate(1, (n, d) => n * d);

    public long At(int[] index)
    {
        int at = 0;
        for (int i = 0; i < Shape.Length; i++) at = at * Shape[i] + index[i];
        return Offsets[at];
    }

    /// <summary>The model whose index i names what <paramref name="from"/> says of this one.</summary>
    public LayoutModel Map(Layout layout, int[] shape, Func<int[], int[]> from)
    {
        long[] offsets = new long[Count(shape)];
        int[] index = new int[shape.Length];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = At(from(index));
            for (int axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) index[axis] = 0;
        }
        return new LayoutModel(layout, shape, offsets);
    }

    public LayoutModel Permute(int[] order) => Map(Layout.Permute(order), [.. order.Select(o => Shape[o])], index =>
    {
        int[] from = new int[index.Length];
        for (int i = 0; i < index.Length; i++) from[order[i]] = index[i];
        return from;
    });

    public LayoutModel Slice(int axis, int start, int length, int step)
    {
        int[] shape = (int[])Shape.Clone();
        shape[axis] = length;
        return Map(Layout.Slice(axis, start, length, step), shape, index =>
        {
            int[] from = (int[])index.Clone();
            from[axis] = start + index[axis] * step;
            return from;
        });
    }

    public LayoutModel Select(int axis, int at) =>
        Map(Layout.Select(axis, at), [.. Shape[..axis], .. Shape[(axis + 1)..]], index => [.. index[..axis], at, .. index[axis..]]);

    public LayoutModel Unsqueeze(int axis) =>
        Map(Layout.Unsqueeze(axis), [.. Shape[..axis], 1, .. Shape[axis..]], index => [.. index[..axis], .. index[(axis + 1)..]]);

    public LayoutModel Expand(int[] target)
    {
        int lead = target.Length - Shape.Length;
        return Map(Layout.Expand(target), target, index => [.. Shape.Select((d, i) => d == 1 ? 0 : index[lead + i])]);
    }

    private LayoutModel Apply(Step step)
    {
        int rank = Shape.Length, axis = rank == 0 ? 0 : step.Axis % rank;
        switch (step.Kind)
        {
            case 0 when rank > 0:
                int[] order = [.. Enumerable.Range(0, rank)];
                int other = step.Start % rank;
                (order[axis], order[other]) = (order[other], order[axis]);
                return Permute(order);
            case 1 when rank > 0 && Shape[axis] > 0:
                int start = step.Start % Shape[axis];
                return Slice(axis, start, Math.Min(step.Length, (Shape[axis] - start + step.Stride - 1) / step.Stride), step.Stride);
            case 2 when rank > 0 && Shape[axis] > 0:
                return Select(axis, step.Start % Shape[axis]);
            case 3 when rank < Ballast.Shape.MaxRank:
                return Unsqueeze(step.Axis % (rank + 1));
            case 4 when rank > 0 && Shape[axis] > 0:
                return Slice(axis, Shape[axis] - 1, Shape[axis], -1);
            case 5 when rank > 0 && Shape[axis] == 1 && Offsets.Length * step.Length <= MaxElements:
                int[] target = (int[])Shape.Clone();
                target[axis] = step.Length;
                return Expand(target);
            default:
                return this;
        }
    }

    /// <summary>True if a list of offsets is what some strides give for a shape: the definition of a view.</summary>
    public static bool HasStrides(long[] offsets, int[] shape)
    {
        if (offsets.Length == 0) return true;
        long[] strides = new long[shape.Length];
        for (int i = shape.Length - 1, run = 1; i >= 0; run *= shape[i--])
            if (shape[i] > 1) strides[i] = offsets[run] - offsets[0];
        for (int n = 0; n < offsets.Length; n++)
        {
            long at = offsets[0];
            for (int i = shape.Length - 1, rest = n; i >= 0; rest /= shape[i--]) at += rest % shape[i] * strides[i];
            if (at != offsets[n]) return false;
        }
        return true;
    }

    /// <summary>The offsets that the layout itself names, row-major.</summary>
    public static long[] Walk(Layout layout)
    {
        int[] shape = layout.Shape.ToArray(), index = new int[shape.Length];
        long[] offsets = new long[Count(shape)];
        for (int n = 0; n < offsets.Length; n++)
        {
            offsets[n] = layout.Offset;
            for (int i = 0; i < shape.Length; i++) offsets[n] += index[i] * layout.Strides[i];
            for (int axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) index[axis] = 0;
        }
        return offsets;
    }
}
