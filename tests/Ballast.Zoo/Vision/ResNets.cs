namespace Zoo;

/// <summary>Two 3 by 3 convolutions around a shortcut, after ResNet-18. [B, In, H, W] -> [B, Out, H', W'].</summary>
public sealed partial class BasicBlock(int inChannels, int outChannels, int stride = 1) : Module, IForward<Tensor, Tensor>
{
    public Conv2d Conv1 { get; } = new(inChannels, outChannels, 3, stride, padding: 1, bias: false);
    public BatchNorm2d Bn1 { get; } = new(outChannels);
    public Conv2d Conv2 { get; } = new(outChannels, outChannels, 3, padding: 1, bias: false);
    public BatchNorm2d Bn2 { get; } = new(outChannels);
    public Sequential? Downsample { get; } = stride == 1 && inChannels == outChannels ? null
        : new(new Conv2d(inChannels, outChannels, 1, stride, bias: false), new BatchNorm2d(outChannels));

    public Tensor Forward(Tensor x)
    {
        Tensor y = Bn1.Forward(Conv1.Forward(x)).Relu();
        y = Bn2.Forward(Conv2.Forward(y));
        return (y + (Downsample?.Forward(x) ?? x)).Relu();
    }
}

/// <summary>A narrow 3 by 3 convolution between two of 1 by 1, after ResNet-50. [B, In, H, W] -> [B, 4 * Width, H, W].</summary>
public sealed partial class Bottleneck : Module, IForward<Tensor, Tensor>
{
    private const int Expansion = 4;

    public Bottleneck(int inChannels, int width)
    {
        Reduce = new(inChannels, width, 1, bias: false);
        ReduceNorm = new(width);
        Middle = new(width, width, 3, padding: 1, bias: false);
        MiddleNorm = new(width);
        Expand = new(width, Expansion * width, 1, bias: false);
        ExpandNorm = new(Expansion * width);
        if (inChannels != Expansion * width) Shortcut = new(inChannels, Expansion * width, 1, bias: false);
    }

    public Conv2d Reduce { get; }
    public BatchNorm2d ReduceNorm { get; }
    public Conv2d Middle { get; }
    public BatchNorm2d MiddleNorm { get; }
    public Conv2d Expand { get; }
    public BatchNorm2d ExpandNorm { get; }
    public Conv2d? Shortcut { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor y = ReduceNorm.Forward(Reduce.Forward(x)).Relu();
        y = MiddleNorm.Forward(Middle.Forward(y)).Relu();
        y = ExpandNorm.Forward(Expand.Forward(y));
        return (y + (Shortcut is null ? x : Shortcut.Forward(x))).Relu();
    }
}

/// <summary>A stem, a list of blocks and a head. [B, 3, H, W] -> [B, Classes].</summary>
public sealed partial class TinyResNet : Module, IForward<Tensor, Tensor>
{
    public TinyResNet(int[] widths, int classes)
    {
        Stem = new(3, widths[0], 3, padding: 1, bias: false);
        Norm = new(widths[0]);
        for (int i = 0; i < widths.Length; i++) Layers.Add(new BasicBlock(widths[Math.Max(i - 1, 0)], widths[i], i == 0 ? 1 : 2));
        Head = new(widths[^1], classes);
    }

    public Conv2d Stem { get; }
    public BatchNorm2d Norm { get; }
    public ModuleList<BasicBlock> Layers { get; } = [];

    [StateName("fc")]
    public Linear Head { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor y = Norm.Forward(Stem.Forward(x)).Relu();
        foreach (BasicBlock layer in Layers) y = layer.Forward(y);
        return Head.Forward(Windows.GlobalPool(y));
    }
}

/// <summary>Every layer reads all before it, after DenseNet. [B, C, H, W] -> [B, C + n * Growth, H, W].</summary>
public sealed partial class DenseBlock(int channels, int growth, int layers) : Module, IForward<Tensor, Tensor>
{
    public ModuleList<Conv2d> Convs { get; } =
        new(Enumerable.Range(0, layers).Select(i => new Conv2d(channels + i * growth, growth, 3, padding: 1)));

    public ModuleList<BatchNorm2d> Norms { get; } =
        new(Enumerable.Range(0, layers).Select(i => new BatchNorm2d(channels + i * growth)));

    public Tensor Forward(Tensor x)
    {
        foreach ((Conv2d conv, BatchNorm2d norm) in Convs.Zip(Norms)) x = Tensor.Cat([x, conv.Forward(norm.Forward(x).Relu())], 1);
        return x;
    }
}

/// <summary>Expand, filter each channel, narrow again, after MobileNetV2. [B, C, H, W] -> [B, C, H, W].</summary>
public sealed partial class InvertedResidual(int channels, int expansion) : Module, IForward<Tensor, Tensor>
{
    public Conv2d Expand { get; } = new(channels, channels * expansion, 1, bias: false);
    public BatchNorm2d Norm1 { get; } = new(channels * expansion);
    public DepthwiseConv2d Filter { get; } = new(channels * expansion, 3);
    public BatchNorm2d Norm2 { get; } = new(channels * expansion);
    public Conv2d Narrow { get; } = new(channels * expansion, channels, 1, bias: false);

    public Tensor Forward(Tensor x)
    {
        Tensor y = Norm1.Forward(Expand.Forward(x)).Clamp(0, 6);
        y = Norm2.Forward(Filter.Forward(y)).Clamp(0, 6);
        return x + Narrow.Forward(y);
    }
}
