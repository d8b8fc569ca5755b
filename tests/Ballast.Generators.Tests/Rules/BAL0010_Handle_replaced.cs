namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0010_Handle_replaced
{
    [Theory]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) => {|BAL0010:M = new Buffer(x)|};")]
    [InlineData("public Parameter M { get; private set; } = new(Tensor.Ones(2)); public void Reset() { {|BAL0010:M = new(Tensor.Zeros(2))|}; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Reset() { {|BAL0010:M = Buffer.Derived(_ => Tensor.Ones(2))|}; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) { ref var m = ref M; {|BAL0010:m = new Buffer(x)|}; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public int N; public void Set(Tensor x) { {|BAL0010:(M, N) = (new Buffer(x), 3)|}; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) { var m = new Buffer(x); {|BAL0010:M = m|}; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x, bool twice) => {|BAL0010:M = twice ? new Buffer(x * 2) : new Buffer(x)|};")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x, int n) => {|BAL0010:M = n switch { 1 => new Buffer(x), _ => M }|};")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); private static Buffer Make(Tensor x) => new(x); public void Set(Tensor x) { {|BAL0010:M = Make(x)|}; }")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Fires_on_the_member_of_another_object() => Rule.Finds("""
        public sealed partial class Net : Module { public Buffer M { get; set; } = new(Tensor.Ones(2)); }
        public static class Program { public static void Set(Net net, Tensor x) => {|BAL0010:net.M = new Buffer(x)|}; }
        """);

    [Theory]
    [InlineData("public static void Set(ModuleList<Net> all, Tensor x) => {|BAL0010:all[0].M = new Buffer(x)|};")]
    [InlineData("public static void Set(Net? net, Tensor x) => net?{|BAL0010:.M = new Buffer(x)|};")]
    [InlineData("public static void Set(Tensor x) { var net = new Net(); {|BAL0010:net.M = new Buffer(x)|}; }")]
    public Task Fires_on_the_member_of_another_object_however_it_is_reached(string method) => Rule.Finds(
        $"public sealed partial class Net : Module {{ public Buffer M = new(Tensor.Ones(2)); }} public static class Program {{ {method} }}");

    [Theory]
    [InlineData("public Buffer M; public Net() => M = new Buffer(Tensor.Ones(2));")]
    [InlineData("public Buffer M; public Net(bool ones) { var m = ones ? new Buffer(Tensor.Ones(2)) : new Buffer(Tensor.Zeros(2)); M = m; }")]
    [InlineData("public Buffer M, N; public Net() => (M, N) = (new Buffer(Tensor.Ones(2)), new Buffer(Tensor.Ones(2)));")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)), N = new(Tensor.Ones(2)); public void Swap() => (M, N) = (N, M);")]
    [InlineData("public Buffer M { get; init; } = new(Tensor.Ones(2)); public static Net Make(Tensor x) { var m = new Buffer(x); return new Net { M = m }; }")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Keep(Tensor x) => M ??= new Buffer(x);")]
    [InlineData("public Buffer? M; public void Fit(Tensor x) => M = new Buffer(x);")]
    [InlineData("public Buffer M { get => field; set => field = value; } = new(Tensor.Ones(2)); public void Set(Tensor x) => M.Replace(x);")]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) => M.Value = x;")]
    [InlineData("public Parameter M = new(Tensor.Ones(2)); public void Tie(Linear l) => M = l.Weight;")]
    [InlineData("public Buffer M; public Net() => Build(); [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(M))] private void Build() => M = new Buffer(Tensor.Ones(2));")]
    [InlineData("public BufferList M = []; public void Set(Tensor x) => M[0] = new Buffer(x);")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Does_not_fire_on_an_object_initializer() => Rule.Finds("""
        public sealed partial class Net : Module { public required Buffer M { get; set; } }
        public static class Program { public static Net Make(Tensor x) => new() { M = new Buffer(x) }; }
        """);

    [Theory]
    [InlineData("public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) => {|BAL0010:M = new Buffer(x * 2)|};",
        "public Buffer M = new(Tensor.Ones(2)); public void Set(Tensor x) => M.Replace(x * 2);")]
    [InlineData("public Parameter M = new(Tensor.Ones(2)); public void Reset() { {|BAL0010:M = new(Tensor.Zeros(2))|}; }",
        "public Parameter M = new(Tensor.Ones(2)); public void Reset() { M.Assign(Tensor.Zeros(2)); }")]
    public Task Fixed_by_setting_the_value(string member, string result) => Rule.FixesIn(member, "Value", result);
}
