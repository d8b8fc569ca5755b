namespace Zoo.Tests.Twins;

/// <content>Fields, graphs and others.</content>
internal static partial class AllTwins
{
    private static Twin[] FieldTwins =>
    [
        new("RadianceField", "frequencies in a plain property", "BAL0001", "Frequencies",
            ("public Buffer Frequencies { get; }", "public Tensor Frequencies { get; }"),
            ("""
            Frequencies = Buffer.Derived(
                        device => Tensor.From(2f, device).Pow(Tensor.Arange(frequencies, device: device).ToFloat()), keepDType: false);
            """, "Frequencies = Tensor.From(2f).Pow(Tensor.Arange(frequencies).ToFloat());")),
        new("FourierFeatures", "waves given by the caller, in a field", "BAL0001", "_waves",
            ("public Buffer B { get; }", "public Buffer B { get; } private readonly Tensor _waves;"),
            ("B = new(waves.Clone());", "B = new(Tensor.Ones(2, 4)); _waves = waves;"),
            ("x.MatMul(B)", "x.MatMul(_waves)")),
        new("Siren", "layers in a list", "BAL0004", "Net", ("public ModuleList<Linear> Net { get; }", "public List<Linear> Net { get; }")),
        new("DeepSets", "network rebuilt on each read", "BAL0008", "new(", ("public Sequential Phi { get; } = new(",
            "public Sequential Phi => new(")),
        new("GraphConvolution", "adjacency in an array", "BAL0001", "_adjacency",
            ("public Buffer Adjacency { get; }", "private readonly Tensor[] _adjacency;"),
            ("Adjacency = new(degree.Unsqueeze(1) * adjacency * degree);", "_adjacency = [degree.Unsqueeze(1) * adjacency * degree];"),
            ("Adjacency.Value", "_adjacency[0]")),
        new("GraphConvolution", "adjacency captured by a lambda", "BAL0007", "h => normal.MatMul(h)",
            ("public Buffer Adjacency { get; }", "private readonly Func<Tensor, Tensor> _spread;"),
            ("Adjacency = new(degree.Unsqueeze(1) * adjacency * degree);",
                "Tensor normal = degree.Unsqueeze(1) * adjacency * degree; _spread = h => normal.MatMul(h);"),
            ("Adjacency.Value.MatMul(Layer.Forward(x))", "_spread(Layer.Forward(x))")),
        new("GraphAttention", "last scores in a sorted list", "BAL0001", "_scores",
            ("public Parameter AttTarget", "private readonly SortedList<int, Tensor> _scores = [];\n    public Parameter AttTarget"),
            ("return scores", "_scores[0] = scores.Detach();\n        return scores")),
        new("OdeBlock", "times in a plain field", "BAL0001", "_times",
            ("public Buffer Times { get; } = Buffer.Derived(device => Tensor.Linspace(0, 1, steps + 1, device: device), keepDType: "
                + "false);",
            "private readonly Tensor _times = Tensor.Linspace(0, 1, steps + 1);"), ("Times[", "_times[")),
        new("Capsules", "first logits on the default device", "BAL0013", "Tensor.Zeros(x.Shape[0], inputs, outputs)",
            ("Tensor.Zeros([x.Shape[0], inputs, outputs], x.DType, x.Device)", "Tensor.Zeros(x.Shape[0], inputs, outputs)")),
        new("DropPath", "keep mask on the default device", "BAL0013", "Tensor.Full(",
            ("Tensor.Full([x.Shape[0], 1], 1 - rate, x.DType, x.Device)", "Tensor.Full([x.Shape[0], 1], 1 - rate, x.DType)")),
        new("NoisyNet", "layer made in Forward", "BAL0012", "new Linear(width, width)",
            ("public Linear Second { get; } = new(width, width);", ""), ("Second.Forward(h)", "new Linear(width, width).Forward(h)")),
        new("NoisyLinear", "noise in a plain property", "BAL0001", "WeightEpsilon",
            ("public Buffer WeightEpsilon { get; }", "public Tensor WeightEpsilon { get; }"),
            ("WeightEpsilon = new(Tensor.Zeros(outFeatures, inFeatures));", "WeightEpsilon = Tensor.Zeros(outFeatures, inFeatures);"),
            ("WeightEpsilon.Value", "WeightEpsilon")),
        new("NoisyLinear", "a buffer from chance", "BAL0015", "new(Tensor.RandN(outFeatures, inFeatures))",
            ("WeightEpsilon = new(Tensor.Zeros(outFeatures, inFeatures));",
                "WeightEpsilon = new(Tensor.RandN(outFeatures, inFeatures));")),
        new("Maxout", "pieces in a list", "BAL0004", "_pieces",
            ("private readonly ModuleList<Linear> _pieces = new(Enumerable.Range(0, pieces).Select(_ => new Linear(inFeatures, "
                + "outFeatures)));",
            "private readonly List<Linear> _pieces = [.. Enumerable.Range(0, pieces).Select(_ => new Linear(inFeatures, outFeatures))];")),
        new("Maxout", "pieces in an untyped list", "BAL0006", "new Linear(inFeatures, outFeatures)",
            ("private readonly ModuleList<Linear> _pieces = new(Enumerable.Range(0, pieces).Select(_ => new Linear(inFeatures, "
                + "outFeatures)));",
            "private readonly System.Collections.ArrayList _pieces = new() { new Linear(inFeatures, outFeatures) };"),
            ("[.. _pieces.Select(piece => piece.Forward(x))]", "[.. _pieces.Cast<Linear>().Select(piece => piece.Forward(x))]")),
        new("SplineLayer", "grid in a memory", "BAL0001", "_grid",
            ("public Buffer Grid { get; } = new(Tensor.Linspace(-1, 1, knots));",
                "private readonly Memory<Tensor> _grid = new[] { Tensor.Linspace(-1, 1, knots) };"),
            ("- Grid)", "- _grid.Span[0])")),
        new("SplineLayer", "grid not saved, without recipe", "BAL0009", "new(Tensor.Linspace(-1, 1, knots), persistent: false)",
            ("new(Tensor.Linspace(-1, 1, knots))", "new(Tensor.Linspace(-1, 1, knots), persistent: false)")),
        new("HopfieldMemory", "memories in a list of buffers", "BAL0004", "Memories",
            ("public BufferList Memories { get; } = new(Enumerable.Range(0, patterns).Select(i => new Buffer(Tensor.Eye(patterns, "
                + "width)[i])));",
            "public List<Buffer> Memories { get; } = [.. Enumerable.Range(0, patterns).Select(i => new Buffer(Tensor.Eye(patterns, "
                + "width)[i]))];")),
        new("HopfieldMemory", "memories in a class of tensors", "BAL0001", "Memories",
            ("public BufferList Memories { get; } = new(Enumerable.Range(0, patterns).Select(i => new Buffer(Tensor.Eye(patterns, "
                + "width)[i])));",
            "public Bank Memories { get; } = new(Tensor.Eye(patterns, width));"),
            ("Memories.Select(m => m.Value)", "Memories"))
        {
            More = "public sealed class Bank(Tensor rows) : List<Tensor>([rows[0], rows[1], rows[2]]);",
        },
        new("FeatureScaler", "moments in a dictionary of tuples", "BAL0001", "Moments",
            ("public BufferDictionary Moments { get; } = [];",
                "public Dictionary<string, (Tensor Mean, Tensor Deviation)> Moments { get; } = [];"),
            ("Moments.Add(name, Tensor.From([mean, deviation]));", "Moments.Add(name, (Tensor.From(mean), Tensor.From(deviation)));"),
            ("Buffer moments", "(Tensor, Tensor) moments"), ("moments[0]", "moments.Item1"), ("moments[1]", "moments.Item2")),
        new("WeightedEnsemble", "weights in a static list", "BAL0001", "s_weights",
            ("public Parameter Weights { get; } = new(Tensor.Zeros(2));",
                "private static readonly List<Tensor> s_weights = [Tensor.Zeros(2)];"),
            ("Weights.Value", "s_weights[0]")),
        new("WeightedEnsemble", "not partial", "BAL0002", "WeightedEnsemble",
            ("public sealed partial class WeightedEnsemble", "public sealed class WeightedEnsemble")) { Compiles = false },
    ];
}
