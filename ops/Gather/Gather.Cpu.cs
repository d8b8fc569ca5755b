namespace Ballast.Cpu;

/// <summary>Copies one element for each place.</summary>
internal sealed unsafe class GatherCpu : IKernel<GatherOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in GatherOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        switch (outputs[0].DType.SizeBytes)
        {
            case 1: Run<byte>(op.Axis, inputs[0], inputs[1], outputs[0]); break;
            case 2: Run<short>(op.Axis, inputs[0], inputs[1], outputs[0]); break;
            case 4: Run<int>(op.Axis, inputs[0], inputs[1], outputs[0]); break;
            default: Run<long>(op.Axis, inputs[0], inputs[1], outputs[0]); break;
        }
    }

    private static void Run<T>(int axis, Tensor x, Tensor index, Tensor output) where T : unmanaged
    {
        if (output.Elements == 0) return;
        Tensor places = Offsets.Dense(index);
        ReadOnlySpan<int> dims = index.Shape.Dims;
        long[] outer = Offsets.Of(dims[..axis], x.Strides[..axis]), inner = Offsets.Of(dims[(axis + 1)..], x.Strides[(axis + 1)..]);
        fixed (long* o = outer, i = inner)
        {
            var body = new Body<T>
            {
                Axis = axis,
                Shape = x.Shape,
                IndexShape = index.Shape,
                Stride = x.Strides[axis],
                Source = x.PointerOf<T>(),
                Target = output.PointerOf<T>(),
                Places = places.PointerOf<long>(),
                Outer = o,
                Inner = i,
                InnerCount = inner.Length,
                Along = dims[axis],
                Length = x.Shape.Dims[axis],
            };
            WorkerPool.For((long)outer.Length * dims[axis], Math.Max(1, Offsets.Grain / inner.Length), ref body);
        }
        GC.KeepAlive(places);
    }

    private struct Body<T> : IRangeBody where T : unmanaged
    {
        public Shape Shape, IndexShape;
        public T* Source, Target;
        public long* Places, Outer, Inner;
        public long Stride, Length;
        public int Axis, InnerCount, Along;

        public readonly void Run(long begin, long end)
        {
            for (long row = begin; row < end; row++)
            {
                T* source = Source + Outer[row / Along], target = Target + row * InnerCount;
                long* places = Places + row * InnerCount;
                for (int i = 0; i < InnerCount; i++)
                {
                    long at = places[i];
                    if (at < 0) at += Length;
                    if ((ulong)at >= (ulong)Length)
                        throw Offsets.OutOfRange(places[i], row * InnerCount + i, IndexShape, Axis, Length, Shape);
                    target[i] = source[at * Stride + Inner[i]];
                }
            }
        }
    }
}

/// <summary>Stores one element at each place; each thread owns some columns, so the order of repeated places does not depend on
/// threads.</summary>
internal sealed unsafe class ScatterCpu : IKernel<ScatterOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in ScatterOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        CheckPlaces(op.Axis, inputs[0].Shape, inputs[2]);
        Accumulation.Run(new ScatterCall(op.Axis), inputs[0], inputs[1], inputs[2], outputs[0], op.Accumulate);
    }

    /// <summary>Before anything is written, so that an error leaves the target as it was.</summary>
    private static void CheckPlaces(int axis, Shape x, Tensor index)
    {
        Tensor dense = Offsets.Dense(index);
        long length = x.Dims[axis], elements = dense.Elements;
        long* places = dense.PointerOf<long>();
        for (long i = 0; i < elements; i++)
            if (places[i] < -length || places[i] >= length) throw Offsets.OutOfRange(places[i], i, index.Shape, axis, length, x);
        GC.KeepAlive(dense);
    }

    private readonly struct ScatterCall(int axis) : IAccumulatingCall
    {
        public void Run<T, TStore>(Tensor target, Tensor value, Tensor index) where T : unmanaged where TStore : struct, IStore<T>
        {
            if (index.Elements == 0) return;
            Tensor places = Offsets.Dense(index);
            ReadOnlySpan<int> dims = index.Shape.Dims;
            long[] outer = Offsets.Of(dims[..axis], target.Strides[..axis]), outerFrom = Offsets.Of(value.Layout, 0, axis);
            long[] inner = Offsets.Of(dims[(axis + 1)..], target.Strides[(axis + 1)..]);
            long[] innerFrom = Offsets.Of(value.Layout, axis + 1, value.Rank);
            fixed (long* o = outer, of = outerFrom, i = inner, jf = innerFrom)
            {
                var body = new Body<T, TStore>
                {
                    Target = target.PointerOf<T>(),
                    Source = value.PointerOf<T>(),
                    Places = places.PointerOf<long>(),
                    Outer = o,
                    OuterFrom = of,
                    Inner = i,
                    InnerFrom = jf,
                    Stride = target.Strides[axis],
                    SourceStride = value.Strides[axis],
                    Length = target.Shape.Dims[axis],
                    InnerCount = inner.Length,
                    Along = dims[axis],
                };
                WorkerPool.For((long)outer.Length * inner.Length, Math.Max(1, Offsets.Grain / dims[axis]), ref body);
            }
            GC.KeepAlive(places);
        }
    }

    private struct Body<T, TStore> : IRangeBody where T : unmanaged where TStore : struct, IStore<T>
    {
        public T* Target, Source;
        public long* Places, Outer, OuterFrom, Inner, InnerFrom;
        public long Stride, SourceStride, Length;
        public int InnerCount, Along;

        public readonly void Run(long begin, long end)
        {
            while (begin < end)
            {
                long outer = begin / InnerCount;
                int first = (int)(begin % InnerCount), last = (int)Math.Min(InnerCount, first + end - begin);
                T* target = Target + Outer[outer], source = Source + OuterFrom[outer];
                long* places = Places + outer * Along * InnerCount;
                for (int j = 0; j < Along; j++, places += InnerCount, source += SourceStride)
                {
                    for (int i = first; i < last; i++)
                    {
                        long at = places[i] < 0 ? places[i] + Length : places[i];
                        TStore.Store(target + at * Stride + Inner[i], source + InnerFrom[i], 1);
                    }
                }
                begin += last - first;
            }
        }
    }
}
