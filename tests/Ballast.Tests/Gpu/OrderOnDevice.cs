namespace Ballast.Tests.Gpu;

/// <summary>Sorting and finding on the device, at lengths where one group is not enough.</summary>
public sealed class OrderOnDevice
{
    private static readonly DType[] _all = [.. Enumerable.Range(0, DTypes.Count).Select(i => (DType)i)];

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(5000)]
    [InlineData(9216)]
    public void Rows_of_any_length_are_sorted_as_on_the_host(int length)
    {
        var random = new Random(length);
        double[] values = [.. Enumerable.Range(0, 3 * length).Select(_ => (double)random.Next(-40, 40))];
        values[random.Next(values.Length)] = double.NaN;
        values[random.Next(values.Length)] = double.PositiveInfinity;
        values[random.Next(values.Length)] = -0.0;
        foreach (DType dtype in _all)
        {
            Tensor x = Tensor.From(values, [3, length]).To(dtype), there = x.To(OpenCl.Device);
            foreach (bool descending in (bool[])[false, true]) Same(x.Sort(1, descending), there.Sort(1, descending));
            // Columns of a transposed view.
            Same(x.T.Sort(0), there.T.Sort(0));
            foreach (int k in (int[])[1, 50, 700, 2000])
                if (k <= length) Same(x.TopK(k), there.TopK(k));
        }
    }

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(300_007)]
    public void Places_of_true_elements_come_in_row_major_order(int columns)
    {
        var random = new Random(columns);
        double[] values = [.. Enumerable.Range(0, 3 * columns).Select(_ => (double)(random.Next(3) == 0 ? 1 : 0))];
        Tensor x = Tensor.From(values, [3, columns]);
        Assert.Equal(x.NonZero().ToArray<long>(), x.To(OpenCl.Device).NonZero().ToArray<long>());
        Assert.Equal(x.T.NonZero().ToArray<long>(), x.To(OpenCl.Device).T.NonZero().ToArray<long>());
        Assert.Equal([0, 3], Tensor.Zeros([4, 5, 6]).To(OpenCl.Device).NonZero().Shape.Dims);
    }

    private static void Same((Tensor Values, Tensor Indices) host, (Tensor Values, Tensor Indices) device)
    {
        Assert.Equal(host.Indices.ToArray<long>(), device.Indices.ToArray<long>());
        Assert.Equal(host.Values.To(DType.Float64).ToArray<double>(), device.Values.To(Device.Cpu).To(DType.Float64).ToArray<double>());
    }
}
