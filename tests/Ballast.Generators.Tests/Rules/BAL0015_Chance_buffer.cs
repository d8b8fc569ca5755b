namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0015_Chance_buffer
{
    [Theory]
    [InlineData("public Buffer M { get; } = {|BAL0015:new(Tensor.RandN(2, 2))|};")]
    [InlineData("public Buffer M; public Net(Tensor prior) => M = {|BAL0015:new Buffer(prior * 2)|};")]
    [InlineData("public Buffer M; public Net(Random random) => M = {|BAL0015:new Buffer(Tensor.Full([2], random.NextDouble()))|};")]
    [InlineData("public Buffer M; public Net(Tensor[] all) => M = {|BAL0015:new Buffer(all[0])|};")]
    [InlineData("public Buffer M; public Net() { var start = Tensor.RandN(2); M = {|BAL0015:new Buffer(start)|}; }")]
    [InlineData("private static Tensor Make(int n) => Tensor.RandN(n); public Buffer M { get; } = {|BAL0015:new(Make(2))|};")]
    [InlineData("private static Tensor Make(int n) => Other(n) * 2; private static Tensor Other(int n) { var r = new Random(); return Tensor.Full([n], r.NextDouble()); } public Buffer M { get; } = {|BAL0015:new(Make(2))|};")]
    [InlineData("private static Buffer Make(int n) => new(Tensor.RandN(n)); public Buffer M { get; } = {|BAL0015:Make(2)|};")]
    [InlineData("public Buffer M; public Net(Tensor x) { var mean = x.Mean(); M = {|BAL0015:new Buffer(mean)|}; }")]
    [InlineData("public Net() => {|BAL0015:RegisterBuffer(\"start\", Tensor.RandN(2))|};")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("private static Tensor Make(int n) => Tensor.Arange(n) * 2; public Buffer M { get; } = new(Make(2));")]
    [InlineData("public Buffer M { get; } = new(Tensor.RandN([2], generator: new Generator(1)));")]
    [InlineData("public Buffer M { get; } = new(Tensor.Ones(2));")]
    [InlineData("public Buffer M; public Net(int n) => M = new Buffer(Tensor.Arange(n));")]
    [InlineData("public Parameter M { get; } = new(Tensor.RandN(2, 2));")]
    [InlineData("public Buffer? M; public void Fit(Tensor x) => M = new Buffer(x);")]
    [InlineData("public Buffer M; public Net(IEnumerable<float> values) { var all = values.ToArray(); M = new Buffer(Tensor.From(all)); }")]
    [InlineData("public Net(int n) => RegisterBuffer(\"start\", Tensor.Zeros(n));")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);
}
