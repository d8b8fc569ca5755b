namespace Ballast.Cpu;

/// <summary>Sums, products, extremes and logic along axes.</summary>
internal sealed class ReduceCpu : IKernel<ReduceOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | (DTypeSet)((1 << (int)DType.Int64) | (1 << (int)DType.Int32));

    public void Run(in ReduceOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (op.Kind is Reduction.Any or Reduction.All)
        {
            // any(x) is max(x ≠ 0), all(x) is min(x ≠ 0); over no elements they are false and true.
            Tensor truth = Tensor.Empty(x.Shape, DType.Int32), result = Tensor.Empty(y.Shape, DType.Int32);
            Tensor isSet = Tensor.Empty(x.Shape, DType.Bool);
            CopyDriver.Copy(x, isSet);
            CopyDriver.Copy(isSet, truth);
            if (op.Kind == Reduction.Any) ReduceDriver.Run<MaximumFormula, int, Int<int>, Int<int>>(truth, result, op.AxisMask, 0);
            else ReduceDriver.Run<MinimumFormula, int, Int<int>, Int<int>>(truth, result, op.AxisMask, 1);
            CopyDriver.Copy(result, y);
            return;
        }
        if (x.DType == DType.Int32 && y.DType == DType.Int64)
        {
            Tensor wide = Tensor.Empty(x.Shape, DType.Int64);
            CopyDriver.Copy(x, wide);
            x = wide;
        }
        switch (x.DType)
        {
            case DType.Float32: Run<float, F32Lanes, F32>(op.Kind, x, y, op.AxisMask, float.NegativeInfinity, float.PositiveInfinity); break;
            case DType.Float64: Run<double, F64Lanes, F64>(op.Kind, x, y, op.AxisMask, double.NegativeInfinity, double.PositiveInfinity); break;
            case DType.Int64: Run<long, Int<long>, Int<long>>(op.Kind, x, y, op.AxisMask, long.MinValue, long.MaxValue); break;
            default: Run<int, Int<int>, Int<int>>(op.Kind, x, y, op.AxisMask, int.MinValue, int.MaxValue); break;
        }
    }

    private static void Run<T, L, S>(Reduction kind, Tensor x, Tensor y, int mask, Scalar lowest, Scalar highest)
        where T : unmanaged where L : struct, ILanes<L, T> where S : struct, ILanes<S, T>
    {
        switch (kind)
        {
            case Reduction.Sum: ReduceDriver.Run<AddFormula, T, L, S>(x, y, mask, 0); break;
            case Reduction.Prod: ReduceDriver.Run<MulFormula, T, L, S>(x, y, mask, 1); break;
            case Reduction.Max: ReduceDriver.Run<MaximumFormula, T, L, S>(x, y, mask, lowest); break;
            default: ReduceDriver.Run<MinimumFormula, T, L, S>(x, y, mask, highest); break;
        }
    }
}
