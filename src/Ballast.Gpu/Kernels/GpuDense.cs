namespace Ballast.Gpu;

/// <summary>Dense operands for kernels that walk rows.</summary>
internal static class GpuDense
{
    /// <summary>The tensor itself if it is dense, else a packed copy on its device.</summary>
    public static Tensor Of(Tensor x)
    {
        if (x.IsContiguous) return x;
        Tensor dense = Tensor.Empty(x.Shape, x.DType, x.Device);
        CopyGpuDriver.Copy(x, dense);
        return dense;
    }
}
