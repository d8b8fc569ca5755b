namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0001_Plain_tensor
{
    [Fact]
    public async Task The_message_names_the_member_the_module_and_the_fix()
    {
        var found = Assert.Single(await Host.Analyze("""
            using Ballast;
            public sealed partial class CausalAttention : Module { public Tensor Mask { get; } = new(); }
            """));
        Assert.Equal("BAL0001", found.Id);
        Assert.Equal("'Mask' of module 'CausalAttention' is a plain Tensor: To() would leave it behind and Snapshot() would not save it; "
            + "declare it as a Buffer (or a Parameter if it is learned), or mark it [Scratch(\"why\")] if it is not state",
            found.GetMessage(null));
        Assert.Equal("docs/rules/BAL0001.md", found.Descriptor.HelpLinkUri);
    }

    [Theory]
    [InlineData("public Tensor? M;", "is a plain Tensor")]
    [InlineData("public static Tensor M = new();", "is a plain static Tensor")]
    [InlineData("public Tensor?[][] M = [];", "holds plain Tensors (Tensor?[][])")]
    [InlineData("public List<Tensor> M { get; } = [];", "declare it as a BufferList (or a ParameterList if they are learned)")]
    [InlineData("public Dictionary<string, Tensor[]> M = [];", "declare it as a BufferDictionary")]
    [InlineData("public (Tensor Key, int Value) M;", "give each tensor a Buffer (or a Parameter if it is learned) of its own")]
    public async Task The_message_says_what_it_is_and_what_to_use(string member, string words)
    {
        var found = Assert.Single(await Host.Analyze(
            $"using System; using System.Collections.Generic; using Ballast; public abstract partial class Net : Module {{ {member} }}"));
        Assert.Contains(words, found.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public Tensor? {|BAL0001:M|};")]
    [InlineData("public Tensor? {|BAL0001:M|}, {|BAL0001:N|};")]
    [InlineData("public static Tensor {|BAL0001:M|} = Tensor.Ones(2);")]
    [InlineData("public static Tensor? {|BAL0001:M|} { get; set; }")]
    [InlineData("public Tensor {|BAL0001:M|} { get => field ??= Tensor.Ones(2); }")]
    [InlineData("public required Tensor {|BAL0001:M|} { get; init; }")]
    [InlineData("public Tensor[] {|BAL0001:M|} = [];")]
    [InlineData("public List<Tensor> {|BAL0001:M|} { get; } = [];")]
    [InlineData("public IReadOnlyList<Tensor>? {|BAL0001:M|};")]
    [InlineData("public Dictionary<string, Tensor[]> {|BAL0001:M|} = [];")]
    [InlineData("public (Tensor Key, int Value) {|BAL0001:M|};")]
    [InlineData("public Lazy<Tensor>? {|BAL0001:M|};")]
    [InlineData("public Lazy<Dictionary<int, (int, Tensor)>>? {|BAL0001:M|};")]
    [InlineData("public StateDict? {|BAL0001:M|};")]
    [InlineData("public Bag? {|BAL0001:M|}; public sealed class Bag : List<Tensor>;")]
    [InlineData("public Pair? {|BAL0001:M|}; public sealed record Pair(Tensor Keys, Tensor Values);")]
    [InlineData("public Pair {|BAL0001:M|}; public readonly record struct Pair(Tensor Keys, Tensor Values);")]
    [InlineData("public Cache? {|BAL0001:M|}; public sealed class Cache { private Tensor? _keys; public Tensor? Keys => _keys; public void Set(Tensor k) => _keys = k; }")]
    [InlineData("public Cache? {|BAL0001:M|}; public class Base { public Tensor? Keys { get; set; } } public sealed class Cache : Base;")]
    [InlineData("public Cache? {|BAL0001:M|}; public sealed class Cache(Tensor keys) { public Tensor Keys() => keys; }")]
    [InlineData("public Memory<Tensor> {|BAL0001:M|}; public ArraySegment<Tensor> {|BAL0001:N|};")]
    [InlineData("public WeakReference<Tensor>? {|BAL0001:M|}; public StrongBox<Tensor>? {|BAL0001:N|};")]
    [InlineData("public ThreadLocal<Tensor> {|BAL0001:M|} = new(); public AsyncLocal<Tensor?> {|BAL0001:N|} = new();")]
    [InlineData("public ConditionalWeakTable<object, Tensor> {|BAL0001:M|} = new(); public Dictionary<Tensor, int> {|BAL0001:N|} = [];")]
    [InlineData("public IEnumerator<Tensor>? {|BAL0001:M|}; public IAsyncEnumerable<Tensor>? {|BAL0001:N|}; public List<Tensor>.Enumerator {|BAL0001:O|};")]
    [InlineData("public Task<Tensor>? {|BAL0001:M|}; public Lazy<Task<Tensor>>? {|BAL0001:N|}; public ILookup<int, Tensor>? {|BAL0001:O|};")]
    [InlineData("public Four {|BAL0001:M|}; [InlineArray(4)] public struct Four { private Tensor _first; }")]
    [InlineData("public Outer? {|BAL0001:M|}; public struct Outer { public Inner I; public struct Inner { public Tensor T; } }")]
    [InlineData("public Deck<Tensor>.Slot {|BAL0001:M|}; public class Deck<T> { public struct Slot { public T Item; } }")]
    [InlineData("public Node? {|BAL0001:M|}; public sealed class Node { public Node? Next; public Tensor? Value; }")]
    [InlineData("[ThreadStatic] private static Tensor? {|BAL0001:_m|}; public Tensor? M { get => _m; set => _m = value; }")]
    [InlineData("private volatile Tensor? {|BAL0001:_m|}; public Tensor? M { get => _m; set => _m = value; }")]
    [InlineData("public Tensor {|BAL0001:M|} { get => field; set => field = value.Detach(); } = Tensor.Ones(1);")]
    [InlineData("public Own<Tensor>? {|BAL0001:M|}; public sealed class Own<T> { public T? Item { get; set; } }")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("[Scratch(\"a table\")] public Tensor? M;")]
    [InlineData("[Scratch(\"a table\")] public Tensor? M { get; set; }")]
    [InlineData("[field: Scratch(\"a table\")] public Tensor? M { get; set; }")]
    [InlineData("[Scratch(\"a cache\")] public List<Tensor> M { get; } = [];")]
    [InlineData("public Tensor M => W; public Parameter W { get; } = new(Tensor.Ones(2));")]
    [InlineData("public Func<Tensor, Tensor>? M;")]
    [InlineData("public Action<List<Tensor>>? M { get; set; }")]
    [InlineData("public event Action<Tensor>? M { add { } remove { } }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public Parameter? N { get; set; }")]
    [InlineData("public const string M = \"Tensor\";")]
    [InlineData("public Node<Node<int>>? M; public sealed class Node<T> : List<Node<Node<T>>>;")]
    [InlineData("public Logger<Tensor>? M; public sealed class Logger<T> { public string Name { get; } = typeof(T).Name; }")]
    [InlineData("public Cache? M; public sealed class Cache { [Scratch(\"borrowed\")] public Tensor? Keys; public static Tensor? Shared; }")]
    [InlineData("public Sizes? M; public sealed class Sizes(Tensor of) { public Shape Shape { get; } = of.Shape; }")]
    [InlineData("public Ballast.Optimizers.Adam? M;")]
    [InlineData("public IEqualityComparer<Tensor>? M; public EqualityComparer<Tensor>? N;")]
    [InlineData("public Tensor Forward(Tensor x) { Tensor y = x; Tensor[] all = [x, y]; List<Tensor> list = [.. all]; return list[0]; }")]
    [InlineData("public CancellationToken M { get; set; } public Task? N; public Task<int>? O; public Lock P { get; } = new();")]
    [InlineData("public List<int> M { get; } = []; public Shape[] N = []; public float[,] O = new float[1, 1]; public ReadOnlyMemory<float> P;")]
    [InlineData("private static readonly float[] _table = [1, 2, 3]; public float M => _table[0]; public DType? N { get; init; } public Device? O;")]
    [InlineData("private readonly Generator _random = new(3); public Tensor Forward(Tensor x) => x + Tensor.RandN(x.Shape, device: x.Device, generator: _random);")]
    [InlineData("public IReadOnlyList<Config> M { get; } = []; public sealed record Config(int Width, string Name, IReadOnlyList<int> Sizes, Func<Tensor, Tensor>? Act);")]
    [InlineData("public Lazy<string> M = new(() => \"a\"); public Dictionary<string, string> N = []; public (int, Shape)? O; public Queue<double> P = [];")]
    [InlineData("public IEnumerable<Tensor> All() { yield return W; } public IEnumerable<Tensor> Each => [W]; public Parameter W { get; } = new(Tensor.Ones(2));")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Does_not_fire_outside_modules() =>
        Rule.Finds("""
        public sealed class Trainer(Linear model, Ballast.Optimizers.Optimizer optimizer)
        {
            private readonly List<Tensor> _history = [];
            private readonly Dictionary<string, Tensor> _averages = [];
            public event Action<Tensor>? Stepped;
            public void Step(Tensor x)
            {
                var loss = model.Forward(x).Sum();
                loss.Backward();
                optimizer.Step();
                _history.Add(loss);
                _averages["loss"] = loss;
                Stepped?.Invoke(loss);
            }
        }
        public sealed class Rows { private readonly List<(Tensor X, Tensor Y)> _rows = []; public (Tensor X, Tensor Y) this[int i] => _rows[i]; }
        public sealed class Accuracy { private Tensor _right = Tensor.Zeros(1); public void Add(Tensor y) => _right = _right + y.Sum(); }
        public struct Pair { public Tensor Keys, Values; }
        public record Batch(Tensor Tokens, Tensor[] All);
        public static class Globals { public static readonly Tensor Eye = Tensor.Eye(3); public static Linear Head { get; } = new(2, 2); }
        """);

    [Theory]
    [InlineData("public class Store { public Tensor? Value { get; set; } } public class Middle : Store;", "Below", "public sealed class Below : Middle;")]
    [InlineData("public class Outer<T> { public struct Slot { public T? Item; } public struct Two { public Slot First; } }", "Outer<Tensor>.Two", "")]
    [InlineData("public class Store<T> { private T? _value; public void Set(T value) => _value = value; public override string? ToString() => _value?.ToString(); }", "Store<Tensor>", "")]
    [InlineData("public struct Store { private Tensor? _value; public void Set(Tensor value) => _value = value; public override string? ToString() => _value?.ToString(); }", "Store", "")]
    public Task Fires_on_a_type_of_another_assembly(string library, string type, string more) => Rule.FindsBeside(library,
        $"public sealed partial class Net : Module {{ public {type}? {{|BAL0001:M|}}; }} {more}");

    [Fact]
    public Task Does_not_fire_on_types_of_another_assembly_without_tensors() => Rule.FindsBeside("""
        public sealed class Tokenizer { private readonly Dictionary<string, int> _ids = []; public int Count => _ids.Count; }
        public sealed class Cache<TKey, TValue> where TKey : notnull { private readonly Dictionary<TKey, TValue> _all = []; public int Count => _all.Count; }
        public abstract class Base { public abstract string Name { get; } public static Tensor Of(int n) => Tensor.Ones(n); public void Put(Tensor t) { } }
        public partial class Block : Module { public Linear Inner { get; } = new(2, 2); public Tensor Forward(Tensor x) => Inner.Forward(x); }
        """, """
        public sealed partial class Net : Module
        {
            public Tokenizer Tokens { get; } = new();
            public Cache<string, int> Cache { get; } = new();
            public Base? Base { get; init; }
            public Block Block { get; } = new();
            public ModuleList<Block> Blocks { get; } = [];
        }
        """);

    [Fact]
    public Task Fires_in_a_module_that_walks_by_hand() => Rule.Finds("""
        public class Net : Module
        {
            public Tensor? {|BAL0001:Mask|};
            public override void VisitState(IStateVisitor visitor) => visitor.Scratch("Mask", Mask);
        }
        """);

    [Fact]
    public Task Fires_in_a_class_derived_from_a_handle() => Rule.Finds("""
        public sealed class Table : Buffer
        {
            private Tensor? {|BAL0001:_sines|};
            private readonly int _width;
            public Table(int width) : base((device, rows) => Tensor.Zeros([rows, width], device: device), 1, DTypePolicy.Keep) => _width = width;
            public int Width => _width;
            public Tensor? Sines { get => _sines; set => _sines = value; }
        }
        """);

    [Theory]
    [InlineData("Tensor {|BAL0001:mask|}", "public Tensor Read() => mask;")]
    [InlineData("Tensor[] {|BAL0001:mask|}", "public object Read() { object Local() => mask; return Local(); }")]
    [InlineData("Tensor {|BAL0001:mask|}", "public object Mask { get { return mask; } }")]
    [InlineData("[Scratch(\"borrowed\")] Tensor mask", "public Tensor Read() => mask;")]
    [InlineData("Tensor mask", "[Scratch(\"borrowed\")] public Tensor Mask { get; } = mask;")]
    [InlineData("Tensor mask", "public int Rank { get; } = mask.Rank; public string Name => nameof(mask);")]
    [InlineData("Func<Tensor, Tensor> mask", "public Tensor Forward(Tensor x) => mask(x);")]
    public Task Sees_a_constructor_parameter_that_a_method_captures(string parameter, string member) =>
        Rule.Finds($"public sealed partial class Net({parameter}) : Module {{ {member} }}");

    [Theory]
    [InlineData("private readonly Tensor {|BAL0001:_mask|} = Tensor.Ones(2, 2);", "private readonly Buffer _mask = new(Tensor.Ones(2, 2));")]
    [InlineData("public Tensor {|BAL0001:Mask|} { get; } = Tensor.Ones(2, 2).Triu();", "public Buffer Mask { get; } = new(Tensor.Ones(2, 2).Triu());")]
    [InlineData("public Tensor? {|BAL0001:Mask|} { get; set; }", "public Buffer? Mask { get; set; }")]
    [InlineData("public Tensor {|BAL0001:Mask|} { get => field ??= Tensor.Ones(2); }", "public Buffer Mask { get => field ??= new Buffer(Tensor.Ones(2)); }")]
    [InlineData("private static readonly Tensor {|BAL0001:_mask|} = Tensor.Ones(2);\n    public Tensor Forward(Tensor x) => x * _mask;",
        "private readonly Buffer _mask = new(Tensor.Ones(2));\n    public Tensor Forward(Tensor x) => x * _mask;")]
    public Task Fixed_as_a_buffer(string member, string result) => Rule.FixesIn(member, "Buffer", result);

    [Fact]
    public Task Fixed_as_a_buffer_where_it_is_declared_assigned_and_read() => Rule.FixesIn("""
            private readonly Tensor {|BAL0001:_mask|};
            private Tensor {|BAL0001:_mean|};
            private Tensor? {|BAL0001:_cache|};
            public Net(int length, bool causal)
            {
                _mask = causal ? Tensor.Ones(length, length).Triu() : Tensor.Zeros(length, length);
                _mean = Tensor.Zeros(length);
                _cache = causal ? Tensor.Zeros(length) : null;
            }
            public Tensor Forward(Tensor x)
            {
                var scale = _mask.Sum() * 2f;
                _mean = _mean * 0.9f + x.Mean(0) * 0.1f;
                _mean += scale;
                var first = _mask[..2, ..2].ToBool();
                if (_cache is null) _cache = x;
                int rows = _mask.Shape[0], others = _cache!.Elements > 2 ? 1 : 0;
                return x.MatMul(_mask) + _mask - 2f * _mask.Mean() + first.ToFloat() * (rows + others);
            }
        """, "Buffer", """
            private readonly Buffer _mask;
            private Buffer _mean;
            private Buffer? _cache;
            public Net(int length, bool causal)
            {
                _mask = new Buffer(causal ? Tensor.Ones(length, length).Triu() : Tensor.Zeros(length, length));
                _mean = new Buffer(Tensor.Zeros(length));
                _cache = causal ? new Buffer(Tensor.Zeros(length)) : null;
            }
            public Tensor Forward(Tensor x)
            {
                var scale = _mask.Value.Sum() * 2f;
                _mean.Replace(_mean * 0.9f + x.Mean(0) * 0.1f);
                _mean.Replace(_mean + scale);
                var first = _mask[..2, ..2].ToBool();
                if (_cache is null) _cache = new Buffer(x);
                int rows = _mask.Shape[0], others = _cache!.Value.Elements > 2 ? 1 : 0;
                return x.MatMul(_mask) + _mask - 2f * _mask.Value.Mean() + first.ToFloat() * (rows + others);
            }
        """);

    [Theory]
    [InlineData("private readonly Tensor {|BAL0001:_scale|} = Tensor.Ones(2);\n    public Tensor Forward(Tensor x) => x * _scale;",
        "private readonly Parameter _scale = new(Tensor.Ones(2));\n    public Tensor Forward(Tensor x) => x * _scale;")]
    public Task Fixed_as_a_parameter(string member, string result) => Rule.FixesIn(member, "Parameter", result);

    [Theory]
    [InlineData("private readonly Tensor {|BAL0001:_mask|} = Tensor.Ones(2, 2).Triu();", "private readonly Buffer _mask = Buffer.Derived(_ => Tensor.Ones(2, 2).Triu());")]
    public Task Fixed_with_a_recipe(string member, string result) => Rule.FixesIn(member, "Derived", result);

    [Theory]
    [InlineData("private readonly Tensor {|BAL0001:_mask|} = Tensor.RandN(2, 2);")]
    [InlineData("private readonly Tensor {|BAL0001:_mask|}; public Net(Tensor other) => _mask = other;")]
    [InlineData("private Tensor {|BAL0001:_mask|} = Tensor.Ones(2); public void Set(Tensor x) => _mask = x;")]
    public Task No_recipe_is_offered_for_chance_tensors_and_changing_values(string member) =>
        Rule.DoesNotOffer($"public sealed partial class Net : Module {{ {member} }}", "Derived");

    [Fact]
    public Task No_buffer_is_offered_where_an_interface_wants_the_tensor() => Rule.DoesNotOffer("""
        public interface IMasked { Tensor Mask { get; } }
        public sealed partial class Net : Module, IMasked { public Tensor {|BAL0001:Mask|} { get; } = Tensor.Ones(2); }
        """, "Buffer");

    [Theory]
    [InlineData("private readonly Tensor {|BAL0001:_mask|} = Tensor.Ones(2);", "[Scratch(\"why is this no state?\")]\n    private readonly Tensor _mask = Tensor.Ones(2);")]
    public Task Fixed_as_scratch(string member, string result) => Rule.FixesIn(member, "Scratch", result, all: false);

    [Fact]
    public Task Fixed_in_other_classes_that_set_and_read_it() => Rule.Fixes_("""
        public sealed partial class Net : Module
        {
            public Tensor {|BAL0001:Mask|} { get; set; } = Tensor.Ones(2);
        }
        public static class Program
        {
            public static Tensor Run(Net net, Tensor x)
            {
                net.Mask = x;
                var other = new Net { Mask = x };
                return net.Mask.Sum() + other.Mask;
            }
        }
        """, "Buffer", """
        public sealed partial class Net : Module
        {
            public Buffer Mask { get; set; } = new(Tensor.Ones(2));
        }
        public static class Program
        {
            public static Tensor Run(Net net, Tensor x)
            {
                net.Mask.Replace(x);
                var other = new Net { Mask = new Buffer(x) };
                return net.Mask.Value.Sum() + other.Mask;
            }
        }
        """);

    [Theory]
    [InlineData("List<Tensor> {|BAL0001:M|} = [];", "BufferList M = [];")]
    [InlineData("Tensor[] {|BAL0001:M|} = { Tensor.Ones(1), Tensor.Ones(2) };", "BufferList M = [new Buffer(Tensor.Ones(1)), new Buffer(Tensor.Ones(2))];")]
    [InlineData("List<Tensor> {|BAL0001:M|} = new() { Tensor.Ones(1) };\n    public void More(Tensor t) => M.Add(t);\n    public int N => M.Count;",
        "BufferList M = [new Buffer(Tensor.Ones(1))];\n    public void More(Tensor t) => M.Add(t);\n    public int N => M.Count;")]
    [InlineData("Dictionary<string, Tensor> {|BAL0001:M|} = new() { [\"a\"] = Tensor.Ones(1) };", "BufferDictionary M = new() { [\"a\"] = new Buffer(Tensor.Ones(1)) };")]
    [InlineData("Tensor[] {|BAL0001:M|} = Enumerable.Range(1, 3).Select(i => Tensor.Ones(i)).ToArray();\n    public Tensor Forward(Tensor x) { foreach (var m in M) x = x + m.Sum(); return x + M[0].Sum() * M.Length; }",
        "BufferList M = new BufferList(Enumerable.Range(1, 3).Select(i => Tensor.Ones(i)).Select(tensor => new Buffer(tensor)));\n    public Tensor Forward(Tensor x) { foreach (Tensor m in M) x = x + m.Sum(); return x + M[0].Value.Sum() * M.Count; }")]
    public Task Fixed_as_a_container(string member, string result) => Rule.FixesIn("private readonly " + member, "Buffer", "private readonly " + result);

    [Fact]
    public Task Fixed_by_storing_a_captured_parameter() => Rule.Fixes_("""
        public sealed partial class Net(Tensor {|BAL0001:mask|}, int width) : Module
        {
            public int Rank { get; } = mask.Rank;
            public Tensor Forward(Tensor x) => x * mask + mask.Sum() * width;
        }
        """, "Buffer", """
        public sealed partial class Net(Tensor mask, int width) : Module
        {
            private readonly Buffer _mask = {|BAL0015:new(mask)|};

            public int Rank { get; } = mask.Rank;
            public Tensor Forward(Tensor x) => x * _mask + _mask.Value.Sum() * width;
        }
        """);

    [Fact]
    public Task Fixed_all_at_once_where_two_are_stored_at_one_place() => Rule.Fixes_("""
        public sealed partial class Net(Tensor {|BAL0001:mask|}, Tensor {|BAL0001:bias|}) : Module
        {
            public Tensor Forward(Tensor x) => x * mask.Sum() + bias.Sum() * mask.Mean();
        }
        """, "Buffer", """
        public sealed partial class Net(Tensor mask, Tensor bias) : Module
        {
            private readonly Buffer _mask = {|BAL0015:new(mask)|};

            private readonly Buffer _bias = {|BAL0015:new(bias)|};

            public Tensor Forward(Tensor x) => x * _mask.Value.Sum() + _bias.Value.Sum() * _mask.Value.Mean();
        }
        """);

    [Fact]
    public Task Fixed_all_at_once_where_one_statement_uses_both() => Rule.FixesIn("""
            private Tensor {|BAL0001:_mean|} = Tensor.Zeros(2);
            private Tensor {|BAL0001:_square|} = Tensor.Zeros(2);
            public Tensor Forward(Tensor x)
            {
                _mean = _square.Sum() + _mean.Mean();
                _square = _mean.Sum() - _square.Mean();
                return _mean.Sum() + _square.Sum();
            }
        """, "Buffer", """
            private Buffer _mean = new(Tensor.Zeros(2));
            private Buffer _square = new(Tensor.Zeros(2));
            public Tensor Forward(Tensor x)
            {
                _mean.Replace(_square.Value.Sum() + _mean.Value.Mean());
                _square.Replace(_mean.Value.Sum() - _square.Value.Mean());
                return _mean.Value.Sum() + _square.Value.Sum();
            }
        """);
}
