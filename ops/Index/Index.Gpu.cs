using System.Collections.Concurrent;

namespace Ballast.Gpu;

/// <summary>Copies elements from the places.</summary>
internal sealed class IndexGpu : IKernel<IndexOp>
{
    private static readonly ConcurrentDictionary<(int Size, int Named), ElementKernel> _kernels = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in IndexOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], places = inputs[1], y = outputs[0];
        if (y.Elements == 0) return;
        int named = op.Named.Rank, lead = op.Lead, wide = places.Rank - 1;
        // The named axes do not advance x: the places along them are read, one operand for each.
        var operands = new Tensor[named + 2];
        var more = new Arg[2 * named + 2];
        for (int k = 0; k < named; k++)
        {
            Layout place = places.Layout.Select(0, k);
            long[] strides = new long[y.Rank];
            place.Strides.CopyTo(strides.AsSpan(lead));
            operands[k] = places.Alias(new Layout(y.Shape, strides, place.Offset));
            more[2 * k] = (long)x.Shape.Dims[lead + k];
            more[2 * k + 1] = x.Strides[lead + k];
        }
        long[] own = new long[y.Rank];
        x.Strides[..lead].CopyTo(own);
        x.Strides[(lead + named)..].CopyTo(own.AsSpan(lead + wide));
        operands[named] = x.Alias(new Layout(y.Shape, own, x.Layout.Offset));
        operands[named + 1] = y;
        GpuRuntime runtime = GpuRuntime.Of(y);
        more[^2] = runtime.FaultBlock;
        more[^1] = runtime.FaultNumber($"index of {x.Shape}: a place is outside");
        _kernels.GetOrAdd((y.DType.SizeBytes, named), static key => Kernel(key.Size, key.Named)).Run(operands, more);
    }

    private static ElementKernel Kernel(int size, int named)
    {
        string raw = KernelText.Raw(size), body = "";
        string[] types = [.. Enumerable.Repeat("i64", named), raw, raw], parameters = new string[2 * named + 2];
        for (int k = 0; k < named; k++)
        {
            parameters[2 * k] = $"i64 length{k}";
            parameters[2 * k + 1] = $"i64 stride{k}";
            body += $"  a{named} += place_of(p{k}[a{k}], length{k}, i, fault, faultNumber) * stride{k};\n";
        }
        parameters[^2] = "GLOBAL i64* fault";
        parameters[^1] = "i64 faultNumber";
        return new ElementKernel("index", types, KernelText.File("Gather.cl"),
            body + $"  p{named + 1}[a{named + 1}] = p{named}[a{named}];\n", parameters);
    }
}

/// <summary>Writes or adds values at the places; one item takes one element of the region and walks the places in order, so repeated ones
/// do not race.</summary>
internal sealed class IndexPutGpu : IKernel<IndexPutOp>
{
    private static readonly ConcurrentDictionary<(DType DType, bool Accumulate), ElementKernel> _kernels = new();

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in IndexPutOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor y = outputs[0], value = inputs[1].Detach().To(y.Device), places = GpuDense.Of(inputs[2]);
        if (op.Accumulate && y.DType.IsHalf)
        {
            // Sums of half types are rounded once, at the end.
            Tensor sums = Tensor.Empty(y.Shape, DType.Float32, y.Device), added = Tensor.Empty(inputs[1].Shape, DType.Float32, y.Device);
            CopyGpuDriver.Copy(inputs[0], sums);
            CopyGpuDriver.Copy(inputs[1].Detach().To(y.Device), added);
            Run(op, [sums, added, inputs[2]], [sums]);
            CopyGpuDriver.Copy(sums, y);
            return;
        }
        if (!ReferenceEquals(inputs[0], y)) CopyGpuDriver.Copy(inputs[0], y);
        Shape region = IndexOp.Indexed(y.Shape, places.Shape, op.Lead, op.Named.Rank);
        if (region.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(y);
        runtime.CheckDType("index_put", y.DType);
        int lead = op.Lead, named = op.Named.Rank, wide = places.Rank - 1;
        if (wide > 8 || named > 8) throw new ShapeException($"index_put: places of {wide} axes for {named} axes were given; this "
            + $"device takes 8 of each.");
        Layout source = value.Layout.Expand(region);
        Shape rest = new([.. y.Shape.Dims[..lead], .. y.Shape.Dims[(lead + named)..]]);
        Tensor values = value.Alias(new Layout(rest, [.. source.Strides[..lead], .. source.Strides[(lead + wide)..]], source.Offset));
        Tensor target = y.Alias(new Layout(rest, [.. y.Strides[..lead], .. y.Strides[(lead + named)..]], y.Layout.Offset));
        long count = places.Elements / named;
        _kernels.GetOrAdd((y.DType, op.Accumulate), static key => new ElementKernel(
            "index_put", [KernelText.Storage(key.DType), KernelText.Storage(key.DType)],
            KernelText.Put(key.DType, key.Accumulate) + KernelText.File("Gather.cl") + KernelText.File("IndexPut.cl"),
            "  index_put(p0, a0, p1, a1, places + from, count, named, wide, steps, lengths, strides, fault, faultNumber);\n",
            "GLOBAL const i64* places", "i64 from", "i64 count", "int named", "long8 wide", "long8 steps", "long8 lengths", "long8 strides",
            "GLOBAL i64* fault", "i64 faultNumber"))
            .Run([values, target], places, places.Layout.Offset, count, named,
                Arg.Back(places.Shape.Dims[1..], 1), Arg.Back(source.Strides[lead..(lead + wide)]),
                Arg.Front(y.Shape.Dims[lead..(lead + named)], 1), Arg.Front(y.Strides[lead..(lead + named)]),
                runtime.FaultBlock, runtime.FaultNumber($"index_put into {y.Shape}: a place is outside"));
    }
}
