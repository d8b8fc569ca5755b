namespace Zoo.Tests.Twins;

/// <content>Mistakes around a module rather than in what it holds, and variants that look like mistakes and are none.</content>
internal static partial class AllTwins
{
    private static Twin[] UsageTwins =>
    [
        new("Highway", "loss read in every step", "BAL0014", "loss.Item()",
            ("public Tensor Forward", Training("float total = 0;", "total += loss.Item();") + "public Tensor Forward")),
        new("OdeBlock", "weights copied to the host in every step", "BAL0014", "Out.Weight.Value.ToArray<float>()",
            ("public Tensor Forward", Training("float[]? last = null;",
                "last = Out.Weight.Value.ToArray<float>();") + "public Tensor Forward")),
        new("DynamicTanh", "loss written in every step", "BAL0014", "{loss}",
            ("public Tensor Forward", Training("", "Console.WriteLine($\"loss {loss}\");") + "public Tensor Forward")),
        new("Siren", "a migration without a version", "BAL0005", "FromFirst",
            ("public Tensor Forward", "[MigratesFrom(1)] private static void FromFirst(StateMigration state) => state.Rename(\"a\", "
                + "\"b\");\n    public Tensor Forward")),
        new("LoraLinear", "a version with a migration from a later one", "BAL0005", "FromThird",
            ("public sealed partial class LoraLinear", "[StateVersion(2)]\npublic sealed partial class LoraLinear"),
            ("public double Scaling { get; }", "public double Scaling { get; } [MigratesFrom(1)] private static void "
                + "FromFirst(StateMigration state) => state.Rename(\"a\", \"b\"); [MigratesFrom(3)] private static void "
                + "FromThird(StateMigration state) { }")),
        new("Gru", "first state made of a buffer in Forward", "BAL0012", "new Buffer(",
            ("Tensor h = Tensor.Zeros([x.Shape[0], width], x.DType, x.Device);",
                "Tensor h = new Buffer(Tensor.Zeros([x.Shape[0], width], x.DType, x.Device)).Value;")),
        new("CrossAttention", "a second handle put over a weight's member", "BAL0010", "Temperature = new Parameter(",
            ("public Tensor Forward", "public Parameter Temperature { get; private set; } = new(Tensor.Ones(1));\n"
                + "    public void Heat(double by) => Temperature = new Parameter(Temperature.Value.Detach() * by);\n    public Tensor "
                    + "Forward"),
            ("return Out.", "Heat(0.5);\n        return Out.")),
        new("MixerBlock", "a buffer over a parameter's tensor", "BAL0011", "new(block.Norm1",
            ("public LayerNorm Norm1 { get; } = new(width);",
            "public LayerNorm Norm1 { get; } = new(width); public Buffer Shadow { get; private set; } = Buffer.Derived(d => "
                + "Tensor.Ones([1], device: d));"),
            ("public Tensor Forward", "public static Buffer ShadowOf(MixerBlock block) => new(block.Norm1.Weight!.Value);\n    public "
                + "Tensor Forward"))
        {
            ShowsInRun = false,       // nobody calls it here
        },
    ];

