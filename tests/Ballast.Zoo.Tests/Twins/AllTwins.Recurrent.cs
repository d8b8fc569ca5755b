namespace Zoo.Tests.Twins;

/// <content>Recurrent networks.</content>
internal static partial class AllTwins
{
    private static Twin[] RecurrentTwins =>
    [
        new("Lstm", "the state of the last batch in fields", "BAL0001", "_hidden",
            ("public Tensor Forward", "private Tensor? _hidden;\n    public Tensor Forward"),
            ("return Tensor.Stack(outputs, 1);", "_hidden = h.Detach(); return Tensor.Stack(outputs, 1);")),
        new("Lstm", "two members with one state name", "BAL0003", "HiddenWeight",
            ("""[StateName("weight_hh")]""", """[StateName("weight_ih")]""")),
        new("Gru", "parameters in a dictionary", "BAL0004", "_scales",
            ("public Linear FromHidden { get; } = new(width, 3 * width);",
            """
            public Linear FromHidden { get; } = new(width, 3 * width);
            private readonly Dictionary<string, Parameter> _scales = new() { ["next"] = new(Tensor.Ones(width)) };
            """),
            ("(i[2] + reset * g[2])", "(i[2] + reset * g[2] * _scales[\"next\"])")),
        new("ElmanRnn", "learned first state in a nullable struct", "BAL0004", "_start",
            ("public Parameter H0 { get; } = new(Tensor.Zeros(1, width));",
                "private readonly Start? _start = new(new Parameter(Tensor.Zeros(1, width)));"),
            ("H0.Value", "_start!.Value.H0.Value"))
        {
            More = "public readonly struct Start(Parameter h0) { public Parameter H0 { get; } = h0; }",
        },
        new("StatefulRnn", "hidden state in a plain field", "BAL0001", "_hidden",
            ("public Buffer Hidden { get; } = Buffer.Derived(device => Tensor.Zeros([batch, width], device: device), keepDType: false);",
            "private Tensor _hidden = Tensor.Zeros(batch, width);"),
            ("Hidden.Recompute()", "_hidden = Tensor.ZerosLike(_hidden)"), ("Hidden.Value.Clone()", "_hidden"),
            ("Hidden.Assign(h)", "_hidden = h.Detach()")),
        new("StatefulRnn", "hidden state in an ambient slot", "BAL0001", "_hidden",
            ("public void Reset()", "private readonly AsyncLocal<Tensor> _hidden = new();\n    public void Reset()"),
            ("Hidden.Assign(h);", "Hidden.Assign(h); _hidden.Value = h.Detach();")),
        new("BidirectionalLstm", "one direction captured", "BAL0004", "back",
            ("(int inFeatures, int width)", "(int inFeatures, int width, Lstm back)"),
            ("public Lstm Back { get; } = new(inFeatures, width);", ""),
            ("Back.Forward", "back.Forward"), ("new BidirectionalLstm(3, 2)", "new BidirectionalLstm(3, 2, new Lstm(3, 2))")),
        new("IndependentRnn", "a queue of states", "BAL0001", "_states",
            ("private readonly int _width = width;",
                "private readonly int _width = width; private readonly Queue<Tensor> _states = new();"),
            ("return Tensor.Stack(outputs, 1);", "_states.Enqueue(h.Detach()); return Tensor.Stack(outputs, 1);")),
        new("Highway", "gates in an enumerable", "BAL0004", "_more",
            ("public ModuleList<Linear> Gates { get; } = [];",
                "public ModuleList<Linear> Gates { get; } = []; private IEnumerable<Linear> _more = [];"),
            ("for (int i = 0; i < layers; i++)", "_more = [new Linear(width, width)];\n        for (int i = 0; i < layers; i++)"),
            ("return x;", "return _more.Aggregate(x, (y, l) => l.Forward(y));")),
        new("Seq2Seq", "alignment kept by a delegate", "BAL0007", "() => zeros",
            ("public Linear Out { get; } = new(width, targetWords);",
                "public Linear Out { get; } = new(width, targetWords); private Func<Tensor>? _last;"),
            ("h = Decoder", "Tensor zeros = context.Detach(); _last = () => zeros;\n            h = Decoder")),
        new("Seq2Seq", "state that a method group holds", "BAL0007", "new Memory(Tensor.Ones(1)).Read",
            ("public Linear Out { get; } = new(width, targetWords);",
            "public Linear Out { get; } = new(width, targetWords); private readonly Func<Tensor> _read = new "
                + "Memory(Tensor.Ones(1)).Read;"),
            ("return Tensor.Stack(outputs, 1);", "return Tensor.Stack(outputs, 1) * _read();"))
        {
            More = "public sealed class Memory(Tensor kept) { public Tensor Read() => kept; }",
        },
    ];
}
