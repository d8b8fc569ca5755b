namespace Zoo.Tests.Twins;

/// <content>Attention.</content>
internal static partial class AllTwins
{
    private static Twin[] AttentionTwins =>
    [
        new("CausalAttention", "plain property", "BAL0001", "Bias",
            ("public Buffer Bias { get; } = new(Tensor.Ones(contextLength, contextLength).Tril().Reshape(1, 1, contextLength, "
                + "contextLength));",
            "public Tensor Bias { get; } = Tensor.Ones(contextLength, contextLength).Tril().Reshape(1, 1, contextLength, contextLength);")),
        new("CausalAttention", "static tensor", "BAL0001", "s_low",
            ("public Buffer MaskedBias { get; } = Buffer.Derived(device => Tensor.From(-1e4f, device));",
            "private static readonly Tensor s_low = Tensor.From(-1e4f);"),
            ("MaskedBias.Value", "s_low")),
        new("CrossAttention", "layers in an array", "BAL0004", "_keyValue",
            ("public Linear Key { get; } = new(contextWidth, width, bias: false);",
            "private readonly Linear[] _keyValue = [new(contextWidth, width, bias: false), new(contextWidth, width, bias: false)];"),
            ("public Linear Value { get; } = new(contextWidth, width, bias: false);", ""),
            ("Key.Forward", "_keyValue[0].Forward"), ("Value.Forward", "_keyValue[1].Forward")),
        new("GroupedQueryAttention", "layers in a tuple", "BAL0004", "KeyValue",
            ("public Linear Key { get; } = new(width, width / heads * keyHeads, bias: false);",
            "public (Linear K, Linear V) KeyValue { get; } = (new(width, width / heads * keyHeads), new(width, width / heads * "
                + "keyHeads));"),
            ("public Linear Value { get; } = new(width, width / heads * keyHeads, bias: false);", ""),
            ("Key.Forward", "KeyValue.K.Forward"), ("Value.Forward", "KeyValue.V.Forward")),
        new("GroupedQueryAttention", "mask in an interface of the system", "BAL0006", "Tensor.Ones(8, 8)",
            ("public CausalMask Mask { get; } = new(4);",
                "private readonly ICloneable? _none; private readonly object _mask = Tensor.Ones(8, 8).Triu(1).ToBool();"),
            ("Mask.For(T)", "((Tensor)(_none ?? _mask))[..T, ..T]")),
        new("SlidingWindowAttention", "lambda that captures the mask", "BAL0007", "n => outside",
            ("""
            Outside = Buffer.DerivedFor(contextLength, (device, n) =>
                    {
                        Tensor ones = Tensor.Ones([n, n], device: device);
                        return (ones.Triu(1) + ones.Tril(-window)).ToBool();
                    });
            """,
            """
            Tensor ones = Tensor.Ones([contextLength + 2, contextLength + 2]), outside = (ones.Triu(1) + ones.Tril(-window)).ToBool();
            Outside = n => outside[..n, ..n];
            """),
            ("public Buffer Outside", "public Func<int, Tensor> Outside"), ("Outside.Cover(T)[..T, ..T]", "Outside(T)")),
        new("SlidingWindowAttention", "recipe that captures a tensor", "BAL0007", "(device, n) =>",
            ("""
            Outside = Buffer.DerivedFor(contextLength, (device, n) =>
                    {
                        Tensor ones = Tensor.Ones([n, n], device: device);
                        return
            """,
            """
            Tensor all = Tensor.Ones([16, 16]);
                    Outside = Buffer.DerivedFor(contextLength, (device, n) =>
                    {
                        Tensor ones = all[..n, ..n].To(device);
                        return
            """)),
        new("LinearAttention", "lazy layer", "BAL0004", "Out",
            ("public Linear Out { get; } = new(width, width);", "public Lazy<Linear> Out { get; } = new(() => new Linear(width, width));"),
            ("Out.Forward", "Out.Value.Forward")),
        new("FlashAttention", "layer behind an interface", "BAL0006", "Projection",
            ("public Linear Projection { get; } = new(width, width, bias: false);",
            "public IForward<Tensor, Tensor> Projection { get; } = new Linear(width, width, bias: false);")),
        new("AlibiAttention", "captured constructor parameter", "BAL0001", "slopes",
            ("(int width, int heads)", "(int width, int heads, Tensor slopes)"), ("public AlibiSlopes Slopes { get; } = new(heads);", ""),
            ("Slopes.Bias(T, T)", "slopes.Reshape(-1, 1, 1)"),
            ("new AlibiAttention(8, heads: 2)", "new AlibiAttention(8, heads: 2, Tensor.From([0.5f, 0.25f]))")),
        new("RotaryAttention", "dictionary of tables", "BAL0001", "_tables",
            ("public RotaryTable Rotary { get; }", "private readonly Dictionary<int, Tensor> _tables = [];"),
            ("Rotary = new(width / heads, length: 4);", ""),
            ("Rotary.Apply(HeadShapes.Split(Query.Forward(x), Heads))", "Turned(HeadShapes.Split(Query.Forward(x), Heads))"),
            ("Rotary.Apply(HeadShapes.Split(Key.Forward(x), Heads));", "Turned(HeadShapes.Split(Key.Forward(x), Heads));"),
            ("return Out.Forward(HeadShapes.Merge(y));",
            """
            return Out.Forward(HeadShapes.Merge(y));

            Tensor Turned(Tensor h)
            {
                if (!_tables.TryGetValue(h.Shape[2], out Tensor? table)) _tables[h.Shape[2]] = table = Tensor.OnesLike(h[0, 0]);
                return h * table;
            }
            """)),
        new("HandRotary", "record of tensors", "BAL0001", "_tables",
            ("public Buffer InverseFrequency { get; }",
                "public Buffer InverseFrequency { get; } private readonly Tables _tables = new(Tensor.Ones(4, 1), Tensor.Zeros(4, 1));"),
            ("return Tensor.Cat([halves", "(cos, sin) = (cos * _tables.Cos, sin + _tables.Sin); return Tensor.Cat([halves"))
        {
            More = "public sealed record Tables(Tensor Cos, Tensor Sin);",
        },
        new("RelativeBiasAttention", "object", "BAL0006", "Offsets(window)",
            ("public Buffer RelativePositionIndex { get; }", "private readonly object _index;"),
            ("RelativePositionIndex = new(Offsets(window));", "_index = Offsets(window);"),
            ("RelativePositionIndex.Value", "((Tensor)_index)")),
        new("CachedAttention", "list of tensors", "BAL0001", "_past",
            ("_filled = total;", "_filled = total; _past.Add(k.Detach());"),
            ("private int _filled;", "private int _filled; private readonly List<Tensor> _past = [];")),
        new("CachedAttention", "struct with tensors", "BAL0001", "_cache",
            ("private int _filled;", "private int _filled; private Cache _cache;"),
            ("_filled = total;", "_filled = total; _cache = new Cache { Keys = k.Detach(), Values = v.Detach() };"))
        {
            More = "public struct Cache { public Tensor? Keys; public Tensor? Values { get; init; } }",
        },
        new("WatchedAttention", "scratch that is not said to be", "BAL0001", "LastWeights",
            ("""[Scratch("the weights of the last call, for a plot")]""", ""),
            ("LastWeights { get; private set; }", "LastWeights { get; set; }")),
    ];
}
