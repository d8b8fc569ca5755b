using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Copies elements from the places.</summary>
internal sealed unsafe class IndexCpu : IKernel<IndexOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in IndexOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].Elements == 0) return;
        switch (outputs[0].DType.SizeBytes)
        {
            case 1: Run<byte>(op, inputs, outputs[0]); break;
            case 2: Run<short>(op, inputs, outputs[0]); break;
            case 4: Run<int>(op, inputs, outputs[0]); break;
            default: Run<long>(op, inputs, outputs[0]); break;
        }
    }

    private static void Run<T>(in IndexOp op, ReadOnlySpan<Tensor> inputs, Tensor output) where T : unmanaged
    {
        Tensor x = inputs[0];
        int behind = op.Lead + op.Named.Rank;
        long[] places = Offsets.OfPlaces(x, inputs[1], op.Lead, op.Named);
        long[] outer = Offsets.Of(x.Layout, 0, op.Lead), inner = Offsets.Of(x.Layout, behind, x.Rank);
        fixed (long* p = places, o = outer, i = inner)
        {
            var body = new Body<T>
            {
                Source = x.PointerOf<T>(),
                Target = output.PointerOf<T>(),
                Outer = o,
                Places = p,
                Inner = i,
                PlaceCount = places.Length,
                InnerCount = inner.Length,
                IsRun = Offsets.IsRun(inner),
            };
            WorkerPool.For((long)outer.Length * places.Length, Math.Max(1, Offsets.Grain / inner.Length), ref body);
        }
    }

    private struct Body<T> : IRangeBody where T : unmanaged
    {
        public T* Source, Target;
        public long* Outer, Places, Inner;
        public int PlaceCount, InnerCount;
        public bool IsRun;

        public readonly void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* source = Source + Outer[row / PlaceCount] + Places[row % PlaceCount];
                T* target = Target + row * InnerCount;
                if (InnerCount == 1) *target = *source;
                else if (IsRun) new ReadOnlySpan<T>(source, InnerCount).CopyTo(new Span<T>(target, InnerCount));
                else for (int i = 0; i < InnerCount; i++) target[i] = source[Inner[i]];
            }
        }
    }
}

/// <summary>Writes or adds values at the places; each thread owns some columns, so the order of repeated places does not depend on
/// threads.</summary>
internal sealed unsafe class IndexPutCpu : IKernel<IndexPutOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in IndexPutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Accumulation.Run(new PutCall(op), inputs[0], inputs[1], inputs[2], outputs[0], op.Accumulate);

    private readonly struct PutCall(IndexPutOp op) : IAccumulatingCall
    {
        public void Run<T, TStore>(Tensor target, Tensor value, Tensor index) where T : unmanaged where TStore : struct, IStore<T>
        {
            Shape region = IndexOp.Indexed(target.Shape, index.Shape, op.Lead, op.Named.Rank);
            if (region.Elements == 0) return;
            int behind = op.Lead + op.Named.Rank, tail = region.Rank - (target.Rank - behind);
            Layout source = value.Layout.Expand(region);
            long[] places = Offsets.OfPlaces(target, index, op.Lead, op.Named), from = Offsets.Of(source, op.Lead, tail);
            long[] outer = Offsets.Of(target.Layout, 0, op.Lead), outerFrom = Offsets.Of(source, 0, op.Lead);
            long[] inner = Offsets.Of(target.Layout, behind, target.Rank), innerFrom = Offsets.Of(source, tail, region.Rank);
            fixed (long* p = places, pf = from, o = outer, of = outerFrom, i = inner, jf = innerFrom)
            {
                var body = new StoreColumns<T, TStore>
                {
                    Target = target.PointerOf<T>(),
                    Source = value.PointerOf<T>(),
                    Outer = o,
                    OuterFrom = of,
                    Inner = i,
                    InnerFrom = jf,
                    Places = p,
                    From = pf,
                    PlaceCount = places.Length,
                    InnerCount = inner.Length,
                    IsRun = Offsets.IsRun(inner) && Offsets.IsRun(innerFrom),
                };
                WorkerPool.For((long)outer.Length * inner.Length, Math.Max(1, Offsets.Grain / places.Length), ref body);
            }
        }
    }

    private struct StoreColumns<T, TStore> : IRangeBody where T : unmanaged where TStore : struct, IStore<T>
    {
        public T* Target, Source;
        public long* Outer, OuterFrom, Inner, InnerFrom, Places, From;
        public int PlaceCount, InnerCount;
        public bool IsRun;

        public readonly void Run(long begin, long end)
        {
            while (begin < end)
            {
                long outer = begin / InnerCount;
                int first = (int)(begin % InnerCount), count = (int)Math.Min(InnerCount - first, end - begin);
                T* target = Target + Outer[outer], source = Source + OuterFrom[outer];
                for (int p = 0; p < PlaceCount; p++)
                {
                    T* to = target + Places[p], value = source + From[p];
                    if (IsRun) TStore.Store(to + first, value + first, count);
                    else for (int i = first; i < first + count; i++) TStore.Store(to + Inner[i], value + InnerFrom[i], 1);
                }
                begin += count;
            }
        }
    }
}

