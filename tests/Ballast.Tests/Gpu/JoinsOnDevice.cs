namespace Ballast.Tests.Gpu;

/// <summary>Joining many tensors, and the gradients of a linear map, on a device against the CPU.</summary>
public sealed class JoinsOnDevice
{
    [OpenClTheory]
    [InlineData(DType.Float32)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Bool)]
    public void Nineteen_parts_of_many_strides_join_as_on_the_CPU(DType dtype)
    {
        Tensor Part(int i) => (Tensor.Arange(4 * (i % 5) * 6).Reshape(6, i % 5, 4) * 7 % 11).To(dtype);
        Tensor[] host = [.. Enumerable.Range(0, 19).Select(i => Part(i).Permute(2, 1, 0)[.., .., 1..5])];
        Tensor[] there = [.. Enumerable.Range(0, 19).Select(i => Part(i).To(OpenCl.Device).Permute(2, 1, 0)[.., .., 1..5])];
        foreach (int count in new[] { 1, 2, 8, 9, 19 })
        {
            Tensor expected = Tensor.Cat(host.AsSpan(0, count), 1), joined = Tensor.Cat(there.AsSpan(0, count), 1).To(Device.Cpu);
            Assert.Equal(expected.Shape, joined.Shape);
            Assert.Equal(expected.To(DType.Float64).ToArray<double>(), joined.To(DType.Float64).ToArray<double>());
        }
    }

    [OpenClTheory]
    [InlineData(70, 3, 5)]
    [InlineData(1, 130, 65)]
    [InlineData(0, 4, 3)]
    [InlineData(5, 0, 3)]
    public void Weight_and_bias_gradients_are_those_of_the_CPU(int rows, int inputs, int outputs)
    {
        Tensor Made(int a, int b) => (Tensor.Arange(a * b).To(DType.Float32) * 0.37).Sin().Reshape(a, b);
        (Tensor Weight, Tensor Bias) Gradients(Device device)
        {
            Tensor weight = Made(outputs, inputs).To(device).WithGrad(), bias = Made(1, outputs).Reshape(-1).To(device).WithGrad();
            (Tensor.Linear(Made(rows, inputs).To(device), weight, bias) * Made(rows, outputs).To(device)).Sum().Backward();
            return (weight.Grad!.To(Device.Cpu), bias.Grad!.To(Device.Cpu));
        }
        (Tensor weight, Tensor bias) = Gradients(Device.Cpu);
        (Tensor weightThere, Tensor biasThere) = Gradients(OpenCl.Device);
        Ops.Nn.NnTensors.Near(weight, weightThere, 1e-5);
        Ops.Nn.NnTensors.Near(bias, biasThere, 1e-5);
    }
}
