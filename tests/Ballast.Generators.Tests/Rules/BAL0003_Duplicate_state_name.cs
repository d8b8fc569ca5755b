namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0003_Duplicate_state_name
{
    [Theory]
    [InlineData("public Parameter Proj { get; } = new(); private Parameter _Proj = new();",
        "'Proj' and '_Proj' of module 'Net' both have the state name 'proj'", "_Proj")]
    [InlineData("[StateName(\"b\")] public Parameter A { get; } = new(); public Module? B { get; set; }",
        "'A' and 'B' of module 'Net' both have the state name 'b'", "B")]
    public async Task The_message_names_both_and_the_name(string members, string words, string marked)
    {
        string source = $"using Ballast; public sealed partial class Net : Module {{ {members} }}";
        var found = Assert.Single(await Host.Analyze(source));
        Assert.Equal("BAL0003", found.Id);
        Assert.StartsWith(words, found.GetMessage(null), StringComparison.Ordinal);
        Assert.Contains("[StateName(\"...\")]", found.GetMessage(null), StringComparison.Ordinal);
        Assert.Equal(marked, source[found.Location.SourceSpan.Start..found.Location.SourceSpan.End]);
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
    public Task Fixed_by_a_name_of_its_own() => Rule.FixesIn("""
        public Parameter? Proj { get; set; }
            public Parameter? {|BAL0003:proj|};
            public Parameter? Proj_2 { get; set; }
        """, "StateName", """
        public Parameter? Proj { get; set; }
            [StateName("proj_3")]
            public Parameter? proj;
            public Parameter? Proj_2 { get; set; }
        """);
}