/// <summary>Writes a value over a strided region.</summary>
internal sealed class SetSliceCpu : IKernel<SetSliceOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in SetSliceOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor target = outputs[0];
        if (!ReferenceEquals(inputs[0], target)) CopyDriver.Copy(inputs[0], target);
        CopyDriver.Copy(inputs[1], target.Alias(op.Region(target.Layout)));
    }
}

/// <summary>Lists where the elements that are not zero are.</summary>
internal sealed unsafe class NonZeroCpu : IKernel<NonZeroOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in NonZeroOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor mask = inputs[0].IsContiguous ? inputs[0] : Tensor.Empty(inputs[0].Shape, DType.Bool);
        if (!ReferenceEquals(mask, inputs[0])) CopyDriver.Copy(inputs[0], mask);
        int rank = mask.Rank;
        ReadOnlySpan<int> dims = mask.Shape.Dims;
        byte* x = mask.PointerOf<byte>();
        long* y = outputs[0].PointerOf<long>();
        long elements = mask.Elements, at = 0;
        while (at < elements)
        {
            int window = (int)Math.Min(elements - at, int.MaxValue);
            int next = new ReadOnlySpan<byte>(x + at, window).IndexOfAnyExcept((byte)0);
            if (next < 0)
            {
                at += window;
                continue;
            }
            at += next;
            long rest = at++;
            for (int i = rank - 1; i >= 0; i--)
            {
                y[i] = rest % dims[i];
                rest /= dims[i];
            }
            y += rank;
        }
        GC.KeepAlive(mask);
    }
}

/// <summary>Element offsets of places: sums over axes are separable, so a table for each group of axes does.</summary>
internal static unsafe class Offsets
{
    /// <summary>The number of elements that is worth a thread of its own.</summary>
    public const long Grain = 16 * 1024;

    /// <summary>The offsets of all indices of the axes from <paramref name="begin"/> to <paramref name="end"/>, row-major, in
    /// elements.</summary>
    public static long[] Of(in Layout layout, int begin, int end) => Of(layout.Shape.Dims[begin..end], layout.Strides[begin..end]);

    /// <summary>The offsets of all indices below <paramref name="dims"/>, row-major, in elements.</summary>
    public static long[] Of(ReadOnlySpan<int> dims, ReadOnlySpan<long> strides)
    {
        int count = 1;
        foreach (int d in dims) count = checked(count * d);
        long[] table = new long[count];
        int filled = 1;
        for (int axis = dims.Length - 1; axis >= 0 && count > 0; axis--)
        {
            for (int i = 1; i < dims[axis]; i++)
                for (int j = 0; j < filled; j++) table[i * filled + j] = table[j] + i * strides[axis];
            filled *= dims[axis];
        }
        return table;
    }

    /// <summary>True if the offsets are 0, 1, 2, …</summary>
    public static bool IsRun(long[] offsets)
    {
        for (int i = 0; i < offsets.Length; i++)
            if (offsets[i] != i) return false;
        return true;
    }

    /// <summary>The offsets that rows of places name together; checks them.</summary>
    /// <exception cref="ShapeException">A place is outside its axis.</exception>
    public static long[] OfPlaces(Tensor x, Tensor places, int lead, Shape named)
    {
        Tensor dense = Dense(places);
        int count = checked((int)(dense.Elements / named.Rank));
        long[] offsets = new long[count];
        long* place = dense.PointerOf<long>();
        for (int k = 0; k < named.Rank; k++)
        {
            long stride = x.Strides[lead + k], length = x.Shape.Dims[lead + k];
            for (int p = 0; p < count; p++)
            {
                long at = *place++;
                if (at < 0) at += length;
                if ((ulong)at >= (ulong)length) throw OutOfRange(place[-1], p, dense.Shape[1..], named.Dims[k], length, x.Shape);
                offsets[p] += at * stride;
            }
        }
        GC.KeepAlive(dense);
        return offsets;
    }

    /// <summary>The tensor itself if it is dense, else a dense copy.</summary>
    public static Tensor Dense(Tensor x)
    {
        if (x.IsContiguous) return x;
        Tensor dense = Tensor.Empty(x.Shape, x.DType);
        CopyDriver.Copy(x, dense);
        return dense;
    }

