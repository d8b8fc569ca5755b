using Ballast.Optimizers;

namespace Ballast.Tests.Gpu;

/// <summary>A module that goes to the device and comes back, with its optimizer.</summary>
public sealed class ModuleRoundTripTests
{
    private static readonly Tensor s_x = Tensor.Rand([4, 6], generator: new Generator(8));

    [OpenClFact]
    public void Everything_comes_back_bit_by_bit_with_ties_gradients_and_handles()
    {
        var module = new Traveller(3);
        module.Learn(s_x);
        Dictionary<string, (DType DType, byte[] Bytes)> before = module.Bits();
        Variable[] handles = Handles(module);
        module.To(OpenCl.Device);
        Assert.All(Handles(module), v => Assert.Same(OpenCl.Device, v.Device));
        Assert.All(module.Parameters(), p => Assert.True(p.Grad is null || ReferenceEquals(p.Grad.Device, OpenCl.Device)));
        Same(before, module.Bits(), "on the device");
        module.To(Device.Cpu);
        Assert.Equal(handles, Handles(module));
        Assert.All(handles, v => Assert.Same(Device.Cpu, v.Device));
        Same(before, module.Bits(), "back again");
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.Same(module.Shared, module.Again);
        // Ties are ties of handles, and of bytes.
        module.Shared.Value.FillInPlace(5);
        Assert.Equal(5f, module.Again.Value.ToArray<float>()[9]);
    }

    [OpenClFact]
    public void The_optimizer_goes_along_and_its_steps_agree_with_the_host()
    {
        var stays = new Traveller(4);
        var travels = new Traveller(4);
        AdamW atHome = stays.NewOptimizer(), onTheWay = travels.NewOptimizer();
        for (int step = 0; step < 6; step++)
        {
            Device place = step is 1 or 2 or 4 ? OpenCl.Device : Device.Cpu;
            travels.To(place);
            float expected = Step(stays, atHome, s_x), actual = Step(travels, onTheWay, s_x.To(place));
            Assert.True(Math.Abs(expected - actual) <= 1e-6 * Math.Max(1, Math.Abs(expected)), $"step {step}: {actual}, not {expected}");
            foreach ((ParameterState there, ParameterState here) in onTheWay.States.Zip(atHome.States))
            {
                Assert.Equal(here.Step, there.Step);
                Assert.All(there.Tensors.Values, t => Assert.Same(place, t.Device));
            }
        }
        travels.To(Device.Cpu);
        foreach ((Parameter there, Parameter here) in travels.Parameters().Zip(stays.Parameters()))
        {
            if (here.Grad is null) continue;
            OpTables.Check.Close(OpTables.Host.Of(here.Value), there.Value, new(1e-6, 1e-6), "a parameter after six steps");
        }
    }

    private static float Step(Traveller module, AdamW optimizer, Tensor x)
    {
        optimizer.ZeroGrad();
        float loss = module.Learn(x);
        optimizer.Step();
        return loss;
    }

    private static Variable[] Handles(Module module) => [.. module.Parameters(), .. module.Buffers()];

    private static void Same(Dictionary<string, (DType DType, byte[] Bytes)> expected, Dictionary<string, (DType DType, byte[] Bytes)> actual,
        string where)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach ((string path, (DType dtype, byte[] bytes)) in expected)
            Assert.True(dtype == actual[path].DType && bytes.AsSpan().SequenceEqual(actual[path].Bytes), $"{path} {where}");
    }
}
