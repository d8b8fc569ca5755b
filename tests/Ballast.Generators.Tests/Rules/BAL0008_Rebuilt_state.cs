namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0008_Rebuilt_state
{
    [Theory]
    [InlineData("public Linear M => {|BAL0008:new(2, 2)|};")]
    [InlineData("public Linear M { get { return {|BAL0008:new Linear(2, 2)|}; } }")]
    [InlineData("public Linear M { get { var l = {|BAL0008:new Linear(2, 2)|}; return l; } }")]
    [InlineData("public Module M => Training ? {|BAL0008:new Linear(2, 2)|} : Other; public Linear Other { get; } = new(2, 2);")]
    [InlineData("private Linear? _m; public Linear M => _m ?? {|BAL0008:new Linear(2, 2)|}; public void Set(Linear m) => _m = m;")]
    [InlineData("public Parameter M => {|BAL0008:new(Tensor.Ones(2))|};")]
    [InlineData("public Buffer M => {|BAL0008:Buffer.Derived(_ => Tensor.Ones(2))|};")]
    [InlineData("public IForward<Tensor, Tensor> M => {|BAL0008:new Linear(2, 2)|};")]
    [InlineData("public Linear this[int i] => {|BAL0008:new Linear(2, 2)|};")]
    [InlineData("public ModuleList<Linear> M => {|BAL0008:[new(2, 2)]|};")]
    [InlineData("public Module M => {|BAL0008:Make()|}; private Linear Make() => new(2, 2);")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Linear M { get; } = new(2, 2);")]
    [InlineData("public Linear M => field ??= new(2, 2);")]
    [InlineData("private Linear? _m; public Linear M => _m ??= new Linear(2, 2);")]
    [InlineData("private Linear? _m; public Linear M { get { if (_m is null) _m = new Linear(2, 2); return _m; } }")]
    [InlineData("public Linear Make() => new(2, 2);")]
    [InlineData("public int N => new Linear(2, 3).OutFeatures;")]
    [InlineData("public Func<Linear> M => () => new Linear(2, 2);")]
    [InlineData("public ModuleList<Linear> M { get; } = [new(2, 2)]; public Linear First => M[0]; public Linear? Last => M.Count > 1 ? M[^1] : null;")]
    [InlineData("private Linear? _m; public Linear M => _m ??= Make(); private Linear Make() => new(2, 2); public static Net Small => new();")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Linear M => {|BAL0008:new(2, 2)|};", "public Linear M { get; } = new(2, 2);")]
    [InlineData("public Linear M { get { return {|BAL0008:new Linear(2, 2)|}; } }", "public Linear M { get; } = new Linear(2, 2);")]
    public Task Fixed_by_an_initializer(string member, string result) => Rule.FixesIn(member, "Initializer", result);

    [Theory]
    [InlineData("public int Width { get; init; }\n    public Linear M => {|BAL0008:new(Width, 2)|};",
        "public int Width { get; init; }\n    public Linear M { get => field ??= new(Width, 2); }")]
    public Task Fixed_by_a_lazy_field(string member, string result) => Rule.FixesIn(member, "OnlyLazy", result);
}
