namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0004_Hidden_state
{
    private const string Usings = "using System; using System.Collections.Generic; using Ballast; using Buffer = Ballast.Buffer; ";

    [Fact]
    public async Task The_message_names_the_member_the_collection_and_the_container_to_use()
    {
        var found = Assert.Single(await Host.Analyze(Usings + """
            public sealed partial class Linear : Module;
            public sealed partial class Gpt : Module { private readonly List<Linear> _blocks = []; public int Depth => _blocks.Count; }
            """));
        Assert.Equal("BAL0004", found.Id);
        Assert.Equal("'_blocks' of module 'Gpt' keeps Linear in a List<Linear>, where the state walk does not see it: "
            + "To() would leave it behind and Snapshot() would not save it; use a ModuleList instead, "
            + "or mark it [Scratch(\"why\")] if it is not state of this module", found.GetMessage(null));
    }

    [Theory]
    [InlineData("public Module[] M = [];", "use a ModuleList instead")]
    [InlineData("public Dictionary<string, Module> M { get; } = [];", "use a ModuleDictionary instead")]
    [InlineData("public List<Parameter?>? M;", "use a ParameterList instead")]
    [InlineData("public RunningStat[] M = [];", "use a BufferList instead")]
    [InlineData("public Dictionary<string, Parameter>? M;", "use a ParameterDictionary instead")]
    [InlineData("public Dictionary<int, Buffer> M = [];", "use a BufferDictionary instead")]
    [InlineData("public Variable[] M = [];", "use a ParameterList or a BufferList instead")]
    [InlineData("public List<Module[]> M = [];", "keeps Module in a List<Module[]>")]
    [InlineData("public (Module First, int Count) M;", "keeps Module in the tuple (Module First, int Count)")]
    [InlineData("public Lazy<Module>? M;", "give it a field or property of its own")]
    [InlineData("public Bag? M; public sealed class Bag : List<Module>;", "use a ModuleList instead")]
    [InlineData("public static Parameter M = new();", "is a static Parameter, which belongs to no instance")]
    public async Task The_message_says_what_to_use(string member, string words)
    {
        var found = Assert.Single(await Host.Analyze(Usings + $"public sealed partial class Net : Module {{ {member} }}"));
        Assert.Equal("BAL0004", found.Id);
        Assert.Contains(words, found.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public Module[] {|BAL0004:M|} = [];")]
    [InlineData("public IReadOnlyList<Module>? {|BAL0004:M|};")]
    [InlineData("public IEnumerable<Linear> {|BAL0004:M|} { get; } = [];")]
    [InlineData("public IReadOnlyDictionary<string, Module?>? {|BAL0004:M|};")]
    [InlineData("public (Module First, int Count) {|BAL0004:M|};")]
    [InlineData("public Lazy<Linear> {|BAL0004:M|} = new(() => new Linear(2, 2));")]
    [InlineData("public Heads? {|BAL0004:M|}; public sealed record Heads(Linear Query, Linear Key);")]
    [InlineData("public Heads {|BAL0004:M|}; public struct Heads { public Parameter Query; }")]
    [InlineData("public Heads? {|BAL0004:M|}; public sealed class Heads { private readonly List<Linear> _all = []; public int Count => _all.Count; }")]
    [InlineData("public ModuleList<Linear>[] {|BAL0004:M|} = []; public WeakReference<Module>? {|BAL0004:N|}; public Memory<Parameter> {|BAL0004:O|};")]
    [InlineData("public Two {|BAL0004:M|}; [InlineArray(2)] public struct Two { private Parameter _first; }")]
    [InlineData("public ThreadLocal<Linear> {|BAL0004:M|} = new(); public Task<Linear>? {|BAL0004:N|}; public IEnumerator<Linear>? {|BAL0004:O|};")]
    [InlineData("public static Linear {|BAL0004:M|} = new(2, 2);")]
    [InlineData("public static Buffer {|BAL0004:M|} { get; } = new(Tensor.Ones(2));")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Module? M; public Parameter N { get; } = new(Tensor.Ones(2));")]
    [InlineData("public List<int> M = [];")]
    [InlineData("public Deck<Module>? M; public partial class Deck<T> : Module;")]
    [InlineData("public Logger<Module>? M; public sealed class Logger<T>;")]
    [InlineData("public Func<Module, Parameter>? M;")]
    [InlineData("public Dictionary<string, Func<Module>> M = [];")]
    [InlineData("[Scratch(\"tied elsewhere\")] public List<Parameter> M = [];")]
    [InlineData("public static readonly Dictionary<string, Module> M = [];")]
    [InlineData("public static Net Default { get; } = new();")]
    [InlineData("public IEnumerable<Module> M => [];")]
    [InlineData("public ModuleList<Linear> M { get; } = []; public ParameterList N = []; public ModuleDictionary<Linear> O = new();")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Does_not_fire_where_the_walk_is_written_by_hand() => Rule.Finds("""
        public sealed class Stack<T> : Module where T : Module
        {
            private readonly List<T> _items = [];
            public override void VisitState(IStateVisitor visitor) { foreach (var item in _items) visitor.Child("item", item); }
        }
        public sealed class Wrap(Module inner) : Module
        {
            public override void VisitState(IStateVisitor visitor) => visitor.Child("inner", inner);
        }
        """);

    [Theory]
    [InlineData("Module {|BAL0004:proj|}", "public object Get() => proj;")]
    [InlineData("T {|BAL0004:proj|}", "public object Get() => proj;")]
    [InlineData("Parameter? {|BAL0004:proj|}", "public object? Get => proj;")]
    [InlineData("List<Module> {|BAL0004:proj|}", "public int Count => proj.Count;")]
    [InlineData("params T[] {|BAL0004:proj|}", "public object Get() { foreach (var l in proj) return l; return 1; }")]
    [InlineData("Buffer {|BAL0004:proj|}", "public Tensor Forward(Tensor x) => x * proj;")]
    [InlineData("Module proj", "public Module Proj { get; } = proj;")]
    [InlineData("[Scratch(\"the owner\")] Module proj", "public object Get() => proj;")]
    [InlineData("int proj", "public int Get() => proj;")]
    public Task Sees_a_constructor_parameter_that_a_method_captures(string parameter, string member) =>
        Rule.Finds($"public sealed partial class Net<T>({parameter}) : Module where T : Module {{ {member} }}");

    [Fact]
    public Task Does_not_fire_on_a_parameter_passed_to_the_base_module() => Rule.Finds("""
        public abstract partial class Wrap(Module inner) : Module { public Module Inner { get; } = inner; }
        public sealed partial class Net(Module inner) : Wrap(inner);
        """);

    [Fact]
    public Task Sees_through_aliases_and_generics() => Rule.Finds("""
        namespace Zoo
        {
            using Heads = System.Collections.Generic.List<Ballast.Linear>;
            public partial class Deck<T> : Module where T : Module { public List<T> {|BAL0004:Items|} { get; } = []; }
            public sealed partial class Net : Module { private readonly Heads {|BAL0004:_heads|} = []; public int Count => _heads.Count; }
        }
        """);

    [Theory]
    [InlineData("List<Linear> {|BAL0004:M|} = [];", "ModuleList<Linear> M = [];")]
    [InlineData("List<Linear> {|BAL0004:M|} = new List<Linear>();", "ModuleList<Linear> M = [];")]
    [InlineData("Linear[] {|BAL0004:M|} = [new(1, 2), new(2, 3)];", "ModuleList<Linear> M = [new(1, 2), new(2, 3)];")]
    [InlineData("Linear[] {|BAL0004:M|} = new[] { new Linear(1, 2) };", "ModuleList<Linear> M = [new Linear(1, 2)];")]
    [InlineData("IReadOnlyList<Linear> {|BAL0004:M|} = Enumerable.Range(1, 3).Select(i => new Linear(i, i)).ToList();",
        "ModuleList<Linear> M = new ModuleList<Linear>(Enumerable.Range(1, 3).Select(i => new Linear(i, i)));")]
    [InlineData("Dictionary<string, Linear> {|BAL0004:M|} = new() { [\"a\"] = new(1, 2) };", "ModuleDictionary<Linear> M = new() { [\"a\"] = new(1, 2) };")]
    [InlineData("Dictionary<string, Linear> {|BAL0004:M|} = [];", "ModuleDictionary<Linear> M = new ModuleDictionary<Linear>([]);")]
    [InlineData("List<Parameter> {|BAL0004:M|} = [];", "ParameterList M = [];")]
    [InlineData("Buffer[] {|BAL0004:M|} = [];", "BufferList M = [];")]
    public Task Fixed_as_a_container(string member, string result) => Rule.FixesIn("private readonly " + member, "Container", "private readonly " + result);

    [Fact]
    public Task Fixed_where_an_array_is_filled_by_index() => Rule.FixesIn("""
            private readonly Linear[] {|BAL0004:_layers|};
            public Net(int depth)
            {
                _layers = new Linear[depth];
                for (int i = 0; i < depth; i++)
                {
                    _layers[i] = new Linear(i, i);
                }
            }
            public Tensor Forward(Tensor x)
            {
                for (int i = 0; i < _layers.Length; i++) x = _layers[i].Forward(x);
                return x;
            }
        """, "Container", """
            private readonly ModuleList<Linear> _layers;
            public Net(int depth)
            {
                _layers = [];
                for (int i = 0; i < depth; i++)
                {
                    _layers.Add(new Linear(i, i));
                }
            }
            public Tensor Forward(Tensor x)
            {
                for (int i = 0; i < _layers.Count; i++) x = _layers[i].Forward(x);
                return x;
            }
        """);

    [Fact]
    public Task No_container_is_offered_that_lacks_what_the_code_calls() => Rule.DoesNotOffer("""
        public sealed partial class Net : Module
        {
            private readonly List<Linear> {|BAL0004:_layers|} = [];
            public void Sort() => _layers.Sort((a, b) => 0);
        }
        """, "Container");

    [Fact]
    public Task Fixed_by_storing_a_captured_parameter() => Rule.Fixes_("""
        public sealed partial class Net(Linear {|BAL0004:inner|}) : Module
        {
            public Tensor Forward(Tensor x) => inner.Forward(x);
        }
        """, "Field", """
        public sealed partial class Net(Linear inner) : Module
        {
            private readonly Linear _inner = inner;

            public Tensor Forward(Tensor x) => _inner.Forward(x);
        }
        """);
}
