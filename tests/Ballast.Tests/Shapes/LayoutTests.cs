using CsCheck;

namespace Ballast.Tests.Shapes;

/// <summary>Laws of the layout algebra, on random layouts up to 8-d with empty axes; a failure prints its seed.</summary>
public sealed class LayoutTests
{
    private static readonly Gen<int[]> _shape = Gen.Int[0, 4].Array[0, Shape.MaxRank].Where(s => s.Aggregate(1, (n, d) => n * d) <= 300);

    /// <summary>Shapes with as many elements as a given one, by regrouping its factors.</summary>
    private static Gen<int[]> Regrouped(int elements) => Gen.Int[1, 6].Array[0, Shape.MaxRank - 1].Select(wanted =>
    {
        if (elements == 0) return [.. wanted, 0];
        List<int> dims = [];
        int rest = elements;
        foreach (int d in wanted)
        {
            if (rest % d != 0) continue;
            dims.Add(d);
            rest /= d;
        }
        return (int[])[.. dims, rest];
    });

    [Fact]
    public void Any_chain_of_views_names_the_elements_that_the_model_names() =>
        LayoutModel.Any.Sample(m =>
        {
            Assert.Equal(m.Shape, m.Layout.Shape.ToArray());
            Assert.Equal(m.Offsets, LayoutModel.Walk(m.Layout));
        });

    [Fact]
    public void Permute_and_its_inverse_cancel() =>
        LayoutModel.Permuted.Sample(p =>
        {
            int[] inverse = new int[p.Order.Length];
            for (int i = 0; i < inverse.Length; i++) inverse[p.Order[i]] = i;
            Layout back = p.Model.Layout.Permute(p.Order).Permute(inverse);
            Assert.Equal(p.Model.Layout.Shape, back.Shape);
            Assert.Equal(p.Model.Layout.Strides.ToArray(), back.Strides.ToArray());
            Assert.Equal(p.Model.Offsets, LayoutModel.Walk(back));
            Assert.Equal(p.Model.Permute(p.Order).Offsets, LayoutModel.Walk(p.Model.Layout.Permute(p.Order)));
        });

    [Fact]
    public void Reshape_is_a_view_exactly_where_strides_allow_it() =>
        LayoutModel.Any.SelectMany(m => Regrouped(m.Offsets.Length).Select(s => (Model: m, Shape: s))).Sample(p =>
        {
            bool view = p.Model.Layout.TryReshape(p.Shape, out Layout reshaped);
            Assert.Equal(LayoutModel.HasStrides(p.Model.Offsets, p.Shape), view);
            if (!view) return;
            Assert.Equal(p.Shape, reshaped.Shape.ToArray());
            Assert.Equal(p.Model.Offsets, LayoutModel.Walk(reshaped));
        });

    [Fact]
    public void Reshape_there_and_back_keeps_the_values_with_or_without_a_copy() =>
        LayoutModel.Any.SelectMany(m => Regrouped(m.Offsets.Length).Select(s => (Model: m, Shape: s))).Sample(p =>
        {
            Tensor x = Over(p.Model);
            Tensor reshaped = x.Reshape(p.Shape), back = reshaped.Reshape(x.Shape);
            Assert.Equal(x.Layout.TryReshape(p.Shape, out _), ReferenceEquals(x.Storage, reshaped.Storage));
            Assert.Equal(p.Model.Offsets, reshaped.ToArray<long>());
            Assert.Equal(p.Model.Offsets, back.ToArray<long>());
        });

    [Fact]
    public void Contiguous_copies_hold_what_the_view_shows() =>
        LayoutModel.Any.Sample(m =>
        {
            Tensor x = Over(m), dense = x.Contiguous();
            Assert.True(dense.IsContiguous);
            Assert.Equal(m.Offsets, dense.ToArray<long>());
            Assert.Equal(m.Offsets, x.ToArray<long>());
        });

    [Fact]
    public void Slices_of_slices_are_slices() =>
        Gen.Select(LayoutModel.Any, Gen.Int[0, 7], Gen.Int[0, 9], Gen.Int[1, 3], Gen.Int[0, 9],
            Gen.Int[1, 3]).Sample((m, a, s1, t1, s2, t2) =>
        {
            if (m.Shape.Length == 0) return;
            int axis = a % m.Shape.Length, length = m.Shape[axis];
            if (length == 0) return;
            s1 %= length;
            int first = (length - s1 + t1 - 1) / t1;
            s2 %= first;
            int second = (first - s2 + t2 - 1) / t2;
            Layout twice = m.Layout.Slice(axis, s1, first, t1).Slice(axis, s2, second, t2);
            Layout once = m.Layout.Slice(axis, s1 + s2 * t1, second, t1 * t2);
            Assert.Equal(LayoutModel.Walk(once), LayoutModel.Walk(twice));
        });

