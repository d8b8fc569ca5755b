namespace Zoo.Tests.Twins;

/// <content>Images.</content>
internal static partial class AllTwins
{
    private static Twin[] VisionTwins =>
    [
        new("BasicBlock", "shortcut behind an interface", "BAL0006", "Downsample",
            ("public Sequential? Downsample", "public IForward<Tensor, Tensor>? Downsample"),
            (": new(new Conv2d", ": new Sequential(new Conv2d")),
        new("Bottleneck", "not partial", "BAL0002", "Bottleneck", ("sealed partial class Bottleneck", "sealed class Bottleneck"))
        {
            Compiles = false,
        },
        new("TinyResNet", "layers in a list", "BAL0004", "Layers",
            ("public ModuleList<BasicBlock> Layers { get; } = [];", "public List<BasicBlock> Layers { get; } = [];")),
        new("TinyResNet", "layers in a sorted dictionary", "BAL0004", "_layers",
            ("public ModuleList<BasicBlock> Layers { get; } = [];", "private readonly SortedDictionary<int, BasicBlock> _layers = [];"),
            ("Layers.Add(new BasicBlock(widths[Math.Max(i - 1, 0)], widths[i], i == 0 ? 1 : 2));",
            "_layers[i] = new BasicBlock(widths[Math.Max(i - 1, 0)], widths[i], i == 0 ? 1 : 2);"),
            ("in Layers)", "in _layers.Values)")),
        new("DenseBlock", "layers in an array", "BAL0004", "Norms",
            ("public ModuleList<BatchNorm2d> Norms { get; } =", "public BatchNorm2d[] Norms { get; } ="),
            ("new(Enumerable.Range(0, layers).Select(i => new BatchNorm2d(channels + i * growth)));",
            "[.. Enumerable.Range(0, layers).Select(i => new BatchNorm2d(channels + i * growth))];")),
        new("InvertedResidual", "pairs of layers in a list", "BAL0004", "_stages",
            ("public Conv2d Narrow { get; } = new(channels * expansion, channels, 1, bias: false);",
            "private readonly List<(Conv2d Conv, double Scale)> _stages = [(new(channels * expansion, channels, 1, bias: false), 1.0)];"),
            ("Narrow.Forward(y)", "_stages[0].Conv.Forward(y) * _stages[0].Scale")),
        new("UNet", "inner class not partial", "BAL0002", "Block", ("sealed partial class Block",
            "sealed class Block")) { Compiles = false },
        new("UNet", "containing class not partial", "BAL0002", "UNet", ("public sealed partial class UNet", "public sealed class UNet"))
        {
            Also = "Block",
            Compiles = false,
        },
        new("PatchEmbedding", "parameters in an array", "BAL0004", "_learned",
            ("public Parameter ClsToken { get; }", ""), ("public Parameter PosEmbed { get; }", "private readonly Parameter[] _learned;"),
            ("ClsToken = new(Tensor.Zeros(1, 1, width));", ""),
            ("PosEmbed = new(Init", "_learned = [new(Tensor.Zeros(1, 1, width)), new(Init"), ("deviation: 0.02));", "deviation: 0.02))];"),
            ("ClsToken.Value", "_learned[0].Value"), ("+ PosEmbed;", "+ _learned[1];")),
        new("MixerBlock", "turned weights in an immutable array", "BAL0001", "_mixing",
            ("public LayerNorm Norm2 { get; } = new(width);",
            """
            public LayerNorm Norm2 { get; } = new(width);
            private readonly System.Collections.Immutable.ImmutableArray<Tensor> _mixing = [Tensor.Eye(width)];
            """),
            ("Norm2.Forward(x)", "Norm2.Forward(x.MatMul(_mixing[0]))")),
        new("ConvNeXtBlock", "a plain tensor that was to be learned", "BAL0001", "_gamma",
            ("public Parameter Gamma { get; } = new(Tensor.Full([channels], layerScale));",
            "private readonly Tensor _gamma = Tensor.Full([channels], layerScale).WithGrad();"),
            ("* Gamma", "* _gamma")),
        new("SqueezeExcite", "a class that holds layers", "BAL0004", "_gate",
            ("public Linear Squeeze { get; } = new(channels, channels / reduction);",
                "private readonly Gate _gate = new(channels, channels / reduction);"),
            ("Squeeze.Forward", "_gate.Squeeze.Forward"))
        {
            More = "public sealed class Gate(int wide, int narrow) { public Linear Squeeze { get; } = new(wide, narrow); }",
        },
        new("VggLike", "layers in a list of interfaces", "BAL0006", "_features",
            ("public Sequential Features { get; }", "private readonly List<IForward<Tensor, Tensor>> _features;"),
            ("Features = new(layers);", "_features = layers;"),
            ("Features.Forward(x)", "_features.Aggregate(x, (y, layer) => layer.Forward(y))")),
        new("VggLike", "layers in an array of objects", "BAL0006", "new Linear(channels, channels)",
            ("public Sequential Classifier { get; }", "public Sequential Classifier { get; } private readonly object[] _extra;"),
            ("Features = new(layers);", "Features = new(layers); _extra = [new Linear(channels, channels)];"),
            ("Windows.GlobalPool(Features.Forward(x))", "((Linear)_extra[0]).Forward(Windows.GlobalPool(Features.Forward(x)))")),
        new("NormalizedInput", "statistics in a tuple", "BAL0001", "_statistics",
            ("public Buffer Mean { get; } = new(Tensor.From([0.485f, 0.456f, 0.406f]).Reshape(1, 3, 1, 1));",
            "private readonly (Tensor Mean, Tensor Std) _statistics = (Tensor.Full([1, 3, 1, 1], 0.5), Tensor.Full([1, 3, 1, 1], 0.2));"),
            ("public Buffer Std { get; } = new(Tensor.From([0.229f, 0.224f, 0.225f]).Reshape(1, 3, 1, 1));", ""),
            ("(x - Mean) / Std", "(x - _statistics.Mean) / _statistics.Std")),
        new("NormalizedInput", "static array of tensors", "BAL0001", "s_statistics",
            ("public Buffer Mean { get; } = new(Tensor.From([0.485f, 0.456f, 0.406f]).Reshape(1, 3, 1, 1));",
            "private static readonly Tensor[] s_statistics = [Tensor.Full([1, 3, 1, 1], 0.5), Tensor.Full([1, 3, 1, 1], 0.2)];"),
            ("public Buffer Std { get; } = new(Tensor.From([0.229f, 0.224f, 0.225f]).Reshape(1, 3, 1, 1));", ""),
            ("(x - Mean) / Std", "(x - s_statistics[0]) / s_statistics[1]")),
        new("CoordConv", "lazy grid", "BAL0001", "_grid",
            ("public Buffer Grid { get; } = Buffer.Derived(device =>", "private readonly Lazy<Tensor> _grid = new(() =>"),
            ("Tensor.Linspace(-1, 1, size, device: device)", "Tensor.Linspace(-1, 1, size)"),
            ("}, keepDType: false);", "});"), ("Grid.Value", "_grid.Value")),
    ];
}
