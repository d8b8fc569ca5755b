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
        Assert.Equal("_blocks", found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan));
    }

    [Theory]
    [InlineData("public Module[] M = [];", "use a ModuleList instead")]
    [InlineData("public IReadOnlyList<Module>? M;", "use a ModuleList instead")]
    [InlineData("public IEnumerable<Module> M { get; } = [];", "use a ModuleList instead")]
    [InlineData("public Dictionary<string, Module> M { get; } = [];", "use a ModuleDictionary instead")]
    [InlineData("public IReadOnlyDictionary<string, Module?>? M;", "use a ModuleDictionary instead")]
    [InlineData("public List<Parameter?>? M;", "use a ParameterList instead")]
    [InlineData("public RunningStat[] M = [];", "use a BufferList instead")]
    [InlineData("public Dictionary<int, Buffer> M = [];", "use a BufferDictionary instead")]
    [InlineData("public Variable[] M = [];", "use a ParameterList or a BufferList instead")]
    [InlineData("public List<Module[]> M = [];", "keeps Module in a List<Module[]>")]
    [InlineData("public (Module First, int Count) M;", "keeps Module in the tuple (Module First, int Count)")]
    [InlineData("public Lazy<Module>? M;", "give it a field or property of its own")]
    [InlineData("public Bag? M; public sealed class Bag : List<Module>;", "use a ModuleList instead")]
    public async Task Fires_on(string member, string words)
    {
        var found = Assert.Single(await Host.Analyze(Usings + $"public sealed partial class Net : Module {{ {member} }}"));
        Assert.Equal("BAL0004", found.Id);
        Assert.Contains(words, found.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public Module? M; public Parameter N { get; } = new();")]
    [InlineData("public List<int> M = [];")]
    [InlineData("public Deck<Module>? M; public partial class Deck<T> : Module;")]
    [InlineData("public Logger<Module>? M; public sealed class Logger<T>;")]
    [InlineData("public Func<Module, Parameter>? M;")]
    [InlineData("public Dictionary<string, Func<Module>> M = [];")]
    [InlineData("[Scratch(\"tied elsewhere\")] public List<Parameter> M = [];")]
    [InlineData("public static readonly Dictionary<string, Module> M = [];")]
    [InlineData("public IEnumerable<Module> M => [];")]
    public async Task Does_not_fire_on(string member) =>
        Assert.Empty(await Host.Analyze(Usings + $"public sealed partial class Net : Module {{ {member} }}"));

    [Fact]
    public async Task Does_not_fire_where_the_walk_is_written_by_hand() => Assert.Empty(await Host.Analyze(Usings + """
        public sealed class Stack<T> : Module where T : Module
        {
            private readonly List<T> _items = [];
            public override void VisitState(IStateVisitor visitor) { foreach (var item in _items) visitor.Child("item", item); }
        }
        public sealed class Wrap(Module inner) : Module
        {
            public override void VisitState(IStateVisitor visitor) => visitor.Child("inner", inner);
        }
        """));

    [Theory]
    [InlineData("Module proj", "public object Get() => proj;", "store it in a field or property and use that")]
    [InlineData("T proj", "public object Get() => proj;", "store it in a field or property and use that")]
    [InlineData("Parameter? proj", "public object? Get => proj;", "store it in a field or property and use that")]
    [InlineData("List<Module> proj", "public int Count => proj.Count;", "use a ModuleList instead")]
    public async Task Fires_on_a_constructor_parameter_that_a_method_captures(string parameter, string member, string words)
    {
        var found = Assert.Single(await Host.Analyze(
            Usings + $"public sealed partial class Net<T>({parameter}) : Module where T : Module {{ {member} }}"));
        Assert.Equal("BAL0004", found.Id);
        Assert.Contains(words, found.GetMessage(null), StringComparison.Ordinal);
        Assert.Equal("proj", found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan));
    }

    [Theory]
    [InlineData("Module proj", "public Module Proj { get; } = proj;")]
    [InlineData("[Scratch(\"the owner\")] Module proj", "public object Get() => proj;")]
    [InlineData("int proj", "public int Get() => proj;")]
    public async Task Does_not_fire_on_a_constructor_parameter(string parameter, string member) =>
        Assert.Empty(await Host.Analyze(Usings + $"public sealed partial class Net({parameter}) : Module {{ {member} }}"));

    [Fact]
    public async Task Does_not_fire_on_a_parameter_passed_to_the_base_module() => Assert.Empty(await Host.Analyze(Usings + """
        public abstract partial class Wrap(Module inner) : Module { public Module Inner { get; } = inner; }
        public sealed partial class Net(Module inner) : Wrap(inner);
        """));
}
