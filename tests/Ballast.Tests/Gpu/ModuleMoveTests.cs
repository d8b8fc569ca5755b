using Ballast.Tests.Modules;

namespace Ballast.Tests.Gpu;

/// <summary>Modules that move to a device with its own memory and back.</summary>
public sealed class ModuleMoveTests
{
    [OpenClFact]
    public void Ties_of_parameters_and_buffers_survive_the_way_there_and_back()
    {
        var module = new Tied();
        module.Shared.Value.FillInPlace(7);
        float[] weight = module.In.Weight.Value.ToArray<float>();
        module.To(OpenCl.Device);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.All(module.Parameters(), p => Assert.Same(OpenCl.Device, p.Value.Device));
        Assert.All(module.Buffers(), b => Assert.Same(OpenCl.Device, b.Value.Device));
        module.Shared.Value.FillInPlace(9);
        Assert.Equal(module.Shared.Value.ToArray<float>(), module.Again.Value.ToArray<float>());
        module.To(Device.Cpu);
        Assert.Same(module.In.Weight, module.Out.Weight);
        Assert.Equal(weight, module.Out.Weight.Value.ToArray<float>());
        Assert.Equal(9f, module.Again.Value.ToArray<float>()[0]);
    }

    [OpenClFact]
    public void Derived_non_persistent_and_integer_buffers_come_back_unchanged()
    {
        var module = new Everything();
        Dictionary<string, (DType DType, byte[] Bytes)> before = State(module);
        module.To(OpenCl.Device);
        Assert.All(module.Buffers(), b => Assert.Same(OpenCl.Device, b.Value.Device));
        module.To(Device.Cpu);
        Dictionary<string, (DType DType, byte[] Bytes)> after = State(module);
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        foreach ((string path, (DType dtype, byte[] bytes)) in before)
        {
            Assert.Equal(dtype, after[path].DType);
            Assert.Equal(bytes, after[path].Bytes);
        }
    }

    private static Dictionary<string, (DType, byte[])> State(Module module)
    {
        Dictionary<string, (DType, byte[])> state = [];
        foreach ((string path, Parameter p) in module.NamedParameters()) state[path] = (p.DType, OpTables.Check.Bytes(p.Value));
        foreach ((string path, Buffer b) in module.NamedBuffers()) state[path] = (b.DType, OpTables.Check.Bytes(b.Value));
        return state;
    }
}
