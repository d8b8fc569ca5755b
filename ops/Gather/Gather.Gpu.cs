using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Elements by places along one axis.</summary>
internal sealed class GatherGpu : IKernel<GatherOp>
{
    private static readonly ConcurrentDictionary<int, ElementKernel> _bySize = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in GatherOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], index = inputs[1], y = outputs[0];
        if (y.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        // The axis itself does not advance x: the place along it is read from the index.
        long[] strides = x.Strides.ToArray();
        strides[op.Axis] = 0;
        _bySize.GetOrAdd(y.DType.SizeBytes, static s => new ElementKernel(
            "gather", ["i64", KernelText.Raw(s), KernelText.Raw(s)], KernelText.File("Gather.cl"),
            "  p2[a2] = p1[a1 + place_of(p0[a0], length, i, fault, faultNumber) * stride];\n",
            "i64 length", "i64 stride", "GLOBAL i64* fault", "i64 faultNumber"))
            .Run([index, x.Alias(new Layout(index.Shape, strides, x.Layout.Offset)), y], (long)x.Shape.Dims[op.Axis], x.Strides[op.Axis],
                runtime.FaultBlock, runtime.FaultNumber($"gather along axis {op.Axis} of {x.Shape}: a place is outside"));
    }
}

/// <summary>Writes or adds at places along one axis; one item walks one line in the order of the index, so repeated places do not
/// race.</summary>
internal sealed class ScatterGpu : IKernel<ScatterOp>
{
    private static readonly ConcurrentDictionary<(DType DType, bool Accumulate), ElementKernel> _kernels = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in ScatterOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor values = inputs[1], index = inputs[2], y = outputs[0];
        if (op.Accumulate && y.DType.IsHalf)
        {
            // Sums of half types are rounded once, at the end.
            Tensor sums = Tensor.Empty(y.Shape, DType.Float32, y.Device), wide = Tensor.Empty(inputs[1].Shape, DType.Float32, y.Device);
            CopyGpuDriver.Copy(inputs[0], sums);
            CopyGpuDriver.Copy(inputs[1].Detach().To(y.Device), wide);
            Run(op, [sums, wide, inputs[2]], [sums]);
            CopyGpuDriver.Copy(sums, y);
            return;
        }
        if (!ReferenceEquals(inputs[0], y)) CopyGpuDriver.Copy(inputs[0], y);
        if (index.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("scatter", y.DType);
        int axis = op.Axis;
        Tensor Line(Tensor t)
        {
            Layout first = new Layout(index.Shape, t.Strides.ToArray(), t.Layout.Offset).Select(axis, 0);
            return t.Alias(first);
        }
        _kernels.GetOrAdd((y.DType, op.Accumulate), static key => new ElementKernel(
            "scatter", ["i64", KernelText.Storage(key.DType), KernelText.Storage(key.DType)],
            KernelText.Put(key.DType, key.Accumulate) + KernelText.File("Gather.cl") + KernelText.File("Scatter.cl"),
            "  scatter_line(p0 + a0, stepIndex, p1 + a1, stepValue, p2 + a2, stride, count, length, i, fault, faultNumber);\n",
            "i64 count", "i64 stepIndex", "i64 stepValue", "i64 length", "i64 stride", "GLOBAL i64* fault", "i64 faultNumber"))
            .Run([Line(index), Line(values), Line(y)], (long)index.Shape.Dims[axis], index.Strides[axis], values.Strides[axis],
                (long)y.Shape.Dims[axis], y.Strides[axis], runtime.FaultBlock,
                    runtime.FaultNumber($"scatter along axis {axis} of {y.Shape}: a place is outside"));
    }
}
