namespace Ballast.Tests.OpTables;

/// <summary>On meta every op gives shape and dtype and touches no data.</summary>
public sealed class MetaSuite
{
    public static TheoryData<OpRow> All => RowData.Rows(r => r.Name != "to device" && !r.NeedsData);

    [Theory]
    [MemberData(nameof(All))]
    public void Meta_gives_the_shape_and_dtype_of_the_cpu(OpRow row)
    {
        foreach (DType dtype in (DType[])[DType.Float32, DType.Float64, DType.BFloat16, .. row.Integers])
        {
            if (dtype.IsHalf && !row.Halves) continue;
            foreach (Case sample in row.Cases)
            {
                Tensor[] inputs = Samples.Inputs(row, sample, dtype, dtype.IsFloating ? null : row.IntegerValues);
                Tensor expected = sample.Run(inputs);
                MemoryStats before = Device.Meta.Memory;
                Tensor actual = sample.Run([.. inputs.Select(x => x.To(Device.Meta))]);
                string what = Samples.What(row, sample, dtype);
                Assert.True(actual.Device.IsMeta, $"{what}: the result is on {actual.Device}");
                Assert.True(expected.Shape == actual.Shape && expected.DType == actual.DType,
                    $"{what}: meta gives {actual.DType.Name} {actual.Shape}, the CPU {expected.DType.Name} {expected.Shape}");
                Assert.Equal(before, Device.Meta.Memory);
                Assert.Throws<MetaTensorException>(() => actual.CheckReadable());
            }
        }
    }

    public static TheoryData<OpRow> Differentiable => RowData.Rows(r => r.Differentiable && !r.NeedsData && r.Name != "to device");

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Backward_runs_on_meta(OpRow row)
    {
        foreach (Case sample in row.Cases)
        {
            Tensor[] inputs = [.. Samples.Inputs(row, sample, DType.Float32).Select(x => x.To(Device.Meta))];
            for (int i = 0; i < inputs.Length; i++) inputs[i].RequiresGrad = sample.Args[i].TakesGrad;
            Tensor result = sample.Run(inputs);
            result.Backward(Tensor.Zeros(result.Shape, result.DType, Device.Meta));
            for (int i = 0; i < inputs.Length; i++)
            {
                if (inputs[i].Grad is not { } gradient) continue;
                Assert.Equal(inputs[i].Shape, gradient.Shape);
                Assert.True(gradient.Device.IsMeta);
            }
        }
    }

    public static TheoryData<OpRow> NeedData => RowData.Rows(r => r.NeedsData);

    [Theory]
    [MemberData(nameof(NeedData))]
    public void What_depends_on_data_is_refused_on_meta(OpRow row)
    {
        foreach (Case sample in row.Cases)
            Assert.Throws<MetaTensorException>(() =>
                sample.Run([.. Samples.Inputs(row, sample, DType.Float32).Select(x => x.To(Device.Meta))]));
    }

    [Fact]
    public void Reading_meta_values_throws_and_says_what_to_do()
    {
        Tensor x = Tensor.Zeros([2, 3], device: Device.Meta) + 1;
        foreach (Action read in (Action[])[() => x.ToArray<float>(), () => x.AsSpan<float>(), () => x.Sum().Item(), () => x.To(Device.Cpu),
            () => Tensor.Zeros(2, 3).CopyFrom(x)])
        {
            var error = Assert.Throws<MetaTensorException>(read);
            Assert.Contains("on meta", error.Message, StringComparison.Ordinal);
        }
        Assert.Contains("materialise it on a device", Assert.Throws<MetaTensorException>(() => x.ToArray<float>()).Message,
            StringComparison.Ordinal);
    }
}