    /// <summary>The error for a place outside its axis.</summary>
    public static ShapeException OutOfRange(long value, long position, Shape index, int axis, long length, Shape x)
    {
        int[] at = new int[index.Rank];
        for (int i = index.Rank - 1; i >= 0; i--)
        {
            at[i] = (int)(position % index.Dims[i]);
            position /= index.Dims[i];
        }
        return new ShapeException(
            $"index {value} at position [{string.Join(", ", at)}] of a {index} tensor of places is outside axis {axis} " +
            $"of length {length} (indexed tensor: {x}); {-length} to {length - 1} are allowed.");
    }
}

/// <summary>What a scatter does with an element that is already there.</summary>
internal unsafe interface IStore<T> where T : unmanaged
{
    /// <summary>Does a run of elements.</summary>
    static abstract void Store(T* target, T* source, int count);
}

/// <summary>Writes.</summary>
internal readonly unsafe struct WriteStore<T> : IStore<T> where T : unmanaged
{
    public static void Store(T* target, T* source, int count)
    {
        if (count == 1) *target = *source;
        else new ReadOnlySpan<T>(source, count).CopyTo(new Span<T>(target, count));
    }
}

/// <summary>Adds.</summary>
internal readonly unsafe struct AddStore<T> : IStore<T> where T : unmanaged, INumber<T>
{
    public static void Store(T* target, T* source, int count)
    {
        int i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
            (Vector.Load(target + i) + Vector.Load(source + i)).Store(target + i);
        for (; i < count; i++) target[i] += source[i];
    }
}

/// <summary>Truth adds up to truth.</summary>
internal readonly unsafe struct OrStore : IStore<byte>
{
    public static void Store(byte* target, byte* source, int count)
    {
        for (int i = 0; i < count; i++) target[i] |= source[i];
    }
}

/// <summary>A kernel that stores values into a tensor, for one element type and one way of storing.</summary>
internal interface IAccumulatingCall
{
    /// <summary>Stores; <paramref name="target"/> already holds the first input.</summary>
    void Run<T, TStore>(Tensor target, Tensor value, Tensor index) where T : unmanaged where TStore : struct, IStore<T>;
}

/// <summary>Picks the element type; half types add up in float32.</summary>
internal static class Accumulation
{
    public static void Run<TCall>(TCall call, Tensor x, Tensor value, Tensor index, Tensor output, bool accumulate)
        where TCall : struct, IAccumulatingCall
    {
        if (accumulate && x.DType.IsHalf)
        {
            Tensor wide = Tensor.Empty(x.Shape, DType.Float32), wideValue = Tensor.Empty(value.Shape, DType.Float32);
            CopyDriver.Copy(x, wide);
            CopyDriver.Copy(value, wideValue);
            call.Run<float, AddStore<float>>(wide, wideValue, index);
            CopyDriver.Copy(wide, output);
            return;
        }
        if (!ReferenceEquals(x, output)) CopyDriver.Copy(x, output);
        if (accumulate) Add(call, output, value, index);
        else Write(call, output, value, index);
        GC.KeepAlive(value);
        GC.KeepAlive(output);
    }

    private static void Write<TCall>(TCall call, Tensor target, Tensor value, Tensor index) where TCall : struct, IAccumulatingCall
    {
        switch (target.DType.SizeBytes)
        {
            case 1: call.Run<byte, WriteStore<byte>>(target, value, index); break;
            case 2: call.Run<short, WriteStore<short>>(target, value, index); break;
            case 4: call.Run<int, WriteStore<int>>(target, value, index); break;
            default: call.Run<long, WriteStore<long>>(target, value, index); break;
        }
    }

    private static void Add<TCall>(TCall call, Tensor target, Tensor value, Tensor index) where TCall : struct, IAccumulatingCall
    {
        switch (target.DType)
        {
            case DType.Float32: call.Run<float, AddStore<float>>(target, value, index); break;
            case DType.Float64: call.Run<double, AddStore<double>>(target, value, index); break;
            case DType.Int64: call.Run<long, AddStore<long>>(target, value, index); break;
            case DType.Int32: call.Run<int, AddStore<int>>(target, value, index); break;
            case DType.Int16: call.Run<short, AddStore<short>>(target, value, index); break;
            case DType.Int8: call.Run<sbyte, AddStore<sbyte>>(target, value, index); break;
            case DType.UInt8: call.Run<byte, AddStore<byte>>(target, value, index); break;
            default: call.Run<byte, OrStore>(target, value, index); break;
        }
    }
}
