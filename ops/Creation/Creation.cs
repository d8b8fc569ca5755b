using System.Runtime.CompilerServices;

namespace Ballast;

/// <content>Tensors from nothing.</content>
public sealed partial class Tensor
{
    /// <summary>All zeros.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => Zeros(Shape.Create(shape));

    /// <summary>All zeros, of a dtype, on a device.</summary>
    public static Tensor Zeros(Shape shape, DType dtype = DType.Float32, Device? device = null)
    {
        Tensor result = Empty(shape, dtype, device);
        if (!result.Device.IsMeta && result.Elements > 0) result.Device.Runtime.Fill(result.Storage.Handle, 0, result.Bytes, 0);
        result.Producer = "zeros";
        return result;
    }

    /// <summary>All ones.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Ones(params ReadOnlySpan<int> shape) => Full(Shape.Create(shape), 1.0, DType.Float32);

    /// <summary>All ones, of a dtype, on a device.</summary>
    public static Tensor Ones(Shape shape, DType dtype = DType.Float32, Device? device = null) => Full(shape, 1, dtype, device);

    /// <summary>Every element the same; without a dtype, that of the value (float32, int64 or bool).</summary>
    public static Tensor Full(Shape shape, Scalar value, DType? dtype = null, Device? device = null)
    {
        Tensor result = Empty(shape, dtype ?? DefaultDType(value), device);
        if (!result.Device.IsMeta) Op.Execute(new FillOp(value), result.Device, [result], [result]);
        result.Producer = "full";
        return result;
    }

    /// <summary>Zeros of the same shape, dtype and device.</summary>
    public static Tensor ZerosLike(Tensor other) => Zeros(other.Shape, other.DType, other.Device);

    /// <summary>Ones of the same shape, dtype and device.</summary>
    public static Tensor OnesLike(Tensor other) => Ones(other.Shape, other.DType, other.Device);

    /// <summary>One value in the same shape, dtype and device.</summary>
    public static Tensor FullLike(Tensor other, Scalar value) => Full(other.Shape, value, other.DType, other.Device);

    /// <summary>Undefined contents of the same shape, dtype and device.</summary>
    public static Tensor EmptyLike(Tensor other) => Empty(other.Shape, other.DType, other.Device);

    /// <summary>Ones on the diagonal, zeros elsewhere. Shape: [n, m], square if m is left out.</summary>
    public static Tensor Eye(int n, int? m = null, DType dtype = DType.Float32, Device? device = null)
    {
        int columns = m ?? n;
        var host = new float[(long)n * columns];
        for (int i = 0; i < Math.Min(n, columns); i++) host[(long)i * columns + i] = 1;
        return FromHost(host, [n, columns], dtype, device);
    }

    /// <summary>start, start + step, … below <paramref name="end"/>. Shape: [⌈(end − start) / step⌉]. Integers give int64, reals float32, unless told otherwise.</summary>
    /// <exception cref="ShapeException">The step is 0 or leads away from the end.</exception>
    public static Tensor Arange(Scalar start, Scalar end, Scalar step, DType? dtype = null, Device? device = null)
    {
        bool integral = start.Kind != ScalarKind.Real && end.Kind != ScalarKind.Real && step.Kind != ScalarKind.Real;
        DType type = dtype ?? (integral ? DType.Int64 : DType.Float32);
        double count = Math.Ceiling((end.ToDouble() - start.ToDouble()) / step.ToDouble());
        if (step.ToDouble() == 0 || double.IsNaN(count) || count < 0 || count > int.MaxValue)
            throw new ShapeException($"arange from {start} to {end} by {step}: the step must not be 0, must lead toward the end, and give at most {int.MaxValue} elements.");
        int n = (int)count;
        if (integral)
        {
            var values = new long[n];
            for (int i = 0; i < n; i++) values[i] = start.ToInt64() + i * step.ToInt64();
            return FromHost(values, [n], type, device);
        }
        var reals = new double[n];
        for (int i = 0; i < n; i++) reals[i] = start.ToDouble() + i * step.ToDouble();
        return FromHost(reals, [n], type, device);
    }

    /// <summary>start, start + 1, … below <paramref name="end"/>.</summary>
    public static Tensor Arange(Scalar start, Scalar end, DType? dtype = null, Device? device = null) => Arange(start, end, 1, dtype, device);

    /// <summary>0, 1, … below <paramref name="end"/>.</summary>
    public static Tensor Arange(Scalar end, DType? dtype = null, Device? device = null) => Arange(0, end, 1, dtype, device);

    /// <summary><paramref name="count"/> values from start to end, both included, evenly spaced.</summary>
    public static Tensor Linspace(double start, double end, int count, DType dtype = DType.Float32, Device? device = null)
    {
        var values = new double[count];
        double step = count > 1 ? (end - start) / (count - 1) : 0;
        // Both halves count from their own end, so that the last value is exact.
        for (int i = 0; i < count; i++) values[i] = i < count / 2 || count == 1 ? start + step * i : end - step * (count - 1 - i);
        return FromHost(values, [count], dtype, device);
    }

    private static Tensor FromHost<T>(T[] values, Shape shape, DType dtype, Device? device) where T : unmanaged
    {
        if ((device ?? Device.Default).IsMeta) return Empty(shape, dtype, device);
        using (Autograd.NoGrad()) return From(values, shape, Device.Cpu).To(dtype).To(device ?? Device.Default);
    }

    private static DType DefaultDType(Scalar value) => value.Kind switch
    {
        ScalarKind.Bool => DType.Bool,
        ScalarKind.Integer => DType.Int64,
        _ => DType.Float32,
    };
}
