using Ballast.DeviceRunner.Reports;
using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.DeviceRunner.Checks;

/// <summary>A small GPT, trained and then asked for its likeliest text, on the device and on the CPU.</summary>
internal static class GptCheck
{
    private const double LossBound = 1e-4;
    private const int Seed = 1, Batch = 4;

    /// <summary>Trains and decodes on both.</summary>
    public static IEnumerable<CheckResult> Run(Device device, RunnerOptions options, TextWriter output)
    {
        GptConfig config = options.Tiny
            ? new() { VocabularySize = 11, BlockLength = 6, Width = 8, Heads = 2, Layers = 1 }
            : new() { VocabularySize = 65, BlockLength = 32, Width = 64, Heads = 4, Layers = 2 };
        int steps = options.Tiny ? 1 : 5, tokens = options.Tiny ? 2 : 24;
        output.WriteLine();
        (string? failure, double[] wanted, double[] given, long[] wantedText, long[] givenText) = (null, [], [], [], []);
        DeviceStats used = default;
        try
        {
            Gpt host = new(config, new Generator(Seed)), there = new Gpt(config, new Generator(Seed)).To(device);
            wanted = Train(host, steps, Device.Cpu);
            DeviceStats before = device.Stats;
            given = Train(there, steps, device);
            used = device.Stats - before;
            wantedText = Decode(host, tokens, Device.Cpu);
            givenText = Decode(there, tokens, device);
        }
        catch (Exception e) when (e is BallastException or InvalidOperationException)
        {
            failure = e.Message;
        }
        double worst = given.Length == steps ? wanted.Zip(given, (a, b) => Math.Abs(a - b)).Max() : double.NaN;
        string losses = string.Join(' ', given.Select(l => l.ToString("0.00000", CultureInfo.InvariantCulture)));
        output.WriteLine($"GPT, {steps} steps with AdamW: losses {losses}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  furthest from the CPU's: {worst:G2}; per step {used.Launches / (double)steps:0.#} launches, {used.CopiesToHost / (double)steps:0.#} reads"));
        output.WriteLine($"GPT, {tokens} tokens decoded greedily: {string.Join(' ', givenText)}");
        string? lossFailure = failure ?? (worst <= LossBound ? null
            : string.Create(CultureInfo.InvariantCulture, $"a loss is {worst:G3} from the CPU's; {LossBound} is allowed"));
        string? textFailure = failure ?? (wantedText.SequenceEqual(givenText) ? null : $"the CPU gives {string.Join(' ', wantedText)}");
        yield return new CheckResult("gpt training losses", "gpt", "float32", steps, null, lossFailure);
        yield return new CheckResult("gpt greedy decoding", "gpt", "float32", tokens, null, textFailure);
    }

    private static double[] Train(Gpt model, int steps, Device device)
    {
        GptConfig config = model.Config;
        var optimizer = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-2, beta2: 0.95);
        var losses = new double[steps];
        var random = new Random(Seed);
        for (int step = 0; step < steps; step++)
        {
            using TensorScope scope = TensorScope.Begin();
            long[] tokens = [.. Enumerable.Range(0, Batch * (config.BlockLength + 1)).Select(i => (long)(i * 7 + random.Next(3)) % config.VocabularySize)];
            Tensor all = Tensor.From(tokens, [Batch, config.BlockLength + 1]).To(device);
            Tensor inputs = all.Narrow(1, 0, config.BlockLength), targets = all.Narrow(1, 1, config.BlockLength);
            optimizer.ZeroGrad();
            Tensor loss = model.Forward(inputs).Reshape(-1, config.VocabularySize).CrossEntropy(targets.Reshape(-1));
            loss.Backward();
            optimizer.Step();
            losses[step] = loss.Item<double>();
        }
        return losses;
    }

    private static long[] Decode(Gpt model, int tokens, Device device)
    {
        model.Eval();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        List<long> context = [1, 8, 4];
        for (int i = 0; i < tokens; i++)
        {
            using TensorScope scope = TensorScope.Begin();
            long[] seen = [.. context.TakeLast(model.Config.BlockLength)];
            Tensor logits = model.Forward(Tensor.From(seen, [1, seen.Length]).To(device)).Select(1, seen.Length - 1);
            context.Add(logits.ArgMax(-1).Item<long>());
        }
        return [.. context.Skip(3)];
    }
}
