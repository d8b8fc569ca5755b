namespace Ballast.Tests.Ops.Nn;

/// <summary>Random inputs, comparisons, and gradients by central differences in float64.</summary>
internal static class NnTensors
{
    private const double Step = 1e-5;

    /// <summary>Normal numbers, the same for the same seed.</summary>
    public static Tensor Random(Shape shape, int seed, DType dtype = DType.Float64, double scale = 1)
    {
        var values = new double[shape.Elements];
        new Generator(seed).FillNormal(values);
        for (int i = 0; i < values.Length; i++) values[i] *= scale;
        return Tensor.From(values, shape).To(dtype);
    }

    /// <summary>The same values in other places: every second element of a larger tensor, with the last two axes exchanged.</summary>
    public static Tensor Strided(Tensor x)
    {
        if (x.Rank == 0) return x;
        Tensor wide = Tensor.Stack([x, x.Clone().FillInPlace(x.DType.IsFloating ? double.NaN : 99)], -1);
        Tensor every = wide.Select(-1, 0);
        if (x.Rank < 2) return every;
        return every.Transpose(-2, -1).Clone().Transpose(-2, -1);
    }

    public static double[] Doubles(Tensor x) => x.Detach().To(DType.Float64).ToArray<double>();

    /// <summary>Every element within tolerance·(1 + |expected|); NaN and infinities must be the same.</summary>
    public static void Near(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Near(Doubles(expected), Doubles(actual), tolerance);
    }

    public static void Near(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]));
            Assert.True(same, $"element {i}: expected {expected[i]:R}, got {actual[i]:R}");
        }
    }

    /// <summary>
    /// Compares recorded gradients with central differences of Σ f(x)·w for a fixed random w, for every input that requires one.
    /// </summary>
    public static void CheckGradients(Func<Tensor[], Tensor> function, params Tensor[] inputs)
    {
        Tensor output = function(inputs);
        Tensor weights = Random(output.Shape, 77);
        Tensor?[] gradients = Autograd.Grad([(output * weights).Sum()], inputs.Where(x => x.RequiresGrad).ToArray());
        int at = 0;
        using (Autograd.NoGrad())
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                if (!inputs[i].RequiresGrad) continue;
                double[] values = Doubles(inputs[i]), expected = new double[values.Length];
                Shape shape = inputs[i].Shape;
                for (int e = 0; e < values.Length; e++)
                {
                    double Loss(double shift)
                    {
                        double[] moved = (double[])values.Clone();
                        moved[e] += shift;
                        var changed = (Tensor[])inputs.Clone();
                        changed[i] = Tensor.From(moved, shape);
                        return (function(changed) * weights).Sum().Item<double>();
                    }
                    expected[e] = (Loss(Step) - Loss(-Step)) / (2 * Step);
                }
                Assert.NotNull(gradients[at]);
                Assert.Equal(shape, gradients[at]!.Shape);
                Near(expected, Doubles(gradients[at]!), 1e-7);
                at++;
            }
        }
    }
}
