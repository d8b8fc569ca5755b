namespace Zoo.Tests.Twins;

/// <content>Sequences.</content>
internal static partial class AllTwins
{
    private static Twin[] SequenceTwins =>
    [
        new("EncoderLayer", "norms in an array", "BAL0004", "_norms",
            ("public LayerNorm Norm1 { get; } = new(width);", "private readonly LayerNorm[] _norms = [new(width), new(width)];"),
            ("public LayerNorm Norm2 { get; } = new(width);", ""), ("Norm1.Forward", "_norms[0].Forward"), ("Norm2.Forward", "_norms[1].Forward")),
        new("DecoderLayer", "feed-forward net in a record", "BAL0004", "_sub",
            ("public FeedForward Feed { get; } = new(width, hidden);", "private readonly Sub _sub = new(new FeedForward(width, hidden), 1);"),
            ("Feed.Forward", "_sub.Net.Forward"))
        {
            More = "public sealed record Sub(DecoderLayer.FeedForward Net, int Order);",
        },
        new("TranslationModel", "layers in an enumerable", "BAL0004", "Encoder",
            ("public ModuleList<EncoderLayer> Encoder { get; }", "public IEnumerable<EncoderLayer> Encoder { get; }"),
            ("Encoder = new(Enumerable.Range(0, layers).Select(_ => new EncoderLayer(width, heads: 2, hidden: width)));",
            "Encoder = Enumerable.Range(0, layers).Select(_ => new EncoderLayer(width, heads: 2, hidden: width)).ToList();")),
        new("TranslationModel", "head tied by the tensor", "BAL0011", "new Parameter(Words.Weight.Value)",
            ("Generator = new(Words.Weight);", "Generator = new(new Parameter(Words.Weight.Value));")),
        new("PerceiverBlock", "latents in a captured parameter", "BAL0001", "start",
            ("(int inFeatures, int latents, int width)", "(int inFeatures, int latents, int width, Tensor start)"),
            ("public Parameter Latents { get; } = new(Tensor.Rand(1, latents, width) - 0.5);", ""), ("Latents.Value", "start"),
            ("new PerceiverBlock(3, latents: 2, width: 4)", "new PerceiverBlock(3, latents: 2, width: 4, Tensor.Zeros(1, 2, 4))")),
        new("MixtureOfExperts", "experts in a list", "BAL0004", "Experts",
            ("public ModuleList<GatedFeedForward> Experts { get; } = [];", "public List<GatedFeedForward> Experts { get; } = [];")),
        new("MixtureOfExperts", "experts in an array of delegates", "BAL0007", "expert.Forward",
            ("public ModuleList<GatedFeedForward> Experts { get; } = [];", "private readonly List<Func<Tensor, Tensor>> _experts = [];"),
            ("Experts.Add(new GatedFeedForward(width, hidden));", "{ var expert = new GatedFeedForward(width, hidden); _experts.Add(expert.Forward); }"),
            ("Experts.Count", "_experts.Count"), ("Experts[i].Forward(x)", "_experts[i](x)")),
        new("MixtureOfExperts", "load in a plain property", "BAL0001", "ExpertLoad",
            ("public RunningStat ExpertLoad { get; }", "public Tensor ExpertLoad { get; private set; }"),
            ("ExpertLoad = new RunningStat(Tensor.Full([experts], 1.0 / experts));", "ExpertLoad = Tensor.Full([experts], 1.0 / experts);"),
            ("ExpertLoad.Update(gates.Mean(0), 0.1)", "ExpertLoad = ExpertLoad * 0.9 + gates.Mean(0).Detach() * 0.1")),
        new("GatedFeedForward", "layer in a generic box", "BAL0004", "W3",
            ("public Linear W3 { get; } = new(width, hidden, bias: false);", "public Box<Linear> W3 { get; } = new(new(width, hidden, bias: false));"),
            ("W3.Forward", "W3.Value.Forward"))
        {
            More = "public sealed class Box<T>(T value) { public T Value { get; } = value; }",
        },
        new("TimeMix", "last step kept between calls", "BAL0001", "_last",
            ("public Linear Output", "private Tensor? _last;\n    public Linear Output"), ("return Output", "_last = sum.Detach();\n        return Output")),
        new("TimeMix", "last steps in an inline class", "BAL0001", "_state",
            ("public Linear Output", "private readonly State _state = new();\n    public Linear Output"), ("return Output", "_state.Sum = sum.Detach();\n        return Output"))
        {
            More = "public sealed class State { public Tensor? Sum; }",
        },
        new("DiagonalStateSpace", "rates in a plain field", "BAL0001", "_hippo",
            ("public Buffer Hippo { get; }", "private readonly Tensor _hippo;"),
            ("Hippo = Buffer.Derived(device => -(Tensor.Arange(states, device: device).ToFloat() + 0.5));", "_hippo = -(Tensor.Arange(states).ToFloat() + 0.5);"),
            ("Hippo.Value", "_hippo")),
        new("DiagonalStateSpace", "first state on the default device", "BAL0013", "Tensor.Zeros(",
            ("Tensor.Zeros([x.Shape[0], .. RateScale.Shape], x.DType, x.Device)", "Tensor.Zeros([x.Shape[0], .. RateScale.Shape], x.DType)")),
        new("SelectiveStateSpace", "convolution behind an interface", "BAL0006", "Conv",
            ("public CausalConv1d Conv { get; }", "public IForward<Tensor, Tensor> Conv { get; }"),
            ("Conv = new(width, width, kernel: 2);", "Conv = new CausalConv1d(width, width, kernel: 2);")),
        new("SelectiveStateSpace", "cache in a stack", "BAL0001", "_states",
            ("public Linear OutProj { get; }", "public Linear OutProj { get; } private readonly Stack<Tensor> _states = new();"),
            ("return OutProj", "_states.Push(h.Detach());\n        return OutProj")),
        new("TemporalConvolution", "levels in a read-only list", "BAL0004", "Levels",
            ("public ModuleList<CausalConv1d> Levels { get; } =", "public IReadOnlyList<CausalConv1d> Levels { get; } ="),
            ("new(Enumerable.Range(0, levels).Select(i => new CausalConv1d(channels, channels, 2, 1 << i)));",
            "[.. Enumerable.Range(0, levels).Select(i => new CausalConv1d(channels, channels, 2, 1 << i))];")),
        new("CrfTagger", "transitions as a plain tensor", "BAL0001", "_transitions",
            ("public Parameter Transitions { get; } = new(Tensor.Rand(tags, tags) - 0.5);", "private readonly Tensor _transitions = Tensor.Rand(tags, tags) - 0.5;"),
            ("+ Transitions)", "+ _transitions)")),
        new("CrfTagger", "transitions in a dynamic member", "BAL0006", "new Parameter(Tensor.Rand(tags, tags) - 0.5)",
            ("public Parameter Transitions { get; } = new(Tensor.Rand(tags, tags) - 0.5);", "private readonly dynamic _transitions = new Parameter(Tensor.Rand(tags, tags) - 0.5);"),
            ("+ Transitions)", "+ (Parameter)(object)_transitions)")),
    ];
}
