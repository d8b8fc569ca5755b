namespace Zoo.Tests.Twins;

/// <content>Norms, latents, diffusion, adversaries.</content>
internal static partial class AllTwins
{
    private static Twin[] GenerativeTwins =>
    [
        new("ObservationNormalizer", "count in a plain property", "BAL0001", "Count",
            ("public Buffer Count { get; } = new(Tensor.From(1e-4f)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };",
            "public Tensor Count { get; set; } = Tensor.From(1e-4f);"),
            ("Count.Value = total;", "Count = total;")),
        new("HandBatchNorm", "running mean in a plain field", "BAL0001", "_mean",
            ("public RunningStat MovingMean { get; }", "private Tensor _mean;"),
            ("MovingMean = new RunningStat(Tensor.Zeros(width));", "_mean = Tensor.Zeros(width);"),
            ("MovingMean.Value", "_mean"), ("MovingMean.Update(mean, Momentum)", "_mean = _mean * 0.9 + mean.Detach() * 0.1")),
        new("HandBatchNorm", "statistics behind an interface of the module's own", "BAL0006", "_statistics",
            ("public RunningStat MovingMean { get; }", "private readonly IStatistics _statistics;"),
            ("MovingMean = new RunningStat(Tensor.Zeros(width));", "_statistics = new Statistics(width);"),
            ("MovingMean.Value", "_statistics.Follow(x)"), ("MovingMean.Update(mean, Momentum);", ""))
        {
            More = """
                public interface IStatistics { Tensor Follow(Tensor x); }
                public sealed partial class Statistics(int width) : Module, IStatistics
                {
                    public RunningStat Mean { get; } = new(Tensor.Zeros(width));
                    public Tensor Follow(Tensor x) => Mean;
                }
                """,
        },
        new("BatchRenorm", "statistics in a list of buffers", "BAL0004", "_stats",
            ("public RunningStat RunningMean { get; } = new(Tensor.Zeros(width));",
            "private readonly List<RunningStat> _stats = [new(Tensor.Zeros(width))];"),
            ("RunningMean", "_stats[0]")),
        new("AdaptiveInstanceNorm", "the last style in a weak reference", "BAL0001", "_last",
            ("public Linear Style", "private readonly WeakReference<Tensor> _last = new(Tensor.Zeros(1));\n    public Linear Style"),
            ("return Norm", "_last.SetTarget(s_kept = style); return Norm"),
            ("public InstanceNorm2d Norm", "[Scratch(\"keeps the last style alive\")] private static Tensor? s_kept;\n    public "
                + "InstanceNorm2d Norm")),
        new("ActNorm", "flag in a plain tensor", "BAL0001", "_initialized",
            ("public Buffer Initialized { get; } = new(Tensor.From(0L));", "private readonly Tensor _initialized = Tensor.From(0L);"),
            ("Initialized.Value", "_initialized")),
        new("GroupNormBlock", "the standardised weight in a cache", "BAL0001", "_cache",
            ("public GroupNorm Norm", "private Tensor? _cache;\n    public GroupNorm Norm"),
            ("Tensor y = Tensor.Linear", "_cache = weight.Detach();\n        Tensor y = Tensor.Linear")),
        new("DynamicTanh", "a property made anew on each read", "BAL0008", "new(Tensor.Full([1], alpha))",
            ("public Parameter Alpha { get; } = new(Tensor.Full([1], alpha));",
                "public Parameter Alpha => new(Tensor.Full([1], alpha));")),
        new("WeightNormLinear", "a handle over another one's tensor", "BAL0011", "new(WeightV.Value)",
            ("Bias = new(Tensor.Zeros(outFeatures));", "Bias = new(Tensor.Zeros(outFeatures)); Again = new(WeightV.Value);"),
            ("public Parameter Bias { get; }", "public Parameter Bias { get; } public Buffer Again { get; }")),
        new("ParametrizedLinear", "the rule in an object", "BAL0006", "new WeightNorm()",
            ("public Linear Inner { get; }",
                "public Linear Inner { get; } private readonly object _rule = new WeightNorm();")) { StaysBehind = false },
        new("SpectralNormLinear", "vectors in plain fields", "BAL0001", "_u",
            ("public Buffer WeightU { get; }", "private Tensor _u;"),
            ("WeightU = new(Tensor.Ones(outFeatures).Normalize(axis: 0));", "_u = Tensor.Ones(outFeatures).Normalize(axis: 0);"),
            ("WeightU.Value =", "_u ="), ("MatMul(WeightU)", "MatMul(_u)"), ("(WeightU *", "(_u *")),
        new("SpectralNormLinear", "a new buffer over the old one", "BAL0010", "WeightU = new Buffer(",
            ("public Buffer WeightU { get; }", "public Buffer WeightU { get; private set; }"),
            ("WeightU.Value = WeightOrig.Value.MatMul(WeightV).Normalize(axis: 0);",
                "WeightU = new Buffer(WeightOrig.Value.MatMul(WeightV).Normalize(axis: 0));")),
        new("Vae", "a prior in a record struct", "BAL0001", "_prior",
            ("public Linear Encode", "private readonly Prior _prior = new(Tensor.Zeros(1), 1);\n    public Linear Encode"),
            ("log * 0.5).Exp()", "log * 0.5 + _prior.Mean).Exp()"))
        {
            More = "public readonly record struct Prior(Tensor Mean, double Scale);",
        },
        new("VectorQuantizer", "codebook in a plain property", "BAL0001", "Codebook",
            ("public Buffer Codebook { get; }", "public Tensor Codebook { get; private set; }"),
            ("Codebook = new(Tensor.Linspace(-1, 1, codes * width).Reshape(codes, width)) { DTypePolicy = "
                + "DTypePolicy.AtLeast(DType.Float32) };",
            "Codebook = Tensor.Linspace(-1, 1, codes * width).Reshape(codes, width);"),
            ("Codebook.Value", "Codebook"), ("Codebook.Assign(CodeSum / (ClusterSize.Value.Unsqueeze(1) + 1e-5))",
                "Codebook = CodeSum / (ClusterSize.Value.Unsqueeze(1) + 1e-5)")),
        new("GumbelSoftmax", "a buffer from chance", "BAL0015", "new(Tensor.Rand(1))",
            ("new(Tensor.From(1f))", "new(Tensor.Rand(1))")),
        new("MixtureDensity", "static layer", "BAL0004", "s_shared",
            ("private static readonly double s_half = 0.5 * Math.Log(2 * Math.PI);",
            "private static readonly double s_half = 0.5 * Math.Log(2 * Math.PI); private static readonly Linear s_shared = new(4, 4);"),
            ("Forward(x).Tanh(),", "Forward(x).Tanh(), g = s_shared.Forward(h),")),
        new("CouplingLayer", "mask made on the default device in Forward", "BAL0013", "Tensor.Arange(width)",
            ("public Buffer Mask { get; } = new((Tensor.Arange(width) % 2).Eq(even ? 0 : 1).ToFloat());", ""),
            ("Tensor[] parts = Net.Forward(x * Mask)",
                "Tensor mask = (Tensor.Arange(width) % 2).Eq(even ? 0 : 1).ToFloat();\n        Tensor[] parts = Net.Forward(x * mask)"),
            ("1 - Mask.Value", "1 - mask"), ("(x * Mask +", "(x * mask +")),
        new("RealNvp", "layers in a list of a base class", "BAL0004", "Layers",
            ("public ModuleList<CouplingLayer> Layers", "public IReadOnlyList<CouplingLayer> Layers"),
            ("new(Enumerable.Range(0, layers).Select(i => new CouplingLayer(width, hidden, i % 2 == 0)));",
            "[.. Enumerable.Range(0, layers).Select(i => new CouplingLayer(width, hidden, i % 2 == 0))];")),
        new("MaskedLinear", "mask not saved, without recipe", "BAL0009",
            "new(Tensor.Ones(outFeatures, inFeatures).Tril(-1), persistent: false)",
            ("persistent: true", "persistent: false")),
        new("MaskedLinear", "mask in a jagged array", "BAL0001", "_mask",
            ("public Buffer Mask { get; } = new(Tensor.Ones(outFeatures, inFeatures).Tril(-1), persistent: true);",
            "private readonly Tensor[][] _mask = [[Tensor.Ones(outFeatures, inFeatures).Tril(-1)]];"), ("* Mask", "* _mask[0][0]")),
        new("DiffusionSchedule", "tables in a dictionary", "BAL0001", "_tables",
            ("public Buffer Betas { get; }", "private readonly Dictionary<string, Tensor> _tables = [];"),
            ("Betas = Buffer.Derived(device => Table((beta, product) => beta, device));",
                "_tables[\"betas\"] = Table((beta, product) => beta, Device.Default);"),
            ("Betas.Value", "_tables[\"betas\"]")),
        new("DiffusionSchedule", "table made in a recipe outside", "BAL0007", "device => table.To(device)",
            ("Betas = Buffer.Derived(device => Table((beta, product) => beta, device));",
            "Tensor table = Table((beta, product) => beta, Device.Default); Betas = Buffer.Derived(device => table.To(device));"),
            ("var table = new float[steps];", "var values = new float[steps];"), ("table[t] =", "values[t] ="),
            ("Tensor.From(table)", "Tensor.From(values)")),
        new("TimestepEmbedding", "frequencies in a concurrent dictionary", "BAL0001", "_cache",
            ("private readonly int _half;", "private readonly int _half; private readonly "
                + "System.Collections.Concurrent.ConcurrentDictionary<int, Tensor> _cache = new();"),
            ("return Linear2", "_cache[0] = table.Detach(); return Linear2")),
        new("Denoiser", "schedule behind an abstract class", "BAL0006", "Schedule",
            ("public DiffusionSchedule Schedule { get; } = new(steps);",
                "public Schedule Schedule { get; } = new LinearSchedule(new(steps));"))
        {
            More = """
                public abstract class Schedule { public abstract Tensor Forward(Tensor x, Tensor noise, Tensor at); }
                public sealed class LinearSchedule(DiffusionSchedule inner) : Schedule
                {
                    public override Tensor Forward(Tensor x, Tensor noise, Tensor at) => inner.Forward(x, noise, at);
                }
                """,
        },
        new("GanGenerator", "noise of a fixed sample in a property with a field", "BAL0001", "FixedNoise",
            ("public Linear Project", "public Tensor FixedNoise { get => field ??= Tensor.Ones([1], device: Norm.Weight!.Device); "
                + "private set; }\n    public Linear Project"),
            ("Norm.Forward(Project.Forward(z)", "Norm.Forward(Project.Forward(z * FixedNoise)")),
        new("GanDiscriminator", "layers in a linked list", "BAL0004", "_extra",
            ("public Tensor Forward", "private readonly LinkedList<Module> _extra = new([new Linear(hidden, hidden)]);\n    public "
                + "Tensor Forward"),
            ("return x;", "return x * _extra.Count;")),
    ];
}
