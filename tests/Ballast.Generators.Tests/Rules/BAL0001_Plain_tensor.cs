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
        Assert.Equal("Mask", found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan));
    }

    [Theory]
    [InlineData("public Tensor? M;", "is a plain Tensor")]
    [InlineData("public static Tensor M = new();", "is a plain static Tensor")]
    [InlineData("public static Tensor? M { get; set; }", "is a plain static Tensor")]
    [InlineData("public Tensor M { get => field ??= new(); }", "is a plain Tensor")]
    [InlineData("public Tensor[] M = [];", "holds plain Tensors (Tensor[])")]
    [InlineData("public Tensor?[][] M = [];", "holds plain Tensors (Tensor?[][])")]
    [InlineData("public List<Tensor> M { get; } = [];", "declare it as a BufferList (or a ParameterList if they are learned)")]
    [InlineData("public IReadOnlyList<Tensor>? M;", "declare it as a BufferList")]
    [InlineData("public Dictionary<string, Tensor[]> M = [];", "declare it as a BufferDictionary")]
    [InlineData("public (Tensor Key, int Value) M;", "give each tensor a Buffer (or a Parameter if it is learned) of its own")]
    [InlineData("public Lazy<Tensor>? M;", "give each tensor a Buffer")]
    [InlineData("public Own<Tensor>? M; public sealed class Own<T>;", "holds plain Tensors (Own<Tensor>?)")]
    [InlineData("public Bag? M; public sealed class Bag : List<Tensor>;", "declare it as a BufferList")]
    public async Task Fires_on(string member, string words)
    {
        var found = Assert.Single(await Host.Analyze(
            $"using System; using System.Collections.Generic; using Ballast; public abstract partial class Net : Module {{ {member} }}"));
        Assert.Equal("BAL0001", found.Id);
        Assert.Contains(words, found.GetMessage(null));
        Assert.Equal("M", found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan));
    }

    [Theory]
    [InlineData("[Scratch(\"a table\")] public Tensor? M;")]
    [InlineData("[Scratch(\"a table\")] public Tensor? M { get; set; }")]
    [InlineData("[field: Scratch(\"a table\")] public Tensor? M { get; set; }")]
    [InlineData("[Scratch(\"a cache\")] public List<Tensor> M { get; } = [];")]
    [InlineData("public Tensor M => new();")]
    [InlineData("public Func<Tensor, Tensor>? M;")]
    [InlineData("public Action<List<Tensor>>? M { get; set; }")]
    [InlineData("public event Action<Tensor>? M { add { } remove { } }")]
    [InlineData("public IForward<Tensor, Tensor>? M;")]
    [InlineData("public Ballast.Buffer M = new(); public Parameter? N { get; set; }")]
    [InlineData("public const string M = \"Tensor\";")]
    [InlineData("public Node<Node<int>>? M; public sealed class Node<T> : List<Node<Node<T>>>;")]
    [InlineData("public Tensor Forward(Tensor x) { Tensor y = x; return y; }")]
    public async Task Does_not_fire_on(string member) => Assert.Empty(await Host.Analyze(
        $"using System; using System.Collections.Generic; using Ballast; public abstract partial class Net : Module {{ {member} }}"));

    [Fact]
    public async Task Does_not_fire_outside_modules() =>
        Assert.Empty(await Host.Analyze("using Ballast; public sealed class Batch { public Tensor? Tokens; public Tensor[] All = []; }"));

    [Fact]
    public async Task Fires_in_a_module_that_walks_by_hand()
    {
        var found = Assert.Single(await Host.Analyze("""
            using Ballast;
            public class Net : Module
            {
                public Tensor? Mask;
                public override void VisitState(IStateVisitor visitor) => visitor.Scratch("Mask", Mask);
            }
            """));
        Assert.Equal("BAL0001", found.Id);
    }

    [Theory]
    [InlineData("Tensor mask", "public Tensor Forward() => mask;", true)]
    [InlineData("Tensor[] mask", "public object Forward() { object Local() => mask; return Local(); }", true)]
    [InlineData("Tensor mask", "public object Mask { get { return mask; } }", true)]
    [InlineData("[Scratch(\"borrowed\")] Tensor mask", "public Tensor Forward() => mask;", false)]
    [InlineData("Tensor mask", "[Scratch(\"borrowed\")] public Tensor Mask { get; } = mask;", false)]
    [InlineData("Tensor mask", "public int Length { get; } = mask.GetHashCode(); public string Name => nameof(mask);", false)]
    [InlineData("Func<Tensor, Tensor> mask", "public Tensor Forward(Tensor x) => mask(x);", false)]
    public async Task Sees_a_constructor_parameter_that_a_method_captures(string parameter, string member, bool fires)
    {
        var found = await Host.Analyze(
            $"using System; using Ballast; public sealed partial class Net({parameter}) : Module {{ {member} }}");
        Assert.Equal(fires ? ["BAL0001"] : [], found.Select(d => d.Id));
        if (!fires) return;
        Assert.Contains("'mask' of module 'Net' is a captured constructor parameter", found[0].GetMessage(null));
        Assert.Equal("mask", found[0].Location.SourceTree!.GetText().ToString(found[0].Location.SourceSpan));
    }
}
