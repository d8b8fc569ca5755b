namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0009_No_recipe
{
    [Theory]
    [InlineData("public Buffer M { get; } = {|BAL0009:new(Tensor.Ones(2), persistent: false)|};")]
    [InlineData("public Buffer M; public Net(int n) => M = {|BAL0009:new Buffer(Tensor.Ones(n), false)|};")]
    [InlineData("public Net(int n) => {|BAL0009:RegisterBuffer(\"cache\", Tensor.Zeros(n), persistent: false)|};")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Buffer M { get; } = new(Tensor.Ones(2));")]
    [InlineData("public Buffer M { get; } = new(Tensor.Ones(2), persistent: true);")]
    [InlineData("public Buffer M; public Net(bool saved) => M = new Buffer(Tensor.Ones(2), saved);")]
    [InlineData("public Buffer M { get; } = Buffer.Derived(_ => Tensor.Ones(2));")]
    [InlineData("public Net() => RegisterBuffer(\"cache\", null, persistent: false);")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Does_not_fire_outside_modules() =>
        Rule.Finds("public static class Program { public static Buffer Make() => new(Tensor.Ones(2), persistent: false); }");

    [Theory]
    [InlineData("public Buffer M { get; } = {|BAL0009:new(Tensor.Ones(2).Triu(), persistent: false)|};", "public Buffer M { get; } = Buffer.Derived(_ => Tensor.Ones(2).Triu(), keepDType: false);")]
    [InlineData("public Buffer M; public Net(int n) => M = {|BAL0009:new Buffer(Tensor.Ones(n), false)|};", "public Buffer M; public Net(int n) => M = Buffer.Derived(_ => Tensor.Ones(n), keepDType: false);")]
    [InlineData("public Buffer M { get; } = {|BAL0009:new(Tensor.Ones(2), persistent: false, keepDType: true)|};", "public Buffer M { get; } = Buffer.Derived(_ => Tensor.Ones(2));")]
    [InlineData("public Buffer M; public Net(bool kept) => M = {|BAL0009:new Buffer(Tensor.Ones(2), false, kept)|};", "public Buffer M; public Net(bool kept) => M = Buffer.Derived(_ => Tensor.Ones(2), keepDType: kept);")]
    public Task Fixed_by_a_recipe(string member, string result) => Rule.FixesIn(member, "Recipe", result);

    [Theory]
    [InlineData("public Buffer M { get; } = {|BAL0009:new(Tensor.Ones(2), persistent: false, keepDType: true)|};", "public Buffer M { get; } = new(Tensor.Ones(2), keepDType: true);")]
    public Task Fixed_by_saving_it(string member, string result) => Rule.FixesIn(member, "Saved", result);

    [Theory]
    [InlineData("public Net(int n) => {|BAL0009:RegisterBuffer(\"cache\", Tensor.Zeros(n), persistent: false)|};", "public Net(int n) => RegisterBuffer(\"cache\", Tensor.Zeros(n));")]
    public Task Fixed_by_saving_it_where_it_can_have_no_recipe(string member, string result) =>
        Rule.FixesIn(member, "OnlySaved", result);

    [Fact]
    public Task No_recipe_is_offered_for_what_is_drawn() => Rule.DoesNotOffer(
        "public sealed partial class Net : Module { public Buffer M { get; } = {|BAL0009:new(Tensor.RandN(2), persistent: false)|}; }", "Recipe");
}
