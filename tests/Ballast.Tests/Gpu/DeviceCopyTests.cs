namespace Ballast.Tests.Gpu;

/// <summary>Copies between devices: dense and strided sources, with and without a cast, whole tensors and into existing ones.</summary>
public sealed class DeviceCopyTests
{
    [OpenClFact]
    public void Strided_views_and_casts_agree_between_all_pairs_of_devices()
    {
        Device[] devices = [Device.Cpu, OpenCl.Device];
        Tensor values = Tensor.Arange(-60, 60).Reshape(4, 5, 6);
        Func<Tensor, Tensor>[] views =
            [x => x, x => x.Transpose(0, 2), x => x.Narrow(1, 1, 3), x => x[1], x => x[.., 2], x => x.Narrow(0, 1, 1).Expand(3, 5, 6),
                x => x.Permute(2, 0, 1).Narrow(0, 2, 3)];
        foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16, DType.Float64, DType.Int64, DType.Int8, DType.Bool])
        {
            foreach ((Device from, Device to) in from a in devices from b in devices select (a, b))
            {
                Tensor source = values.To(dtype).To(from);
                foreach (Func<Tensor, Tensor> view in views)
                {
                    Tensor expected = view(values.To(dtype)), moved = view(source).To(to);
                    Assert.Same(to, moved.Device);
                    OpTables.Check.SameBits(expected, moved.To(Device.Cpu), $"{dtype} {from} to {to}");
                    OpTables.Check.SameBits(expected.To(DType.Float32), view(source).To(to, DType.Float32).To(Device.Cpu),
                        $"{dtype} as float32, {from} to {to}");
                    Tensor target = Tensor.Zeros(expected.Shape, DType.Float32, to).CopyFrom(view(source));
                    OpTables.Check.SameBits(expected.To(DType.Float32), target.To(Device.Cpu), $"{dtype} into float32, {from} to {to}");
                }
            }
        }
    }

    [OpenClFact]
    public void Copies_into_a_strided_target_broadcast_and_leave_the_rest_alone()
    {
        foreach ((Device from, Device to) in (ReadOnlySpan<(Device, Device)>)[(Device.Cpu, OpenCl.Device), (OpenCl.Device, Device.Cpu)])
        {
            Tensor target = Tensor.Zeros([3, 4], DType.Int32, to);
            target.T.Narrow(0, 1, 2).CopyFrom(Tensor.From([1.5f, 2.5f, -3.5f], from));
            Assert.Equal([0, 1, 1, 0, 0, 2, 2, 0, 0, -3, -3, 0], target.ToArray<int>());
        }
    }

    [OpenClFact]
    public void Meta_takes_shapes_and_gives_nothing_back()
    {
        Tensor meta = Tensor.Ones([2, 3], DType.BFloat16, OpenCl.Device).T.To(Device.Meta);
        Assert.Equal((Device.Meta, DType.BFloat16), (meta.Device, meta.DType));
        Assert.Equal([3, 2], meta.Shape.ToArray());
        var error = Assert.Throws<MetaTensorException>(() => meta.To(OpenCl.Device));
        Assert.Contains("opencl:0", error.Message);
        Assert.Throws<MetaTensorException>(() => Tensor.Zeros([3, 2], DType.BFloat16, OpenCl.Device).CopyFrom(meta));
    }

    [OpenClFact]
    public void Large_tensors_with_an_offset_come_back_bit_by_bit()
    {
        Tensor x = Tensor.Rand([3, 1_500_001], generator: new Generator(4));
        Tensor there = x.To(OpenCl.Device);
        OpTables.Check.SameBits(x[1], there[1].To(Device.Cpu), "second row");
        OpTables.Check.SameBits(x, there.To(Device.Cpu), "all rows");
        OpTables.Check.SameBits(x[2], x[2].To(OpenCl.Device).To(Device.Cpu), "third row from the host");
    }
}
