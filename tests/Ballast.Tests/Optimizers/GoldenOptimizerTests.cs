using System.Text.Json;
using Ballast.Formats;
using Ballast.Optimizers;

namespace Ballast.Tests.Optimizers;

/// <summary>Every optimizer, clipping and schedule against PyTorch's numbers.</summary>
public sealed class GoldenOptimizerTests
{
    private static readonly IReadOnlyDictionary<string, Tensor> _tensors =
        Safetensors.Load(Repository.Golden("optimizers.safetensors"), map: false);
    private static readonly IReadOnlyDictionary<string, string> _options =
        Safetensors.LoadMetadata(Repository.Golden("optimizers.safetensors"));

    public static TheoryData<string> Steps => Cases("\"optimizer\"");

    public static TheoryData<string> Clips => Cases("clip_grad_norm");

    [Theory]
    [MemberData(nameof(Steps))]
    public void Six_steps_give_PyTorchs_weights(string name)
    {
        JsonElement options = JsonDocument.Parse(_options[name]).RootElement;
        var weight = new Parameter(_tensors[$"{name}/weight/start"].Clone());
        var bias = new Parameter(_tensors[$"{name}/bias/start"].Clone());
        Optimizer optimizer = Make(options, weight, bias);
        for (int step = 0; step < 6; step++)
        {
            weight.Grad = _tensors[$"{name}/weight/gradients"].Select(0, step).Clone();
            bias.Grad = _tensors[$"{name}/bias/gradients"].Select(0, step).Clone();
            optimizer.Step();
            Near(_tensors[$"{name}/weight/steps"].Select(0, step), weight);
            Near(_tensors[$"{name}/bias/steps"].Select(0, step), bias);
            Assert.Equal(_tensors[$"{name}/weight/gradients"].Select(0, step).Contiguous().ToArray<float>(), weight.Grad.ToArray<float>());
        }
    }

    [Theory]
    [MemberData(nameof(Clips))]
    public void Clipping_gives_PyTorchs_norm_and_gradients(string name)
    {
        JsonElement options = JsonDocument.Parse(_options[name]).RootElement;
        JsonElement power = options.GetProperty("norm");
        double p = power.ValueKind == JsonValueKind.String ? double.PositiveInfinity : power.GetDouble();
        Parameter[] parameters = [new(Tensor.Zeros(3, 4)), new(Tensor.Zeros(4)), new(Tensor.Zeros(2))];
        for (int i = 0; i < 2; i++) parameters[i].Grad = _tensors[$"{name}/gradient_{i}"].Clone();
        Tensor norm = GradientClip.ByNorm(parameters, options.GetProperty("max_norm").GetDouble(), p);
        Near(_tensors[$"{name}/total_norm"], norm);
        for (int i = 0; i < 2; i++) Near(_tensors[$"{name}/clipped_{i}"], parameters[i].Grad!);
        Assert.Null(parameters[2].Grad);
    }

    [Fact]
    public void Schedules_give_PyTorchs_learning_rates()
    {
        var parameter = new Parameter(Tensor.Zeros(1));
        int cases = 0;
        JsonElement rows = JsonDocument.Parse(File.ReadAllText(Repository.Golden("schedules.json"))).RootElement;
        foreach (JsonElement row in rows.EnumerateArray())
        {
            JsonElement options = row.GetProperty("options");
            double rate = row.GetProperty("learning_rate").GetDouble();
            Schedule schedule = row.GetProperty("schedule").GetString() switch
            {
                "CosineAnnealingLR" => new CosineSchedule(options.GetProperty("T_max").GetInt64(),
                    options.GetProperty("eta_min").GetDouble() / rate),
                "LinearLR" => new LinearSchedule(options.GetProperty("total_iters").GetInt64(),
                    options.GetProperty("start_factor").GetDouble(), options.GetProperty("end_factor").GetDouble()),
                _ => new StepSchedule(options.GetProperty("step_size").GetInt64(), options.GetProperty("gamma").GetDouble()),
            };
            var optimizer = new Sgd([parameter], rate);
            int step = 0;
            foreach (JsonElement expected in row.GetProperty("rates").EnumerateArray())
            {
                schedule.Apply(optimizer, step++);
                Assert.Equal(expected.GetDouble(), optimizer.LearningRate * optimizer.LearningRateFactor, 1e-12);
            }
            cases++;
        }
        Assert.Equal(7, cases);
    }

    private static TheoryData<string> Cases(string text) =>
        [.. _options.Where(o => o.Value.Contains(text, StringComparison.Ordinal)).Select(o => o.Key)];

    private static Optimizer Make(JsonElement options, Parameter weight, Parameter bias)
    {
        if (options.TryGetProperty("groups", out JsonElement groups))
        {
            Parameter Member(JsonElement group) => group.GetProperty("params")[0].GetString() == "weight" ? weight : bias;
            return new AdamW(groups.EnumerateArray().Select(g => new ParameterGroup([Member(g)])
            {
                LearningRate = g.GetProperty("lr").GetDouble(),
                WeightDecay = g.GetProperty("weight_decay").GetDouble(),
            }), learningRate: 99);
        }
        double rate = options.GetProperty("lr").GetDouble(), decay = options.GetProperty("weight_decay").GetDouble();
        if (options.GetProperty("optimizer").GetString() == "SGD")
        {
            return new Sgd([weight, bias], rate, options.GetProperty("momentum").GetDouble(), options.GetProperty("dampening").GetDouble(),
                options.GetProperty("nesterov").GetBoolean(), decay);
        }
        double beta1 = options.GetProperty("betas")[0].GetDouble(), beta2 = options.GetProperty("betas")[1].GetDouble();
        double eps = options.GetProperty("eps").GetDouble();
        bool amsgrad = options.GetProperty("amsgrad").GetBoolean();
        return options.GetProperty("optimizer").GetString() == "Adam"
            ? new Adam([weight, bias], rate, beta1, beta2, eps, decay, amsgrad)
            : new AdamW([weight, bias], rate, beta1, beta2, eps, decay, amsgrad);
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        float[] e = expected.Contiguous().ToArray<float>(), a = actual.ToArray<float>();
        for (int i = 0; i < e.Length; i++) Assert.Equal(e[i], a[i], 2e-6 * (1 + Math.Abs(e[i])));
    }
}
