using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Tests.Gpu;

/// <summary>How many kernels a training step queues, against the ops of its graph; alone, because the counts are of all threads.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class LaunchCounts
{
    /// <remarks>
    /// The ops of the graph are the recorded nodes, once forwards and once for the gradient rule of each; launches are those of the whole
    /// step, clipping and AdamW among them. Views are nodes without a kernel on either way and are left out.
    /// </remarks>
    [OpenClFact]
    public void A_training_step_of_the_GPT_queues_at_most_one_and_a_half_kernels_for_each_op_of_its_graph()
    {
        var config = new GptConfig { VocabularySize = 65, BlockLength = 32, Layers = 4, Heads = 4, Width = 64 };
        Gpt model = new Gpt(config, new Generator(1)).To(OpenCl.Device);
        var optimizer = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-3);
        Parameter[] parameters = [.. model.Parameters()];
        Tensor tokens = Tensor.Zeros([4, 32], DType.Int64, OpenCl.Device);
        for (int step = 0; step < 2; step++)
        {
            DeviceStats start = OpenCl.Device.Stats;
            Tensor loss = model.Forward(tokens).Reshape(-1, 65).CrossEntropy(tokens.Reshape(-1));
            (int nodes, int computing) = Nodes(loss.GradientNode());
            loss.Backward();
            GradientClip.ByNorm(parameters, 1);
            optimizer.Step();
            optimizer.ZeroGrad();
            DeviceStats queued = OpenCl.Device.Stats - start;
            string figures = $"{queued}; {nodes} nodes, {computing} of them compute";
            Assert.True(queued.Launches <= 1.5 * (2 * computing), figures);
            // The seed of the gradient and the table that embedding gradients are added into; at first the moments too.
            if (step > 0) Assert.True(queued is { Moves: 2, CopiesToHost: 0, CopiesToDevice: 0, Waits: 0 }, figures);
        }
    }

    [OpenClFact]
    public void Norm_and_clipping_of_many_gradients_take_a_launch_for_thirty_and_read_nothing()
    {
        Parameter[] parameters = [.. Enumerable.Range(1, 70).Select(i => new Parameter(Tensor.Ones([i, 3], device: OpenCl.Device)))];
        foreach (Parameter parameter in parameters) parameter.Grad = Tensor.Ones(parameter.Shape, device: OpenCl.Device);
        DeviceStats start = OpenCl.Device.Stats;
        Tensor norm = GradientClip.ByNorm(parameters, 1);
        Assert.Equal((7L, 0L, 0L), ((OpenCl.Device.Stats - start).Launches, (OpenCl.Device.Stats - start).CopiesToHost,
            (OpenCl.Device.Stats - start).Moves));
        double expected = Math.Sqrt(70 * 71 / 2 * 3);
        Assert.Equal(expected, norm.Item(), 1e-4);
        Assert.All(parameters, p => Assert.All(p.Grad!.ToArray<float>(), g => Assert.Equal(1 / expected, g, 1e-6)));
    }

    [OpenClFact]
    public void A_step_of_many_parameters_takes_a_launch_for_ten_and_gives_what_the_host_gives()
    {
        foreach (DType dtype in new[] { DType.Float32, DType.BFloat16 })
        {
            Parameter[] Made(Device device) => [.. Enumerable.Range(1, 23).Select(i =>
                new Parameter((Tensor.Arange(i * 150).To(DType.Float32) / 100).Sin().To(dtype).To(device)))];
            Parameter[] host = Made(Device.Cpu), there = Made(OpenCl.Device);
            Optimizer[] optimizers = [new AdamW(host, 0.01, amsgrad: true), new AdamW(there, 0.01, amsgrad: true)];
            Optimizer[] descents = [new Sgd(host, 0.1, momentum: 0.9), new Sgd(there, 0.1, momentum: 0.9)];
            for (int step = 0; step < 3; step++)
            {
                foreach (Parameter p in host.Concat(there)) p.Grad = (p.Value.Detach() * 0.3 + 0.1).Detach();
                foreach (Optimizer[] pair in new[] { optimizers, descents })
                {
                    pair[0].Step();
                    DeviceStats start = OpenCl.Device.Stats;
                    pair[1].Step();
                    if (step > 0) Assert.Equal((3L, 0L), ((OpenCl.Device.Stats - start).Launches, (OpenCl.Device.Stats - start).Moves));
                }
            }
            for (int i = 0; i < host.Length; i++)
                Ops.Nn.NnTensors.Near(host[i].Value, there[i].Value.To(Device.Cpu), dtype == DType.Float32 ? 1e-5 : 2e-2);
        }
    }

    private static (int Nodes, int Computing) Nodes(Node last)
    {
        var seen = new HashSet<Node>();
        var open = new Stack<Node>([last]);
        while (open.TryPop(out Node? node))
        {
            if (node is LeafNode || !seen.Add(node)) continue;
            foreach (Edge edge in node.Edges)
                if (edge.Node is { } before) open.Push(before);
        }
        HashSet<string> views = ["reshape", "permute", "expand", "slice", "split"];
        return (seen.Count, seen.Count(n => !views.Contains(n.Name)));
    }
}
