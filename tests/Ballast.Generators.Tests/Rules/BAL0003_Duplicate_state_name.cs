namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0003_Duplicate_state_name
{
    [Theory]
    [InlineData("public Parameter Proj { get; } = new(); private Parameter _Proj = new();",
        "'Proj' and '_Proj' of module 'Net' both have the state name 'proj'", "_Proj")]
    [InlineData("[StateName(\"b\")] public Parameter A { get; } = new(); public Module? B { get; set; }",
        "'A' and 'B' of module 'Net' both have the state name 'b'", "B")]
    public void Fires_on(string members, string words, string marked)
    {
        var compilation = Host.Project($"using Ballast; public sealed partial class Net : Module {{ {members} }}");
        var found = Assert.Single(Host.Generate(compilation).Diagnostics);
        Assert.Equal("BAL0003", found.Id);
        Assert.StartsWith(words, found.GetMessage(null), StringComparison.Ordinal);
        Assert.Contains("[StateName(\"...\")]", found.GetMessage(null), StringComparison.Ordinal);
        Assert.Equal(marked, found.Marked(compilation));
    }

    [Fact]
    public void Fires_on_a_name_that_a_base_module_has()
    {
        var found = Assert.Single(Host.Generate(Host.Project("""
            using Ballast;
            public partial class Root : Module { private Parameter _proj = new(); }
            public partial class Middle<T> : Root;
            public sealed partial class Net : Middle<int> { private Parameter _proj = new(); }
            """)).Diagnostics);
        Assert.Equal("BAL0003", found.Id);
        Assert.StartsWith("'Root._proj' and '_proj' of module 'Net'", found.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public Parameter Proj1 { get; } = new(); public Parameter Proj2 { get; } = new();")]
    [InlineData("public Parameter Proj { get; } = new(); [StateName(\"other\")] public Parameter proj = new();")]
    [InlineData("public Parameter mask = new(); [Scratch(\"a table\")] public Tensor? Mask { get; set; }")]
    [InlineData("public Parameter Proj { get; } = new(); [Scratch(\"the same handle\")] public Parameter proj = new();")]
    public void Does_not_fire_on(string members) =>
        Host.Generate(Host.Project($"using Ballast; public sealed partial class Net : Module {{ {members} }}")).AssertClean();
}
