using Ballast.CodeFixes;

namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0003_Duplicate_state_name
{
    [Theory]
    [InlineData("public Parameter Proj { get; } = new(); private Parameter _Proj = new();",
        "'Proj' and '_Proj' of module 'Net' both have the state name 'proj'", "_Proj")]
    [InlineData("[StateName(\"b\")] public Parameter A { get; } = new(); public Module? B { get; set; }",
        "'A' and 'B' of module 'Net' both have the state name 'b'", "B")]
    public void The_message_names_both_and_the_name(string members, string words, string marked)
    {
        var compilation = Host.Project($"using Ballast; public sealed partial class Net : Module {{ {members} }}");
        var found = Assert.Single(Host.Generate(compilation).Diagnostics);
        Assert.Equal("BAL0003", found.Id);
        Assert.StartsWith(words, found.GetMessage(null), StringComparison.Ordinal);
        Assert.Contains("[StateName(\"...\")]", found.GetMessage(null), StringComparison.Ordinal);
        Assert.Equal(marked, found.Marked(compilation));
    }

    [Fact]
    public Task Fires_on_a_name_that_a_base_module_has() => Rule.Finds("""
        public partial class Root : Module { public Linear Proj { get; } = new(2, 2); }
        public partial class Middle<T> : Root;
        public sealed partial class Net : Middle<int> { private Linear {|BAL0003:_proj|} = new(2, 2); public object P => _proj; }
        """);

    [Theory]
    [InlineData("public Parameter? Proj1 { get; set; } public Parameter? Proj2 { get; set; }")]
    [InlineData("public Parameter? Proj { get; set; } [StateName(\"other\")] public Parameter? proj;")]
    [InlineData("public Parameter? mask; [Scratch(\"a table\")] public Tensor? Mask { get; set; }")]
    [InlineData("public Parameter? Proj { get; set; } [Scratch(\"the same handle\")] public Parameter? proj;")]
    public Task Does_not_fire_on(string members) => Rule.FindsIn(members);

    [Fact]
    public async Task Fixed_by_a_name_of_its_own() => Assert.Equal("""
        using Ballast;
        public sealed partial class Net : Module
        {
            public Parameter? Proj { get; set; }
            [StateName("proj_3")]
            public Parameter? proj;
            public Parameter? Proj_2 { get; set; }
        }
        """, await Host.Fix("""
        using Ballast;
        public sealed partial class Net : Module
        {
            public Parameter? Proj { get; set; }
            public Parameter? proj;
            public Parameter? Proj_2 { get; set; }
        }
        """, new StateNameFix()));
}