    /// <summary>Nothing is wrong with these: no rule may report them, and they move.</summary>
    private static Twin[] SoundVariants =>
    [
        new("CausalAttention", "sound: a delegate over numbers", "", "",
            ("public Linear Projection", "private readonly Func<double, double> _scale = w => 1 / Math.Sqrt(w);\n    public Linear "
                + "Projection"),
            ("/ Math.Sqrt(width / heads)", "* _scale(width / heads)")),
        new("WatchedAttention", "sound: a hook that is given tensors and keeps none", "", "",
            ("public Linear Value", "public Action<string, Tensor>? Hook { get; set; }\n    public event EventHandler? Done;\n    "
                + "public Linear Value"),
            ("LastWeights =", "Hook?.Invoke(\"weights\", weights); Done?.Invoke(this, EventArgs.Empty); LastWeights =")),
        new("RotaryAttention", "sound: a lambda over the module's own members", "", "",
            ("public Linear Query { get; }", "public Linear Query { get; } private readonly Func<Tensor, Tensor> _query;"),
            ("Heads = heads;", "Heads = heads; _query = x => Query!.Forward(x);"), ("Query.Forward(x)", "_query(x)")),
        new("TinyResNet", "sound: a list said to be no state", "", "",
            ("public ModuleList<BasicBlock> Layers { get; } = [];",
                "public ModuleList<BasicBlock> Layers { get; } = []; [Scratch(\"a view of Layers\")] private readonly List<BasicBlock> "
                + "_view = [];"),
            ("Head = new(widths[^1], classes);", "Head = new(widths[^1], classes); _view.AddRange(Layers);")),
        new("Lstm", "sound: static tables of numbers and names", "", "",
            ("public Tensor Forward", "private static readonly Dictionary<string, int> s_gates = new() { [\"i\"] = 0, [\"f\"] = 1 };\n  "
                + "  public Tensor Forward"),
            ("gates[1].Sigmoid()", "gates[s_gates[\"f\"]].Sigmoid()")),
        new("MixtureOfExperts", "sound: experts reached by a property without storage", "", "",
            ("public Linear Router { get; }", "public Linear Router { get; } public IEnumerable<GatedFeedForward> Best => "
                + "Experts.Take(1); public GatedFeedForward First => Experts[0];")),
        new("VectorQuantizer", "sound: a lazily made layer with storage", "", "",
            ("public Linear Output { get; }", "public Linear Output { get; } public Linear Late { get => field ??= new(3, 3); }"),
            ("return Output", "x = Late.Forward(x);\n        return Output")),
        new("DiffusionSchedule", "sound: configuration records and random numbers", "", "",
            ("public Buffer Betas { get; }", "public Buffer Betas { get; } private readonly Settings _settings = new(3, \"linear\", "
                + "[1.0, 2.0]); private readonly Random _random = new(1); private readonly Generator _draws = new(1);"),
            ("return x * signal", "_ = (_settings, _random, _draws);\n        return x * signal"))
        {
            More = "public sealed record Settings(int Steps, string Kind, double[] Scales);",
        },
        new("Maxout", "sound: layers given on through an interface of the method", "", "",
            ("public Tensor Forward(Tensor x) =>", "private static Tensor Through(IForward<Tensor, Tensor> layer, Tensor x) => "
                + "layer.Forward(x);\n    public Tensor Forward(Tensor x) =>"),
            ("piece.Forward(x)", "Through(piece, x)")),
        new("GraphConvolution", "sound: tensors that live for the call", "", "",
            ("public Tensor Forward(Tensor x) =>", "public Tensor Forward(Tensor x) { var parts = new List<Tensor> { Layer.Forward(x) "
                + "}; Func<Tensor> first = () => parts[0]; return Adjacency.Value.MatMul(first()).Relu(); }\n    public Tensor "
                + "Old(Tensor x) =>")),
        new("MomentumContrast", "sound: objects that tell what they are", "", "",
            ("private readonly double _momentum;", "private readonly double _momentum; private readonly object _lock = new(); "
                + "private readonly object _name = \"a\"; private readonly Dictionary<string, object> _options = new() { [\"rate\"] = "
                    + "0.1, [\"name\"] = \"a\" }; "
                + "private object? _last; private readonly List<object> _log = []; private object? _none = null;"),
            ("_momentum = momentum;", "_momentum = momentum; _last = queueLength; _last = _name; _log.Add(width); _log.Add(_lock); "
                + "object sum = width + queueLength; _last = sum; string text = $\"{width}\"; _log.Add(text); _none = _last; "
                + "var all = new List<object>(); all.Add(1); _options[\"all\"] = all.Count; if (_options.Count > 9) _none = _log;")),
        new("MomentumContrast", "sound: a method that uses a delegate and keeps none", "", "",
            ("private readonly double _momentum;", "private readonly double _momentum; private Func<Tensor, Tensor>? _kept; "
                + "private static Tensor Through(Func<Tensor, Tensor> f, Tensor x) => f(x);"),
            ("_momentum = momentum;", "_momentum = momentum; _kept = x => x + 1;"),
            ("if (Training) Enqueue(k);", "q = Through(x => x + k * 0, q); q = _kept!(q) - 1; if (Training) Enqueue(k);")),
        new("Siren", "sound: a training loop that reads now and then", "", "",
            ("public Tensor Forward", Training("float last = 0;", "if (step % 100 == 0) last = loss.Item();") + "public Tensor Forward")),
        new("ScaledActivations", "sound: comparers, arrays of shapes and enumerations", "", "",
            ("public Linear Inner", "private readonly IEqualityComparer<Tensor> _same = EqualityComparer<Tensor>.Default; private "
                + "readonly Shape[] _shapes = [[1, 2]]; private readonly DType _type = DType.Float32;\n    public Linear Inner"),
            ("Factors.Keys.Aggregate(x,", "_shapes.Length + (int)_type < 0 || !_same.Equals(x, x) ? x : Factors.Keys.Aggregate(x,")),
    ];

    private static string Training(string before, string inLoop) => $$"""
        public void Train(IEnumerable<Tensor> data)
            {
                var optimizer = new Ballast.Optimizers.Sgd(Parameters(), learningRate: 0.1);
                {{before}}
                int step = 0;
                foreach (Tensor x in data)
                {
                    optimizer.ZeroGrad();
                    Tensor loss = Forward(x).Square().Mean();
                    loss.Backward();
                    optimizer.Step();
                    step++;
                    {{inLoop}}
                }
            }

            
        """;
}
