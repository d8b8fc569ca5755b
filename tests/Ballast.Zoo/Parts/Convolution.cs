namespace Zoo;

/// <summary>A two-dimensional convolution as a product with the input's windows. [B, In, H, W] -> [B, Out, H', W'].</summary>
public sealed partial class Conv2d : Module, IForward<Tensor, Tensor>
{
    private readonly int _stride;
    private readonly int _padding;

    public Conv2d(int inChannels, int outChannels, int kernel, int stride = 1, int padding = 0, bool bias = true)
    {
        _stride = stride;
        _padding = padding;
        Weight = new(Init.KaimingUniform(Tensor.Empty([outChannels, inChannels, kernel, kernel]), Math.Sqrt(5)));
        if (bias) Bias = new(Tensor.Zeros(outChannels));
    }

    public Parameter Weight { get; }
    public Parameter? Bias { get; }

    public Tensor Forward(Tensor x)
    {
        var (O, I, K, _) = Weight.Shape;
        Tensor windows = Windows.Of(x, K, _stride, _padding);                        // [B, H', W', I, K * K]
        Tensor y = Tensor.Linear(windows.Flatten(-2), Weight.Value.Reshape(O, I * K * K), Bias?.Value);
        return y.Permute(0, 3, 1, 2);
    }
}

/// <summary>A convolution of each channel with a kernel of its own. [B, C, H, W] -> [B, C, H', W'].</summary>
public sealed partial class DepthwiseConv2d(int channels, int kernel, int stride = 1) : Module, IForward<Tensor, Tensor>
{
    public Parameter Weight { get; } = new(Init.KaimingUniform(Tensor.Empty([channels, 1, kernel, kernel]), Math.Sqrt(5)));
    public Parameter Bias { get; } = new(Tensor.Zeros(channels));

    public Tensor Forward(Tensor x)
    {
        Tensor windows = Windows.Of(x, kernel, stride, kernel / 2);                  // [B, H', W', C, K * K]
        Tensor y = (windows * Weight.Value.Flatten(1)).Sum(-1) + Bias;
        return y.Permute(0, 3, 1, 2);
    }
}

/// <summary>A one-dimensional convolution that looks back only. [B, In, T] -> [B, Out, T].</summary>
public sealed partial class CausalConv1d(int inChannels, int outChannels, int kernel, int dilation = 1) : Module, IForward<Tensor, Tensor>
{
    public Parameter Weight { get; } = new(Init.KaimingUniform(Tensor.Empty([outChannels, inChannels, kernel]), Math.Sqrt(5)));
    public Parameter Bias { get; } = new(Tensor.Zeros(outChannels));

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[2];
        Tensor padded = x.Pad([(kernel - 1) * dilation, 0]);
        Tensor y = Bias.Value.Unsqueeze(-1);
        for (int k = 0; k < kernel; k++) y = y + Weight.Value.Select(2, k).MatMul(padded.Narrow(2, k * dilation, T));
        return y;
    }
}

/// <summary>The windows of images, pooling and enlarging, by slices and shapes alone.</summary>
internal static class Windows
{
    /// <summary>[B, C, H, W] -> [B, H', W', C, K * K].</summary>
    public static Tensor Of(Tensor x, int kernel, int stride, int padding)
    {
        if (padding > 0) x = x.Pad([padding, padding, padding, padding]);
        int height = (x.Shape[2] - kernel) / stride + 1, width = (x.Shape[3] - kernel) / stride + 1;
        var parts = new Tensor[kernel * kernel];
        for (int i = 0; i < kernel; i++)
            for (int j = 0; j < kernel; j++)
                parts[i * kernel + j] = x.Narrow(2, i, height, stride).Narrow(3, j, width, stride);
        return Tensor.Stack(parts, -1).Permute(0, 2, 3, 1, 4);
    }

    /// <summary>The largest of each 2 by 2 places. [B, C, H, W] -> [B, C, H / 2, W / 2].</summary>
    public static Tensor MaxPool(Tensor x)
    {
        var (B, C, H, W) = x.Shape;
        return x.Reshape(B, C, H / 2, 2, W / 2, 2).Max([3, 5]);
    }

    /// <summary>Each place four times. [B, C, H, W] -> [B, C, 2 * H, 2 * W].</summary>
    public static Tensor Upsample(Tensor x)
    {
        var (B, C, H, W) = x.Shape;
        return x.Reshape(B, C, H, 1, W, 1).Expand(B, C, H, 2, W, 2).Reshape(B, C, 2 * H, 2 * W);
    }

    /// <summary>The mean over the places of an image. [B, C, H, W] -> [B, C].</summary>
    public static Tensor GlobalPool(Tensor x) => x.Mean([2, 3]);
}
