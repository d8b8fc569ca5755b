using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>Runs formulas on SIMD lanes. All layouts go through the same lanes, so a strided operand gives the same bits as a dense one.</summary>
internal sealed class CpuFormulaDriver : FormulaDriver
{
    // Elements that are worth waking a thread for.
    private const long LightGrain = 16 * 1024;
    private const long HeavyGrain = 4 * 1024;

    public override void Unary<F>(in F formula, Tensor x, Tensor y)
    {
        switch (y.DType)
        {
            case DType.Float32 when Vector512.IsHardwareAccelerated:
                Loop(new UnaryLoop<F, float, F32Wide>(formula), y.Shape, x, y);
                break;
            case DType.Float32: Loop(new UnaryLoop<F, float, F32Lanes>(formula), y.Shape, x, y); break;
            case DType.Float64: Loop(new UnaryLoop<F, double, F64Lanes>(formula), y.Shape, x, y); break;
            case DType.Int64 when F.Kind == FormulaKind.Any: Loop(new UnaryLoop<F, long, Int<long>>(formula), y.Shape, x, y); break;
            case DType.Int32 when F.Kind == FormulaKind.Any: Loop(new UnaryLoop<F, int, Int<int>>(formula), y.Shape, x, y); break;
            default: throw Op.Unsupported(F.Name, y.DType, y.Device, Supported(F.Kind));
        }
    }

    public override void UnaryGrad<F>(in F formula, Tensor? saved, Tensor dy, Tensor dx)
    {
        switch (dx.DType)
        {
            case DType.Float32 when Vector512.IsHardwareAccelerated:
                Loop(new UnaryGradLoop<F, float, F32Wide>(formula), dx.Shape, saved ?? dy, dy, dx);
                break;
            case DType.Float32: Loop(new UnaryGradLoop<F, float, F32Lanes>(formula), dx.Shape, saved ?? dy, dy, dx); break;
            case DType.Float64: Loop(new UnaryGradLoop<F, double, F64Lanes>(formula), dx.Shape, saved ?? dy, dy, dx); break;
            default: throw Op.Unsupported(F.Name, dx.DType, dx.Device, DTypeSet.Floating);
        }
    }

    public override void Binary<F>(in F formula, Tensor a, Tensor b, Tensor y)
    {
        switch (y.DType)
        {
            case DType.Float32: Loop(new BinaryLoop<F, float, F32Lanes>(formula), y.Shape, a, b, y); break;
            case DType.Float64: Loop(new BinaryLoop<F, double, F64Lanes>(formula), y.Shape, a, b, y); break;
            case DType.Int64 when F.Kind == FormulaKind.Any: Loop(new BinaryLoop<F, long, Int<long>>(formula), y.Shape, a, b, y); break;
            case DType.Int32 when F.Kind == FormulaKind.Any: Loop(new BinaryLoop<F, int, Int<int>>(formula), y.Shape, a, b, y); break;
            default: throw Op.Unsupported(F.Name, y.DType, y.Device, Supported(F.Kind));
        }
    }

    public override void Compare<F>(in F formula, Tensor a, Tensor b, Tensor y)
    {
        switch (a.DType)
        {
            case DType.Float32: Loop(new CompareLoop<F, float, F32Lanes>(formula), y.Shape, a, b, y); break;
            case DType.Float64: Loop(new CompareLoop<F, double, F64Lanes>(formula), y.Shape, a, b, y); break;
            case DType.Int64: Loop(new CompareLoop<F, long, Int<long>>(formula), y.Shape, a, b, y); break;
            case DType.Int32: Loop(new CompareLoop<F, int, Int<int>>(formula), y.Shape, a, b, y); break;
            default: throw Op.Unsupported(F.Name, a.DType, a.Device, Supported(FormulaKind.Any));
        }
    }

    public override void CompareScalar<F>(in F formula, Tensor a, Scalar b, Tensor y)
    {
        switch (a.DType)
        {
            case DType.Float32: Loop(new CompareScalarLoop<F, float, F32Lanes>(formula, b), y.Shape, a, y); break;
            case DType.Float64: Loop(new CompareScalarLoop<F, double, F64Lanes>(formula, b), y.Shape, a, y); break;
            case DType.Int64: Loop(new CompareScalarLoop<F, long, Int<long>>(formula, b), y.Shape, a, y); break;
            case DType.Int32: Loop(new CompareScalarLoop<F, int, Int<int>>(formula, b), y.Shape, a, y); break;
            default: throw Op.Unsupported(F.Name, a.DType, a.Device, Supported(FormulaKind.Any));
        }
    }

    private static DTypeSet Supported(FormulaKind kind) => kind == FormulaKind.Floating
        ? DTypeSet.Floating | DTypeSet.Halves
        : DTypeSet.All;

    private static void Loop<TInner>(TInner inner, Shape shape, params ReadOnlySpan<Tensor> operands) where TInner : struct, IInnerLoop
    {
        var loop = new StridedLoop(shape, operands);
        loop.Run(ref inner, operands.Length > 2 ? LightGrain : HeavyGrain);
    }
}