    [Fact]
    public void Bounds_hold_every_index_and_nothing_more() =>
        LayoutModel.Any.Sample(m =>
        {
            if (m.Offsets.Length == 0) return;
            (long low, long high) = m.Layout.Bounds();
            Assert.Equal(m.Offsets.Min(), low);
            Assert.Equal(m.Offsets.Max(), high);
        });

    [Fact]
    public void Dense_means_row_major_without_gaps() =>
        LayoutModel.Any.Sample(m =>
        {
            bool runs = m.Offsets.Select((o, i) => o == m.Offsets[0] + i).All(ok => ok);
            Assert.Equal(runs, m.Layout.IsDense);
        });

    [Fact]
    public void Overlap_means_that_two_indices_name_one_element() =>
        LayoutModel.Any.Sample(m =>
        {
            if (m.Offsets.Length > 0) Assert.Equal(m.Offsets.Distinct().Count() < m.Offsets.Length, m.Layout.Overlaps);
        });

    [Fact]
    public void Broadcast_is_commutative_and_associative_with_the_empty_shape_as_its_unit() =>
        Gen.Select(_shape, _shape, _shape).Sample((a, b, c) =>
        {
            Shape? ab = Try(a, b), ba = Try(b, a);
            Assert.Equal(ab, ba);
            Assert.Equal((Shape)a, Try(a, Shape.Scalar));
            Assert.Equal((Shape)a, Try(a, a));
            if (ab is not null && Try(b, c) is { } bc) Assert.Equal(Try(ab.Value, c), Try(a, bc));
        });

    [Fact]
    public void Broadcast_axes_are_the_longer_ones_unless_they_differ() =>
        Gen.Select(_shape, _shape).Sample((a, b) =>
        {
            bool fits = true;
            int rank = Math.Max(a.Length, b.Length);
            int[] expected = new int[rank];
            for (int i = 1; i <= rank; i++)
            {
                int x = i <= a.Length ? a[^i] : 1, y = i <= b.Length ? b[^i] : 1;
                fits &= x == y || x == 1 || y == 1;
                expected[^i] = x == 1 ? y : x;
            }
            Assert.Equal(fits ? expected : null, Try(a, b)?.ToArray());
        });

    [Fact]
    public void Expanding_to_the_broadcast_shape_repeats_elements() =>
        Gen.Select(LayoutModel.Any, _shape).Sample((m, other) =>
        {
            if (Try(m.Shape, other) is not { } target || target.Elements > 2_000) return;
            Assert.Equal(m.Expand(target.ToArray()).Offsets, LayoutModel.Walk(m.Layout.Expand(target)));
        });

    [Fact]
    public void Expand_refuses_what_does_not_broadcast_to_the_target() =>
        Gen.Select(_shape, _shape).Sample((from, to) =>
        {
            if (Try(from, to) is { } both && both == to) Assert.Equal((Shape)to, Layout.Dense(from).Expand(to).Shape);
            else Assert.Throws<ShapeException>(() => Layout.Dense(from).Expand(to));
        });

    [Fact]
    public void Writing_through_a_view_changes_exactly_its_elements() =>
        LayoutModel.Any.Sample(m =>
        {
            if (m.Layout.Overlaps) return;
            Tensor storage = Storage(m), x = storage.Alias(m.Layout);
            x.FillInPlace(-1);
            long[] all = storage.ToArray<long>();
            for (int i = 0; i < all.Length; i++) Assert.Equal(m.Offsets.Contains(i) ? -1 : i, all[i]);
        });

    private static Shape? Try(Shape a, Shape b)
    {
        try
        {
            return Shape.Broadcast(a, b);
        }
        catch (ShapeException)
        {
            return null;
        }
    }

    /// <summary>A tensor of that layout in which every element holds its own offset.</summary>
    private static Tensor Over(LayoutModel m) => Storage(m).Alias(m.Layout);

    private static Tensor Storage(LayoutModel m) => Tensor.Arange(m.Offsets.Length == 0 ? 16 : m.Offsets.Max() + 3);
}
