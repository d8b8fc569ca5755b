using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Simd;

/// <summary>The row kernels at row lengths around the widths of registers, against float64 of the same kernels' definitions.</summary>
[Trait("Category", "Simd")]
public sealed class RowLengthTests
{
    private const int Rows = 5;
    private const double Tolerance = 2e-5;

    private static readonly int[] _lengths = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 79, 127, 128, 129, 200, 257];

    [Fact]
    public void Softmax_and_its_logarithm()
    {
        foreach (int n in _lengths)
        {
            Tensor x = NnTensors.Random([Rows, n], n, DType.Float32, 4);
            double[] log = [.. Matrix(x).SelectMany(LogSoftmax)];
            NnTensors.Near(log, NnTensors.Doubles(x.LogSoftmax()), Tolerance);
            NnTensors.Near([.. log.Select(Math.Exp)], NnTensors.Doubles(x.Softmax()), Tolerance);
            NnTensors.Near(NnTensors.Doubles(x.Softmax().T), NnTensors.Doubles(x.T.Contiguous().Softmax(0)), 1e-6);
            NnTensors.Near(NnTensors.Doubles(x.LogSoftmax().T), NnTensors.Doubles(x.T.Contiguous().LogSoftmax(0)), 1e-6);
        }
    }

    [Fact]
    public void Normalisations()
    {
        foreach (int n in _lengths)
        {
            Tensor x = NnTensors.Random([Rows, n], n, DType.Float32), w = NnTensors.Random([n], n + 1, DType.Float32);
            Tensor b = NnTensors.Random([n], n + 2, DType.Float32);
            double[] ws = NnTensors.Doubles(w), bs = NnTensors.Doubles(b);
            double[] layer = [.. Matrix(x).SelectMany(r => Normed(r, r.Average()).Select((v, i) => v * ws[i] + bs[i]))];
            double[] root = [.. Matrix(x).SelectMany(r => Normed(r, 0).Select((v, i) => v * ws[i]))];
            // One element less its own mean is nothing but rounding.
            if (n > 1) NnTensors.Near(layer, NnTensors.Doubles(x.LayerNorm([n], w, b)), 1e-4);
            NnTensors.Near(root, NnTensors.Doubles(x.RmsNorm([n], w, 1e-5)), 1e-4);
        }
    }

    [Fact]
    public void Gradients_agree_with_those_of_float64()
    {
        foreach (int n in _lengths.Where(n => n > 2))
        {
            foreach (Func<Tensor[], Tensor> f in new Func<Tensor[], Tensor>[]
            {
                t => t[0].Softmax(), t => t[0].LogSoftmax(), t => t[0].LayerNorm([n], t[1], t[2]), t => t[0].LayerNorm([n]),
                t => t[0].RmsNorm([n], t[1]), t => t[0].Gelu(tanh: true), t => t[0].Gelu(), t => t[0].Silu(), t => t[0].Tanh(),
                t => t[0].CrossEntropy(Tensor.Arange(Rows, dtype: DType.Int64) % n),
            })
            {
                double[][] wide = Gradients(f, n, DType.Float64), narrow = Gradients(f, n, DType.Float32);
                for (int i = 0; i < wide.Length; i++) NnTensors.Near(wide[i], narrow[i], 2e-4);
            }
        }
    }

    [Fact]
    public void Large_results_that_go_past_the_caches_have_the_same_bits()
    {
        // 17 MB, rows that do not start at a multiple of a register.
        Tensor x = NnTensors.Random([1, 1037], 3, DType.Float32).Expand(4300, 1037).Contiguous();
        float[] once = x.Narrow(0, 0, 2).Softmax().ToArray<float>()[..1037], all = x.Softmax().ToArray<float>();
        for (int row = 0; row < 4300; row++) Assert.True(all.AsSpan(row * 1037, 1037).SequenceEqual(once), $"row {row}");
    }

    private static double[][] Gradients(Func<Tensor[], Tensor> function, int n, DType dtype)
    {
        Tensor[] inputs = [NnTensors.Random([Rows, n], n).To(dtype).WithGrad(), NnTensors.Random([n], 5).To(dtype).WithGrad(),
            NnTensors.Random([n], 6).To(dtype).WithGrad()];
        Tensor y = function(inputs);
        (y * NnTensors.Random(y.Shape, 7).To(dtype)).Sum().Backward();
        return [.. inputs.Where(t => t.Grad is not null).Select(t => NnTensors.Doubles(t.Grad!))];
    }

    private static IEnumerable<double[]> Matrix(Tensor x) => NnTensors.Doubles(x).Chunk(x.Shape[1]);

    private static IEnumerable<double> LogSoftmax(double[] row)
    {
        double max = row.Max(), log = Math.Log(row.Sum(v => Math.Exp(v - max)));
        return row.Select(v => v - max - log);
    }

    private static IEnumerable<double> Normed(double[] row, double mean)
    {
        double deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
        return row.Select(v => (v - mean) / deviation);
    }
}
