using System.Numerics;

namespace Ballast.Cpu;

/// <summary>Variances and standard deviations: a pass for the mean, a pass for the deviations, both in float64.</summary>
internal sealed unsafe class VarCpu : IKernel<VarOp>
{
    /// <summary>Elements summed as one piece; pieces are joined in order, so the result does not depend on the number of threads.</summary>
    private const long Piece = 64 * 1024;
    private const long Grain = 16 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in VarOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor x = inputs[0], y = outputs[0];
        if (y.Elements == 0) return;
        Tensor rows = ReducedRows.Of(x, op.AxisMask);
        if (x.DType == DType.Float32) Run<float>(rows, y, op);
        else Run<double>(rows, y, op);
        GC.KeepAlive(rows);
    }

    private static void Run<T>(Tensor rows, Tensor y, in VarOp op) where T : unmanaged, IFloatingPoint<T>
    {
        long count = y.Elements, length = rows.Elements / count, pieces = Math.Max(1, (length + Piece - 1) / Piece);
        var means = new double[count];
        var sums = new double[count * pieces];
        var squares = new double[count * pieces];
        double divisor = Math.Max(0, length - op.Correction);
        fixed (double* mean = means, sum = sums, square = squares)
        {
            var body = new Body<T>(rows.PointerOf<T>(), length, pieces, mean, sum, square);
            long grain = Math.Max(1, Grain / Math.Max(1, Math.Min(length, Piece)));
            WorkerPool.For(count * pieces, grain, ref body);
            for (long row = 0; row < count; row++) means[row] = Total(sums, row, pieces) / length;
            WorkerPool.For(count * pieces, grain, ref body);
        }
        T* result = y.PointerOf<T>();
        for (long row = 0; row < count; row++)
        {
            // The deviations add up to zero but for rounding of the mean; what is left is taken out again.
            double rest = Total(sums, row, pieces),
                value = (Total(squares, row, pieces) - (length == 0 ? 0 : rest * rest / length)) / divisor;
            result[row] = T.CreateTruncating(op.Root ? Math.Sqrt(value) : value);
        }
    }

    private static double Total(double[] parts, long row, long pieces)
    {
        double total = 0;
        for (long i = row * pieces; i < (row + 1) * pieces; i++) total += parts[i];
        return total;
    }

    /// <summary>Σ(x − mean) and Σ(x − mean)² of each piece; in the first pass the means are still 0.</summary>
    private readonly struct Body<T>(T* x, long length, long pieces, double* means, double* sums, double* squares) : IRangeBody
        where T : unmanaged, IFloatingPoint<T>
    {
        public void Run(long begin, long end)
        {
            for (long i = begin; i < end; i++)
            {
                long row = i / pieces, from = i % pieces * Piece, to = Math.Min(length, from + Piece);
                T* start = x + row * length + from;
                if (typeof(T) == typeof(float)) Deviations((float*)start, to - from, means[row], out sums[i], out squares[i]);
                else Deviations((double*)start, to - from, means[row], out sums[i], out squares[i]);
            }
        }
    }

    private static void Deviations(float* x, long n, double mean, out double sum, out double square)
    {
        Vector<double> means = new(mean), s0 = default, s1 = default, q0 = default, q1 = default;
        long i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(x + i), out Vector<double> low, out Vector<double> high);
            low -= means;
            high -= means;
            s0 += low;
            s1 += high;
            q0 += low * low;
            q1 += high * high;
        }
        sum = Vector.Sum(s0 + s1);
        square = Vector.Sum(q0 + q1);
        for (; i < n; i++) Add(x[i] - mean, ref sum, ref square);
    }

    private static void Deviations(double* x, long n, double mean, out double sum, out double square)
    {
        Vector<double> means = new(mean), s = default, q = default;
        long i = 0;
        for (; i <= n - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> d = Vector.Load(x + i) - means;
            s += d;
            q += d * d;
        }
        sum = Vector.Sum(s);
        square = Vector.Sum(q);
        for (; i < n; i++) Add(x[i] - mean, ref sum, ref square);
    }

    private static void Add(double deviation, ref double sum, ref double square)
    {
        sum += deviation;
        square += deviation * deviation;
    }
}
