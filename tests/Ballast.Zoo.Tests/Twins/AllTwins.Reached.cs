namespace Zoo.Tests.Twins;

/// <content>Mistakes that a value reaches by way of a helper, a local, a view or a choice.</content>
internal static partial class AllTwins
{
    private const string Field = "private readonly double _momentum;";

    private static Twin[] ReachedTwins =>
    [
        Hidden("a lazy object", "BAL0006", "new(() => Tensor.Ones(1))",
            "private readonly Lazy<object> _kept = new(() => Tensor.Ones(1));", "", "_ = _kept.Value;"),
        Hidden("a lambda of a comparer", "BAL0007", "(a, b) => a - b + one.Rank", "private readonly IComparer<int> _order;", "",
            One + "_order = Comparer<int>.Create((a, b) => a - b + one.Rank);"),
        new("MomentumContrast", "a static used by a helper", "BAL0016", "Cache.One",
            (Field, Field + "\n    private static class Cache { public static readonly Tensor One = Tensor.Ones(1); } "
                + "private static Tensor Scale(int n) => Cache.One * n;"),
            ("return Tensor.Cat([positive", "positive = positive * Scale(1);\n        return Tensor.Cat([positive")),
        new("CrossAttention", "a new handle by way of a tuple", "BAL0010", "(Temperature, _) =",
            ("public Tensor Forward", "public Parameter Temperature { get; private set; } = new(Tensor.Ones(1));\n"
                + "    public void Heat(double by) => (Temperature, _) = (new Parameter(Temperature.Value.Detach() * by), by);\n"
                + "    public Tensor Forward"),
            ("return Out.", "Heat(0.5);\n        return Out.")),
        new("CrossAttention", "a new handle by way of a local and a choice", "BAL0010", "Temperature = cooler",
            ("public Tensor Forward", "public Parameter Temperature { get; private set; } = new(Tensor.Ones(1));\n"
                + "    public void Heat(double by) { var cooler = new Parameter(Temperature.Value.Detach() * by); Temperature = cooler; }\n"
                + "    public Tensor Forward"),
            ("return Out.", "Heat(0.5);\n        return Out.")),
        new("MomentumContrast", "a parameter over a view of a weight", "BAL0011", "new Parameter(EncoderQ.",
            (Field, Field + " public Parameter Shadow { get; }"),
            ("QueuePtr = new(", "Shadow = new Parameter(EncoderQ.Weight.Value.Detach().T);\n        QueuePtr = new(")),
        new("MomentumContrast", "a layer made in a helper of Forward", "BAL0012", "new Linear(1, 1)",
            (Field, Field + " private static Tensor Extra() => Deeper() * 0; private static Tensor Deeper() { var made = new Linear(1, 1); "
                + "return made.Weight; }"),
            ("return Tensor.Cat([positive", "positive = positive + Extra();\n        return Tensor.Cat([positive")),
        new("MomentumContrast", "a tensor made on the host for an operand", "BAL0013", "Tensor.Zeros([1], device: Device.Cpu)",
            ("EncoderQ.Forward(query)", "EncoderQ.Forward(query + Tensor.Zeros([1], device: Device.Cpu))")),
        new("MomentumContrast", "a tensor made on the host by way of a local", "BAL0013", "Tensor.Zeros([1], device: Device.Cpu)",
            ("Tensor q = EncoderQ.Forward(query)",
                "Tensor none = Tensor.Zeros([1], device: Device.Cpu);\n        Tensor q = EncoderQ.Forward(query + none)")),
        new("MomentumContrast", "a tensor made by a helper of a helper", "BAL0013", "Tensor.Zeros(1)",
            (Field, Field + " private static Tensor Outer() => Inner(); private static Tensor Inner() => Tensor.Zeros(1);"),
            ("EncoderQ.Forward(query)", "EncoderQ.Forward(query + Outer())")),
        new("Highway", "loss read by a helper in every step", "BAL0014", "Log(loss)",
            ("public Tensor Forward", "private static void Log(Tensor loss) => Console.WriteLine(loss.Item());\n    "
                + Training("", "Log(loss);") + "public Tensor Forward")),
        new("MomentumContrast", "a buffer that a helper draws", "BAL0015", "new(Draw())",
            (Field, Field + " public Buffer Start { get; } = new(Draw()); private static Tensor Draw() => Tensor.RandN(1);")),
    ];

    /// <summary>Nothing is wrong with these: see <see cref="SoundVariants"/>.</summary>
    private static Twin[] SoundReachedVariants =>
    [
        new("MomentumContrast", "sound: a helper whose tensor is moved where it is used", "", "",
            (Field, Field + " private static Tensor Zero() => Tensor.Zeros(1);"),
            ("EncoderQ.Forward(query)", "EncoderQ.Forward(query + Zero().To(query.Device))")),
        new("MomentumContrast", "sound: a copy of a transposed weight, and a tensor for the host", "", "",
            (Field, Field + " public Buffer Shadow { get; }"),
            ("QueuePtr = new(", "Shadow = new Buffer(EncoderQ.Weight.Value.T.Contiguous());\n        QueuePtr = new("),
            ("if (Training) Enqueue(k);", "Tensor host = Tensor.Ones([1], device: Device.Cpu);\n"
                + "        if (host.Item() < 0) return positive;\n        if (Training) Enqueue(k);")),
        new("MomentumContrast", "sound: a helper that makes what a member keeps", "", "",
            (Field, Field + " private Linear? _late; "
                + "private static Linear Make(int n) { var made = new Linear(n, n); made.Eval(); return made; }"),
            ("return Tensor.Cat([positive",
                "_late ??= Make(1);\n        positive = _late.Forward(positive);\n        return Tensor.Cat([positive")),
        new("Highway", "sound: a helper that reads now and then", "", "",
            ("public Tensor Forward", "private static void Log(Tensor loss, int step) { if (step % 100 != 0) return; "
                + "Console.WriteLine(loss.Item()); }\n    " + Training("", "Log(loss, step);") + "public Tensor Forward")),
    ];
}
