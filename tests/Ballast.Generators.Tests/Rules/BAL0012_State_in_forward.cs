namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0012_State_in_forward
{
    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => {|BAL0012:new Linear(2, 2)|}.Forward(x);")]
    [InlineData("public Tensor Forward(Tensor x) { var w = {|BAL0012:new Parameter(Tensor.Ones([2], device: x.Device))|}; return x * w; }")]
    [InlineData("public Tensor Forward(Tensor x) => {|BAL0012:new Dropout(0.1)|}.Forward(x);")]
    [InlineData("public (Tensor, Tensor) Encode(Tensor x) => (x, {|BAL0012:new LayerNorm(2)|}.Forward(x));")]
    [InlineData("public Tensor Forward(Tensor x) { Tensor Inner(Tensor y) => {|BAL0012:new Linear(2, 2)|}.Forward(y); return Inner(x); }")]
    [InlineData("private static Linear Make() => new(2, 2); public Tensor Forward(Tensor x) => {|BAL0012:Make()|}.Forward(x);")]
    [InlineData("public Tensor Forward(Tensor x) => x * {|BAL0012:Buffer.Derived(_ => Tensor.Ones(2))|};")]
    [InlineData("private static Tensor Run(Tensor x) => {|BAL0012:new Linear(2, 2)|}.Forward(x); public Tensor Forward(Tensor x) => Run(x);")]
    [InlineData("private static Tensor A(Tensor x) => B(x); private static Tensor B(Tensor x) { var l = {|BAL0012:new Linear(2, 2)|}; l.Eval(); return l.Forward(x); } public Tensor Forward(Tensor x) => A(x);")]
    [InlineData("private Tensor Scale(int n) { var l = {|BAL0012:new Linear(n, n)|}; return l.Weight; } public Tensor Forward(Tensor x) => x * Scale(2);")]
    [InlineData("private Tensor Scale(int n) => {|BAL0012:new Embedding(n, n)|}.Weight * 2; public Buffer M { get; } = new(Tensor.Ones(2)); private Tensor Both(int n) => Scale(n) * M; public Tensor Forward(Tensor x) => x * Both(2);")]
    [InlineData("private static Linear Make(int n) { var l = new Linear(n, n); return l; } public Tensor Forward(Tensor x) => {|BAL0012:Make(2)|}.Forward(x);")]
    [InlineData("private static Linear Make(int n) => new(n, n); private static Tensor Run(Tensor x) => {|BAL0012:Make(2)|}.Forward(x); public Tensor Forward(Tensor x) => Run(x);")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("private readonly Linear _l = new(2, 2); public Tensor Forward(Tensor x) => _l.Forward(x);")]
    [InlineData("private Linear? _l; public Tensor Forward(Tensor x) => (_l ??= new Linear(x.Shape[^1], 2)).Forward(x);")]
    [InlineData("private Buffer? _b; public Tensor Forward(Tensor x) { if (_b is null) _b = new Buffer(x); return x * _b; }")]
    [InlineData("public Tensor Forward(Tensor x) => new ReLU().Forward(x);")]
    [InlineData("public Linear Extend(Tensor weight) => new(new Parameter(weight));")]
    [InlineData("private Linear? _l; private Linear Make() => new(2, 2); public Tensor Forward(Tensor x) { _l ??= Make(); return _l.Forward(x); }")]
    [InlineData("private readonly Linear _l = new(2, 2); private Linear Get() => _l; public Tensor Forward(Tensor x) => Get().Forward(x);")]
    [InlineData("public static Tensor Run(Tensor x) => new Linear(2, 2).Forward(x);")]
    [InlineData("private static Tensor Run(Tensor x) => new Linear(2, 2).Forward(x); public Buffer M { get; } = new(Run(Tensor.Ones(2))); public Tensor Forward(Tensor x) => x * M;")]
    [InlineData("public ModuleList<Linear> All { get; } = []; private void Grow(int n) { while (All.Count < n) { var l = new Linear(2, 2); All.Add(l); } } public Tensor Forward(Tensor x) { Grow(2); return All[0].Forward(x); }")]
    [InlineData("private Linear? _l; private void Build() => _l = new Linear(2, 2); public Tensor Forward(Tensor x) { if (_l is null) Build(); return _l!.Forward(x); }")]
    [InlineData("private Linear? _l; private static Linear Make(int n) { var l = new Linear(n, n); l.Eval(); return l; } public Tensor Forward(Tensor x) => (_l ??= Make(2)).Forward(x);")]
    [InlineData("private static Tensor Run(Tensor x) => new ReLU().Forward(x); public Tensor Forward(Tensor x) => Run(x);")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => {|BAL0012:new Linear(2, 2)|}.Forward(x);",
        "private readonly Linear _linear = new(2, 2);\n\n    public Tensor Forward(Tensor x) => _linear.Forward(x);")]
    public Task Fixed_by_a_member(string member, string result) => Rule.FixesIn(member, "Member", result);

    [Fact]
    public Task Fixed_all_at_once() => Rule.FixesIn(
        "public Tensor Forward(Tensor x) => {|BAL0012:new Linear(2, 3)|}.Forward({|BAL0012:new LayerNorm(2)|}.Forward(x));", "Member", """
            private readonly LayerNorm _layerNorm = new(2);

            private readonly Linear _linear = new(2, 3);

            public Tensor Forward(Tensor x) => _linear.Forward(_layerNorm.Forward(x));
        """);

    [Fact]
    public Task No_member_is_offered_for_what_depends_on_the_call() => Rule.DoesNotOffer(
        "public sealed partial class Net : Module { public Tensor Forward(Tensor x) => {|BAL0012:new Linear(x.Shape[1], 2)|}.Forward(x); }", "Member");
}
