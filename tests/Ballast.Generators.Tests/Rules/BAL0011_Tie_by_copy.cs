namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0011_Tie_by_copy
{
    [Theory]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight)|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new(e.Weight.Value)|};")]
    [InlineData("public Parameter M; public Net(Embedding e) { Tensor w = e.Weight; M = {|BAL0011:new(w)|}; }")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value.Detach())|};")]
    [InlineData("public Buffer M; public Net(Parameter p) => M = {|BAL0011:new Buffer(p, keepDType: true)|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value.Detach().T)|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.T)|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value.Transpose(0, 1).Unsqueeze(0))|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value.Reshape(4))|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value.View(4).Contiguous())|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.Value[..2, 1])|};")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight[0])|};")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Parameter M; public Net(Embedding e) => M = e.Weight;")]
    [InlineData("public Buffer M; public Net(Embedding e) => M = new Buffer(e.Weight.Value.Detach().Clone());")]
    [InlineData("public Buffer M; public Net(Embedding e) => M = new Buffer(e.Weight * 2);")]
    [InlineData("public Buffer M; public Net(Embedding e) => M = new Buffer(e.Weight.Value.Select(0, 1));")]
    [InlineData("public Buffer M; public Net(Embedding e) => M = new Buffer(e.Weight.T);")]
    [InlineData("public Buffer M; public Net(Embedding e) => M = new Buffer(e.Weight.Value.T.Clone());")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = new Parameter(e.Weight.Value.T.Contiguous());")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = new Parameter(e.Weight.T.Reshape(4));")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = new Parameter(e.Weight.Value[Tensor.From([0L])]);")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = new Parameter(e.Weight.Value.To(DType.BFloat16));")]
    [InlineData("public Linear M; public Net(Embedding e) => M = new Linear(e.Weight);")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight)|};", "public Parameter M; public Net(Embedding e) => M = e.Weight;")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new(e.Weight.Value.Detach())|};", "public Parameter M; public Net(Embedding e) => M = e.Weight;")]
    public Task Fixed_by_holding_the_handle(string member, string result) => Rule.FixesIn(member, "Tie", result);

    [Theory]
    [InlineData("public Buffer M; public Net(Parameter p) => M = {|BAL0011:new Buffer(p, keepDType: true)|};",
        "public Buffer M; public Net(Parameter p) => M = new Buffer(p.Value.Detach().Clone(), keepDType: true);")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new Parameter(e.Weight.T)|};",
        "public Parameter M; public Net(Embedding e) => M = new Parameter(e.Weight.T.Detach().Clone());")]
    [InlineData("public Parameter M; public Net(Embedding e) => M = {|BAL0011:new(e.Weight.Value.Detach()[..2])|};",
        "public Parameter M; public Net(Embedding e) => M = new(e.Weight.Value.Detach()[..2].Clone());")]
    public Task Fixed_by_a_copy(string member, string result) => Rule.FixesIn(member, "OnlyCopy", result);

    [Fact]
    public Task No_tie_is_offered_between_kinds() => Rule.DoesNotOffer(
        "public sealed partial class Net : Module { public Buffer M; public Net(Parameter p) => M = {|BAL0011:new Buffer(p)|}; }", "Tie");
}
