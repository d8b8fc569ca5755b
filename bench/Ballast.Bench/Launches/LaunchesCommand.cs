using System.CommandLine;
using Ballast.Bench.Peers;
using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Bench.Launches;

/// <summary><c>launches</c>: what a training step and a decoded token of the <c>char-gpt</c> model ask of a device. Counts, no times.</summary>
internal static class LaunchesCommand
{
    private const int WarmUpSteps = 2;

    /// <summary>Nodes that only look at memory another way: they launch nothing, forwards or backwards.</summary>
    private static readonly HashSet<string> s_views = ["reshape", "permute", "expand", "slice", "split"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var device = new Option<string>("--device") { Description = "Where the model is", DefaultValueFactory = _ => "opencl:0" };
        var command = new Command("launches", "Count kernels, copies and waits of a GPT's training step and of a decoded token on a device.") { device };
        command.SetAction(parsed =>
        {
            BallastRuntime.Start();
            try
            {
                Run(parsed.InvocationConfiguration.Output, Device.Parse(parsed.GetValue(device)!));
            }
            catch (DeviceNotAvailableException missing)
            {
                throw new BenchmarkFailedException(missing.Message);
            }
            return 0;
        });
        return command;
    }

    private static void Run(TextWriter output, Device device)
    {
        if (device.IsCpu || device.IsMeta) throw new UsageException($"--device {device}: it runs ops where they are called and launches nothing");
        output.WriteLine($"{device.Name}: {device.Info.Description}, {device.Info.Driver}");
        Gpt model = new Gpt(GptSizes.CharGpt.Config).To(device);
        Training(output, model, device);
        Decoding(output, model, device);
    }

    private static void Training(TextWriter output, Gpt model, Device device)
    {
        var optimizer = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), GptSizes.WeightDecay), GptSizes.LearningRate);
        Parameter[] parameters = [.. model.Parameters()];
        Tensor tokens = Tensor.Zeros([GptSizes.CharGpt.Batch, GptSizes.CharGpt.Length], DType.Int64, device);
        for (int step = 0; step <= WarmUpSteps; step++)
        {
            DeviceStats begin = device.Stats;
            Tensor loss = model.Forward(tokens).Reshape(-1, GptSizes.CharGpt.Config.VocabularySize).CrossEntropy(tokens.Reshape(-1));
            DeviceStats forward = device.Stats;
            (int nodes, int computing) = Graph(loss);
            loss.Backward();
            DeviceStats backward = device.Stats;
            GradientClip.ByNorm(parameters, 1);
            optimizer.Step();
            optimizer.ZeroGrad();
            DeviceStats end = device.Stats;
            if (step < WarmUpSteps) continue; // the moments are made in the first step
            long launches = (end - begin).Launches;
            int ops = 2 * nodes;
            output.WriteLine($"training step, {model.Config.Layers} layers, {parameters.Length} parameters: {end - begin}");
            output.WriteLine($"  forward {(forward - begin).Launches} launches, backward {(backward - forward).Launches}, "
                + $"clipping and AdamW {(end - backward).Launches}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  the graph has {ops} ops ({nodes} nodes, forwards and backwards): {launches / (double)ops:0.00} launches an op; "
                + $"without views {2 * computing} ops: {launches / (2.0 * computing):0.00}"));
        }
    }

    private static void Decoding(TextWriter output, Gpt model, Device device)
    {
        model.Eval();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor context = Tensor.Zeros([1, GptSizes.CharGpt.Length], DType.Int64, device);
        _ = model.Forward(context).Select(1, GptSizes.CharGpt.Length - 1).ArgMax(-1);
        DeviceStats begin = device.Stats;
        _ = model.Forward(context).Select(1, GptSizes.CharGpt.Length - 1).ArgMax(-1);
        output.WriteLine($"greedy token: {device.Stats - begin}");
    }

    /// <summary>Recorded steps between a loss and the leaves, and those of them that compute.</summary>
    private static (int Nodes, int Computing) Graph(Tensor loss)
    {
        var seen = new HashSet<Node>();
        var open = new Stack<Node>([loss.GradientNode()]);
        while (open.TryPop(out Node? node))
        {
            if (node is LeafNode || !seen.Add(node)) continue;
            foreach (Edge edge in node.Edges)
                if (edge.Node is { } before) open.Push(before);
        }
        return (seen.Count, seen.Count(n => !s_views.Contains(n.Name)));
    }
}
