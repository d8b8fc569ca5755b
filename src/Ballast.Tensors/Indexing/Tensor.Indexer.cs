using System.Runtime.CompilerServices;

namespace Ballast;

/// <content>Reading and writing through <c>x[…]</c>.</content>
public sealed partial class Tensor
{
    /// <summary>The part that an index names: places, ranges, masks and tensors of places, one entry for each axis from the
    /// first.</summary>
    /// <remarks>
    /// Shape: places drop their axis, ranges keep it, masks over n axes and tensors of places [B…] replace theirs. Tensors of places
    /// broadcast
    /// among each other; their axes B… stand where the indexed axes stood if these are neighbours, else in front.
    /// Places and ranges give a view; with masks or tensors of places the result is a copy. Ranges are clamped; negative places count from
    /// the end.
    /// Assigning broadcasts the value and casts it to this tensor's dtype; where places repeat, the last one wins.
    /// Gradient: reading adds up into zeros; writing passes no gradient to what was overwritten, and the region's to the value.
    /// Source: NumPy's indexing rules as PyTorch applies them.
    /// </remarks>
    /// <param name="index">The entries; fewer than axes leave the last axes whole.</param>
    /// <exception cref="ShapeException">A place is outside its axis, there are too many entries, or a value does not fit.</exception>
    /// <exception cref="MetaTensorException">A mask is on meta, where nothing can be counted.</exception>
    [IndexerName("At")]
    public Tensor this[params ReadOnlySpan<TensorIndex> index]
    {
        get
        {
            Indexing indexing = Indexing.Of(this, index);
            Tensor view = indexing.View(this);
            if (!indexing.IsAdvanced) return view;
            Places places = indexing.Advanced(Device);
            return Op.Run(new IndexOp(places.Lead, places.Named), places.Gather(view), places.Index);
        }
        set
        {
            value = Assignable(value);
            if (index.Length == 1 && index[0].Kind == IndexKind.Mask && TryFillMasked(index[0].Tensor, value)) return;
            Assign(Indexing.Of(this, index), value, accumulate: false);
        }
    }

    /// <summary>Writes values at places, or adds them, in place: <c>x[index] = value</c>, or <c>+=</c> where repeated places add
    /// up.</summary>
    /// <remarks>Shape: as for <c>x[index]</c>; the value broadcasts. Numerics: repeated places add up in row-major order, on any number of
    /// threads.
    /// Gradient: that of the indexed region for the value; with <paramref name="accumulate"/>, also all of it for this tensor.</remarks>
    /// <returns>This tensor.</returns>
    public Tensor IndexPut(ReadOnlySpan<TensorIndex> index, Tensor value, bool accumulate = false)
    {
        Assign(Indexing.Of(this, index), Assignable(value), accumulate);
        return this;
    }

    /// <summary>A 0-d CPU tensor of the number, so that <c>x[mask] = 0</c> can be written.</summary>
    public static implicit operator Tensor(Scalar value) => value.Kind switch
    {
        ScalarKind.Bool => From(value.ToBool()),
        ScalarKind.Integer => From(value.ToInt64()),
        _ => From(value.ToDouble()),
    };

    /// <inheritdoc cref="op_Implicit(Scalar)"/>
    public static implicit operator Tensor(int value) => From((long)value);

    /// <inheritdoc cref="op_Implicit(Scalar)"/>
    public static implicit operator Tensor(long value) => From(value);

    /// <inheritdoc cref="op_Implicit(Scalar)"/>
    public static implicit operator Tensor(float value) => From(value);

    /// <inheritdoc cref="op_Implicit(Scalar)"/>
    public static implicit operator Tensor(double value) => From(value);

    /// <summary>The value in this tensor's dtype.</summary>
    private Tensor Assignable(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!Op.CanHold(DType, value.DType))
            throw new DTypeException(
                $"a {value.DType.Name} value was given for a {DType.Name} tensor, which cannot keep it; cast one of them with " +
                "To(dtype) first.").With(this, value);
        return value.To(DType);
    }

    /// <summary>A number written under a mask needs no list of places, so nothing is counted.</summary>
    private bool TryFillMasked(Tensor mask, Tensor value)
    {
        if (value.Rank != 0 || value.RequiresGrad || mask.Rank == 0 || mask.Rank > Rank || !value.Device.IsCpu) return false;
        if (mask.Shape != Shape[..mask.Rank]) return false;
        Tensor wide = (mask.Device.IsCpu ? mask.To(Device) : mask).Reshape([.. mask.Shape.Dims, .. Enumerable.Repeat(1, Rank - mask.Rank)]);
        if (DType.IsFloating) MaskedFillInPlace(wide, value.Item<double>());
        else if (DType == DType.Bool) MaskedFillInPlace(wide, value.Item<bool>());
        else MaskedFillInPlace(wide, value.Item<long>());
        return true;
    }

    private void Assign(in Indexing indexing, Tensor value, bool accumulate)
    {
        if (value.Rank == 0 && value.Device.IsCpu) value = value.To(Device);
        if (Autograd.Enabled && (RequiresGrad || value.RequiresGrad))
        {
            AssignRecorded(indexing, value, accumulate);
            return;
        }
        using (Autograd.NoGrad())
        {
            Tensor view = indexing.View(this);
            if (indexing.IsAdvanced)
            {
                Put(indexing.Advanced(Device), view, value, accumulate, inPlace: true);
                return;
            }
            value = Lean(value, view.Shape);
            Indexing.CheckFits(value.Shape, view.Shape);
            if (accumulate) view.AddInPlace(value);
            else if (!value.SameMemory(view)) view.CopyFrom(value);
        }
    }

    /// <summary>One op on this tensor itself: a view's history cannot reach the tensor it was taken from.</summary>
    private void AssignRecorded(in Indexing indexing, Tensor value, bool accumulate)
    {
        Tensor part = value;
        if (indexing.IsAdvanced)
        {
            Places places = indexing.Advanced(Device);
            if (places.Adjacent && indexing.IsWhole(this))
            {
                Put(places, this, value, accumulate, inPlace: true);
                return;
            }
            part = Put(places, indexing.View(this), value, accumulate, inPlace: false);
        }
        else
        {
            Tensor view = indexing.View(this);
            part = Lean(value, view.Shape);
            Indexing.CheckFits(part.Shape, view.Shape);
            part = accumulate ? view.Add(part) : part.Expand(view.Shape);
        }
        SetSliceOp op = indexing.Region;
        Op.RunInPlace(op, this, part.Reshape(op.Count));
    }

    private static Tensor Put(in Places places, Tensor view, Tensor value, bool accumulate, bool inPlace)
    {
        var op = new IndexPutOp(places.Lead, places.Named, accumulate);
        Tensor target = places.Gather(view);
        value = Lean(value, IndexOp.Indexed(target.Shape, places.Index.Shape, places.Lead, places.Axes.Length));
        return inPlace ? Op.RunInPlace(op, target, value, places.Index) : places.Return(Op.Run(op, target, value, places.Index));
    }

    /// <summary>The value without leading axes of 1 that the region lacks.</summary>
    private static Tensor Lean(Tensor value, Shape region)
    {
        while (value.Rank > region.Rank && value.Shape.Dims[0] == 1) value = value.Squeeze(0);
        return value;
    }
}
