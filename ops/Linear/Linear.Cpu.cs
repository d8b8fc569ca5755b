namespace Ballast.Cpu;

/// <summary>One product whose sums start from the bias; half types are widened as they are read and rounded once.</summary>
internal sealed unsafe class LinearCpu : IKernel<LinearOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in LinearOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0].Elements == 0) return;
        if (outputs[0].DType == DType.Float64) Run<double>(op, inputs, outputs[0]);
        else Run<float>(op, inputs, outputs[0]);
    }

    private static void Run<T>(in LinearOp op, ReadOnlySpan<Tensor> inputs, Tensor y)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        Tensor weight = inputs[1];
        int depth = weight.Shape[1], columns = weight.Shape[0], rows = checked((int)(y.Elements / columns));
        // Rows that lie evenly apart are read where they are; anything else is copied first.
        bool even = inputs[0].IsContiguous;
        long rowStep = depth, columnStep = 1;
        if (!even && inputs[0].Layout.TryReshape([rows, depth], out Layout layout))
            (even, rowStep, columnStep) = (true, layout.Strides[0], layout.Strides[1]);
        using Dense copy = new(even ? y : inputs[0]);
        Tensor x = even ? inputs[0] : copy.Tensor;
        T* bias = null;
        if (op.HasBias)
        {
            Tensor b = inputs[2];
            bias = b.DType == y.DType && !y.DType.IsHalf && b.Strides[0] == 1 ? b.PointerOf<T>() : Scratch.Get<T>(Scratch.Slot.Bias, columns);
            if (bias != b.Pointer) Elements.Widen(Elements.Of<T>(b.DType), b.Pointer, b.Strides[0], columns, bias);
        }
        Gemm.Multiply(1, rows, columns, depth,
            new GemmMatrix(x.Pointer, x.DType, rowStep, columnStep),
            new GemmMatrix(weight.Pointer, weight.DType, weight.Strides[1], weight.Strides[0]),
            new GemmMatrix(y.Pointer, y.DType, columns, 1), bias, Gemm.Kept(weight));
    }
}
