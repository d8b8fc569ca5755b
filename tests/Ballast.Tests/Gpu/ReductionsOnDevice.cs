using Ballast.Tests.Ops.Nn;

namespace Ballast.Tests.Gpu;

/// <summary>Folds over outer axes, in one step and in two, against the host's.</summary>
public sealed class ReductionsOnDevice
{
    [OpenClTheory]
    [InlineData(new[] { 1000, 70 }, new[] { 0 })]
    [InlineData(new[] { 100, 16 }, new[] { 0 })]
    [InlineData(new[] { 3, 500, 40 }, new[] { 0, 1 })]
    [InlineData(new[] { 5, 300, 4, 20 }, new[] { 1 })]
    [InlineData(new[] { 5, 300, 4, 20 }, new[] { 1, 2 })]
    [InlineData(new[] { 2000, 3 }, new[] { 0 })]
    [InlineData(new[] { 5000, 20 }, new[] { 0 })]
    [InlineData(new[] { 3, 20_000 }, new[] { 1 })]
    [InlineData(new[] { 30_000 }, new[] { 0 })]
    [InlineData(new[] { 0, 20 }, new[] { 0 })]
    public void Outer_axes_fold_as_on_the_host(int[] dims, int[] axes)
    {
        Tensor x = NnTensors.Random(new Shape(dims), 1, DType.Float32), there = x.To(OpenCl.Device);
        Same(t => t.Sum(axes), x, there, 2e-5);
        Same(t => t.Sum(axes, keep: true), x.To(DType.Float64), there.To(DType.Float64), 1e-11);
        Same(t => t.Sum(axes), x.To(DType.BFloat16), there.To(DType.BFloat16), 1e-2);
        Same(t => t.Gt(1.5).Sum(axes), x, there, 0);
        Same(t => t.Gt(3.2).Any(axes[0]), x, there, 0);
        if (x.Elements == 0) return;
        Same(t => t.Max(axes), x, there, 0);
        Same(t => t.Mean(axes), x, there, 1e-6);
        Same(t => t.Var(axes), x, there, 1e-6);
        Same(t => (t + 1000).Std(axes, correction: 0), x, there, 1e-5);
    }

    [OpenClFact]
    public void Views_fold_as_their_copies()
    {
        Tensor x = NnTensors.Random([40, 6, 300], 2, DType.Float32), there = x.To(OpenCl.Device);
        Same(t => t.Transpose(0, 2).Sum(0), x, there, 2e-5);
        Same(t => t.Transpose(0, 2).Sum(2), x, there, 2e-5);
        Same(t => t.Narrow(2, 7, 100).Sum([0, 1]), x, there, 2e-5);
        Same(t => t.Permute(1, 2, 0).Sum(1), x, there, 2e-5);
        Same(t => t.Narrow(0, 0, 1).Expand(40, 6, 300).Sum(0), x, there, 2e-5);
        Same(t => t.Permute(1, 2, 0).Var(1), x, there, 1e-5);
    }

    [OpenClFact]
    public void Running_sums_of_long_lines_are_those_of_the_host()
    {
        Tensor x = NnTensors.Random([3, 1000, 5], 6, DType.Float32), there = x.To(OpenCl.Device);
        Same(t => t.CumSum(1), x, there, 1e-4);
        Same(t => t.Flip(1).CumSum(1), x, there, 1e-4);
        Same(t => t.Transpose(0, 1).CumSum(0), x, there, 1e-4);
        Same(t => t.Reshape(15_000).CumSum(0), x.To(DType.Float64), there.To(DType.Float64), 1e-11);
        Same(t => (t * 10).To(DType.Int32).CumSum(1), x, there, 0);
        Tensor leaf = x.Detach().WithGrad(), leafThere = there.Detach().WithGrad(), g = NnTensors.Random([3, 1000, 5], 7, DType.Float32);
        leaf.CumSum(1).Backward(g);
        leafThere.CumSum(1).Backward(g.To(OpenCl.Device));
        NnTensors.Near(leaf.Grad!, leafThere.Grad!, 1e-4);
    }

    [OpenClTheory]
    [InlineData(7, 300, 70)]
    [InlineData(500, 100, 300)]
    [InlineData(3, 1, 1)]
    public void Rows_of_a_table_add_up_in_the_order_of_their_places(int rows, int places, int width)
    {
        var generator = new Generator(5);
        Tensor numbers = Tensor.From([.. Enumerable.Range(0, places).Select(_ => (long)(generator.NextFloat64() * rows))], [places]);
        Tensor table = NnTensors.Random([rows, width], 1, DType.Float32), g = NnTensors.Random([places, width], 2, DType.Float32);
        Tensor Gradient(Device device)
        {
            Tensor leaf = table.To(device).Detach().WithGrad();
            Tensor.Embedding(leaf, numbers.To(device), paddingIndex: 2).Backward(g.To(device));
            return leaf.Grad!;
        }
        Tensor first = Gradient(OpenCl.Device);
        NnTensors.Near(Gradient(Device.Cpu), first, 1e-5);
        Assert.Equal(first.ToArray<float>(), Gradient(OpenCl.Device).ToArray<float>());
    }

    [OpenClTheory]
    [InlineData(1000, 70)]
    [InlineData(5000, 70)]
    [InlineData(100, 33)]
    [InlineData(3, 500)]
    [InlineData(700, 1)]
    public void Gradients_of_norm_parameters_agree_and_are_the_same_bits_every_time(int rows, int width)
    {
        Tensor x = NnTensors.Random([rows, width], 1, DType.Float32), w = NnTensors.Random([width], 2, DType.Float32);
        Tensor b = NnTensors.Random([width], 3, DType.Float32), g = NnTensors.Random([rows, width], 4, DType.Float32);
        Tensor[] LayerNorm(Device device) => Gradients(t => t[0].LayerNorm([width], t[1], t[2]), g, device, x, w, b);
        Tensor[] RmsNorm(Device device) => Gradients(t => t[0].RmsNorm([width], t[1]), g, device, x, w);
        foreach (Func<Device, Tensor[]> run in new[] { LayerNorm, RmsNorm })
        {
            Tensor[] expected = run(Device.Cpu), actual = run(OpenCl.Device), again = run(OpenCl.Device);
            for (int i = 0; i < expected.Length; i++)
            {
                NnTensors.Near(expected[i], actual[i], 1e-4);
                Assert.Equal(actual[i].ToArray<float>(), again[i].ToArray<float>());
            }
        }
    }

    private static Tensor[] Gradients(Func<Tensor[], Tensor> function, Tensor g, Device device, params Tensor[] inputs)
    {
        Tensor[] leaves = [.. inputs.Select(x => x.To(device).Detach().WithGrad())];
        function(leaves).Backward(g.To(device));
        return [.. leaves.Select(x => x.Grad!)];
    }

    private static void Same(Func<Tensor, Tensor> function, Tensor here, Tensor there, double tolerance)
    {
        Tensor expected = function(here), actual = function(there);
        Assert.Equal(expected.DType, actual.DType);
        NnTensors.Near(expected, actual, tolerance);
    }
}
