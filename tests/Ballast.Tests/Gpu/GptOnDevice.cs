using Ballast.Models;
using Ballast.Optimizers;
using Ballast.Tests.Models;

namespace Ballast.Tests.Gpu;

/// <summary>The GPT on the device against PyTorch's numbers: moved there, trained there, moved back.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class GptOnDevice
{
    [OpenClFact]
    public void Ten_AdamW_steps_on_the_device_give_PyTorchs_losses()
    {
        var golden = new GoldenGpt();
        var model = new Gpt(GoldenGpt.Config, new Generator(1));
        Assert.True(model.Load(golden.State("init")).AllMatched);
        model.To(OpenCl.Device);
        var optimizer = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-3, beta2: 0.95);
        double[] expected = golden["losses"].ToArray<double>();
        for (int step = 0; step < GoldenGpt.Steps; step++)
        {
            Tensor inputs = golden["inputs"].Select(0, step).To(OpenCl.Device), targets = golden["targets"].Select(0,
                step).To(OpenCl.Device);
            optimizer.ZeroGrad();
            Tensor loss = GoldenGpt.Loss(model, inputs, targets);
            Assert.Same(OpenCl.Device, loss.Device);
            loss.Backward();
            Assert.Equal(expected[step], loss.Item<double>(), 1e-5);
            optimizer.Step();
        }
        model.To(Device.Cpu);
        Assert.Same(model.TokenEmbedding.Weight, model.Head.Weight);
        Assert.All(model.Parameters(), p => Assert.Same(Device.Cpu, p.Value.Device));
    }
}
