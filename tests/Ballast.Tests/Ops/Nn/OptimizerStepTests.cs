using System.Text.Json;

namespace Ballast.Tests.Ops.Nn;

public sealed class OptimizerStepTests
{
    public static TheoryData<string> Adams =>
        [.. GoldenCase.Optimizers("Adam"), .. GoldenCase.Optimizers("AdamW").Where(name => name != "adamw_groups")];

    public static TheoryData<string> Sgds => [.. GoldenCase.Optimizers("SGD")];

    [Theory]
    [MemberData(nameof(Adams))]
    public void Adam_steps_give_the_golden_parameters(string name)
    {
        var golden = GoldenCase.Optimizer(name);
        double Option(string key) => golden.Options.GetProperty(key).GetDouble();
        JsonElement betas = golden.Options.GetProperty("betas");
        bool decoupled = golden.Options.GetProperty("optimizer").GetString() == "AdamW";
        foreach (string parameter in new[] { "weight", "bias" })
        {
            Tensor p = golden[$"{parameter}/start"].WithGrad(), m = Tensor.ZerosLike(p), v = Tensor.ZerosLike(p);
            Tensor? largest = golden.Options.GetProperty("amsgrad").GetBoolean() ? Tensor.ZerosLike(p) : null;
            for (int step = 1; step <= 6; step++)
            {
                Tensor.AdamStep(p, golden[$"{parameter}/gradients"].Select(0, step - 1), m, v, largest,
                    Option("lr"), betas[0].GetDouble(), betas[1].GetDouble(), Option("eps"), Option("weight_decay"), decoupled, step);
                NnTensors.Near(golden[$"{parameter}/steps"].Select(0, step - 1), p, 1e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sgds))]
    public void Sgd_steps_give_the_golden_parameters(string name)
    {
        var golden = GoldenCase.Optimizer(name);
        double Option(string key) => golden.Options.GetProperty(key).GetDouble();
        foreach (string parameter in new[] { "weight", "bias" })
        {
            Tensor p = golden[$"{parameter}/start"].WithGrad();
            Tensor? buffer = Option("momentum") != 0 ? Tensor.FullLike(p, double.NaN) : null;
            for (int step = 1; step <= 6; step++)
            {
                Tensor.SgdStep(p, golden[$"{parameter}/gradients"].Select(0, step - 1), buffer,
                    Option("lr"), Option("momentum"), Option("dampening"), Option("weight_decay"),
                    golden.Options.GetProperty("nesterov").GetBoolean(), step == 1);
                NnTensors.Near(golden[$"{parameter}/steps"].Select(0, step - 1), p, 1e-6);
            }
        }
    }

    [Fact]
    public void Strided_tensors_and_every_length_step_as_float64_arithmetic_does()
    {
        for (int length = 1; length <= 40; length++)
        {
            Tensor p = NnTensors.Random([2, length], 1), g = NnTensors.Random([2, length], 2), m = NnTensors.Random([2, length], 3),
                v = NnTensors.Random([2, length], 4).Square();
            Tensor first = m * 0.9 + (g + p * 0.1) * 0.1, second = v * 0.99 + (g + p * 0.1).Square() * 0.01;
            Tensor expected = p - first / (second.Sqrt() / Math.Sqrt(1 - Math.Pow(0.99, 3)) + 1e-8) * (0.01 / (1 - Math.Pow(0.9, 3)));
            Tensor[] strided = [NnTensors.Strided(p), NnTensors.Strided(g), NnTensors.Strided(m), NnTensors.Strided(v)];
            Tensor.AdamStep(strided[0], strided[1], strided[2], strided[3], null, 0.01, 0.9, 0.99, 1e-8, 0.1, false, 3);
            NnTensors.Near(expected, strided[0], 1e-13);
            NnTensors.Near(first, strided[2], 1e-14);
            NnTensors.Near(second, strided[3], 1e-14);
            Tensor.SgdStep(strided[1], p, null, 0.5, 0, 0, 0, false, true);
            NnTensors.Near(g - p * 0.5, strided[1], 1e-14);
        }
    }

    [Fact]
    public void A_step_is_a_write_that_autograd_notices()
    {
        Tensor p = Tensor.Ones([3]).WithGrad(), m = Tensor.Zeros([3]), v = Tensor.Zeros([3]);
        Tensor loss = p.Square().Sum();
        int version = p.Storage.Version;
        Tensor.AdamStep(p, Tensor.Ones([3]), m, v, null, 0.1, 0.9, 0.999, 1e-8, 0, false, 1);
        Assert.Equal(version + 1, p.Storage.Version);
        Assert.True(p.RequiresGrad && p.IsLeaf);
        Assert.Contains("adam_step", Assert.Throws<AutogradException>(() => loss.Backward()).Message);
    }

    [Fact]
    public void Half_parameters_take_float32_moments()
    {
        Tensor p = Tensor.Ones([20], DType.BFloat16), m = Tensor.Zeros([20]), v = Tensor.Zeros([20]);
        Tensor.AdamStep(p, Tensor.Full([20], 0.5, DType.BFloat16), m, v, null, 0.1, 0.9, 0.999, 1e-8, 0, true, 1);
        Assert.All(p.ToFloat().ToArray<float>(), x => Assert.Equal(0.9f, x, 0.005f));
        Assert.All(m.ToArray<float>(), x => Assert.Equal(0.05f, x, 1e-6f));
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_refused_and_meta_passes()
    {
        static void Step(Tensor p, Tensor g, Tensor m, long step = 1) =>
            Tensor.AdamStep(p, g, m, m.Clone(), null, 0.1, 0.9, 0.999, 1e-8, 0, false, step);
        Assert.Throws<ShapeException>(() => Step(Tensor.Zeros([3]), Tensor.Zeros([2]), Tensor.Zeros([3])));
        Assert.Throws<DTypeException>(() => Step(Tensor.Zeros([3]), Tensor.Zeros([3], DType.Float64), Tensor.Zeros([3])));
        Assert.Throws<DTypeException>(() => Step(Tensor.Zeros([3]), Tensor.Zeros([3]), Tensor.Zeros([3], DType.BFloat16)));
        Assert.Throws<DTypeException>(() =>
            Step(Tensor.Zeros([3], DType.Int64), Tensor.Zeros([3], DType.Int64), Tensor.Zeros([3], DType.Int64)));
        Assert.Throws<DeviceMismatchException>(() =>
            Step(Tensor.Zeros([3]), Tensor.Zeros([3]), Tensor.Empty([3], DType.Float32, Device.Meta)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Step(Tensor.Zeros([3]), Tensor.Zeros([3]), Tensor.Zeros([3]), 0));
        Tensor meta = Tensor.Empty([3], DType.Float32, Device.Meta);
        Step(meta, meta.Clone(), meta.Clone());
        Step(Tensor.Zeros([0]), Tensor.Zeros([0]), Tensor.Zeros([0]));
        Assert.True(meta.Storage.Version > 0);
    }
}
