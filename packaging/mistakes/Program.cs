using Ballast;
using Mistakes;

// Every module runs on the CPU and, moved, on another device; a tensor that stays behind makes an op throw.
Module[] all = [new Attention(6), new Shift(Tensor.Ones(4), new Linear(4, 4)), new Outer.Inner(), new Plain(), new Lists(2),
    new Choice<Linear>(new Linear(4, 4)), new Buffers(4), new Tied()];
foreach (Module module in all)
{
    var forward = (IForward<Tensor, Tensor>)module;
    Device here = forward.Forward(Tensor.Ones(4, 4)).Device;
    module.To(Device.Meta);
    Device there = forward.Forward(Tensor.Ones([4, 4], device: Device.Meta)).Device;
    if (there != Device.Meta) throw new InvalidOperationException($"{module.GetType().Name} answers from {there}");
    Console.WriteLine($"{module.GetType().Name}: {module.Snapshot().Count} tensors, {here} then {there}");
}
Console.WriteLine($"all {all.Length} modules moved");
