namespace Zoo;

/// <summary>Two levels down and up with a bridge, after U-Net (2015). [B, In, H, W] -> [B, Out, H, W].</summary>
public sealed partial class UNet(int inChannels, int outChannels, int width) : Module, IForward<Tensor, Tensor>
{
    public Block Down1 { get; } = new(inChannels, width);
    public Block Down2 { get; } = new(width, 2 * width);
    public Block Middle { get; } = new(2 * width, 2 * width);
    public Block Up2 { get; } = new(4 * width, width);
    public Block Up1 { get; } = new(2 * width, width);
    public Conv2d Out { get; } = new(width, outChannels, 1);

    public Tensor Forward(Tensor x)
    {
        Tensor fine = Down1.Forward(x), coarse = Down2.Forward(Windows.MaxPool(fine));
        Tensor y = Windows.Upsample(Middle.Forward(Windows.MaxPool(coarse)));
        y = Up2.Forward(Tensor.Cat([y, coarse], 1));
        y = Up1.Forward(Tensor.Cat([Windows.Upsample(y), fine], 1));
        return Out.Forward(y);
    }

    /// <summary>A convolution, a norm, a bend.</summary>
    public sealed partial class Block(int inChannels, int outChannels) : Module, IForward<Tensor, Tensor>
    {
        public Conv2d Conv { get; } = new(inChannels, outChannels, 3, padding: 1);
        public GroupNorm Norm { get; } = new(1, outChannels);

        public Tensor Forward(Tensor x) => Norm.Forward(Conv.Forward(x)).Silu();
    }
}

/// <summary>Patches, a class token and learned positions, after ViT (2020). [B, 3, H, W] -> [B, 1 + N, C].</summary>
public sealed partial class PatchEmbedding : Module, IForward<Tensor, Tensor>
{
    public PatchEmbedding(int imageSize, int patch, int width)
    {
        Proj = new(3, width, patch, stride: patch);
        int count = imageSize / patch * (imageSize / patch);
        ClsToken = new(Tensor.Zeros(1, 1, width));
        PosEmbed = new(Init.Normal(Tensor.Empty([1, count + 1, width]), deviation: 0.02));
    }

    public Conv2d Proj { get; }
    public Parameter ClsToken { get; }
    public Parameter PosEmbed { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor patches = Proj.Forward(x).Flatten(2).Transpose(1, 2);                 // [B, N, C]
        var (B, _, C) = patches.Shape;
        return Tensor.Cat([ClsToken.Value.Expand(B, 1, C), patches], 1) + PosEmbed;
    }
}

/// <summary>Mixing over places, then over channels, after MLP-Mixer (2021). [B, N, C] -> [B, N, C].</summary>
public sealed partial class MixerBlock(int places, int width, int hidden) : Module, IForward<Tensor, Tensor>
{
    public LayerNorm Norm1 { get; } = new(width);
    public Sequential TokenMixing { get; } = new(new Linear(places, hidden), new GELU(), new Linear(hidden, places));
    public LayerNorm Norm2 { get; } = new(width);
    public Sequential ChannelMixing { get; } = new(new Linear(width, hidden), new GELU(), new Linear(hidden, width));

    public Tensor Forward(Tensor x)
    {
        x = x + TokenMixing.Forward(Norm1.Forward(x).T).T;
        return x + ChannelMixing.Forward(Norm2.Forward(x));
    }
}

/// <summary>A wide filter, a norm over channels, a layer scale, after ConvNeXt (2022). [B, C, H, W] -> [B, C, H, W].</summary>
public sealed partial class ConvNeXtBlock(int channels, double layerScale = 1e-2) : Module, IForward<Tensor, Tensor>
{
    public DepthwiseConv2d DwConv { get; } = new(channels, 3);
    public LayerNorm Norm { get; } = new(channels, eps: 1e-6);
    public Linear PwConv1 { get; } = new(channels, 4 * channels);
    public Linear PwConv2 { get; } = new(4 * channels, channels);
    public Parameter Gamma { get; } = new(Tensor.Full([channels], layerScale));

    public Tensor Forward(Tensor x)
    {
        Tensor y = Norm.Forward(DwConv.Forward(x).Permute(0, 2, 3, 1));
        y = PwConv2.Forward(PwConv1.Forward(y).Gelu()) * Gamma;
        return x + y.Permute(0, 3, 1, 2);
    }
}

/// <summary>Channels weighed by what the whole image holds, after SENet (2017). [B, C, H, W] -> [B, C, H, W].</summary>
public sealed partial class SqueezeExcite(int channels, int reduction) : Module, IForward<Tensor, Tensor>
{
    public Linear Squeeze { get; } = new(channels, channels / reduction);
    public Linear Excite { get; } = new(channels / reduction, channels);

    public Tensor Forward(Tensor x)
    {
        Tensor gates = Excite.Forward(Squeeze.Forward(Windows.GlobalPool(x)).Silu()).Sigmoid();
        return x * gates.Unsqueeze(-1).Unsqueeze(-1);
    }
}

/// <summary>A plain stack built from a list of widths, after VGG (2014). [B, 3, H, W] -> [B, Classes].</summary>
public sealed partial class VggLike : Module, IForward<Tensor, Tensor>
{
    public VggLike(int[] widths, int classes)
    {
        var layers = new List<IForward<Tensor, Tensor>>();
        int channels = 3;
        foreach (int width in widths)
        {
            layers.AddRange([new Conv2d(channels, width, 3, padding: 1), new ReLU(), new Pool()]);
            channels = width;
        }
        Features = new(layers);
        Classifier = new(new Linear(channels, 2 * channels), new ReLU(), new Dropout(0.5), new Linear(2 * channels, classes));
    }

    public Sequential Features { get; }
    public Sequential Classifier { get; }

    public Tensor Forward(Tensor x) => Classifier.Forward(Windows.GlobalPool(Features.Forward(x)));

    /// <summary>A layer without state.</summary>
    public sealed partial class Pool : Module, IForward<Tensor, Tensor>
    {
        public Tensor Forward(Tensor x) => Windows.MaxPool(x);
    }
}

/// <summary>Images brought to the mean and deviation of a data set, after torchvision's models. [B, 3, H, W] -> [B, 3, H, W].</summary>
public sealed partial class NormalizedInput : Module, IForward<Tensor, Tensor>
{
    public Buffer Mean { get; } = new(Tensor.From([0.485f, 0.456f, 0.406f]).Reshape(1, 3, 1, 1));
    public Buffer Std { get; } = new(Tensor.From([0.229f, 0.224f, 0.225f]).Reshape(1, 3, 1, 1));
    public Conv2d Backbone { get; } = new(3, 2, 3);

    public Tensor Forward(Tensor x) => Backbone.Forward((x - Mean) / Std);
}

/// <summary>Coordinates as two more channels, after CoordConv (2018). [B, C, H, W] -> [B, Out, H, W].</summary>
public sealed partial class CoordConv(int inChannels, int outChannels, int size) : Module, IForward<Tensor, Tensor>
{
    public Conv2d Conv { get; } = new(inChannels + 2, outChannels, 1);

    public Buffer Grid { get; } = Buffer.Derived(device =>
    {
        Tensor line = Tensor.Linspace(-1, 1, size, device: device);
        return Tensor.Stack([line.Unsqueeze(1).Expand(size, size), line.Unsqueeze(0).Expand(size, size)]);
    }, keepDType: false);

    public Tensor Forward(Tensor x) =>
        Conv.Forward(Tensor.Cat([x, Grid.Value.Unsqueeze(0).Expand(x.Shape[0], 2, size, size)], 1));
}
