namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0005_Bad_migration
{
    [Theory]
    [InlineData("[StateVersion(2)] public sealed partial class {|BAL0005:Net|} : Module;")]
    [InlineData("public sealed partial class Net : Module { [MigratesFrom(1)] private void {|BAL0005:Up|}(StateMigration state) { } }")]
    [InlineData("[StateVersion(2)] public sealed partial class {|BAL0005:Net|} : Module { [MigratesFrom(2)] private void {|BAL0005:Up|}(StateMigration state) { } }")]
    [InlineData("[StateVersion(2)] public sealed partial class Net : Module { [MigratesFrom(1)] private int {|BAL0005:Up|}() => 1; }")]
    public Task Fires_on(string source) => Rule.Finds(source);

    [Theory]
    [InlineData("public sealed partial class Net : Module;")]
    [InlineData("[StateVersion(2)] public sealed partial class Net : Module { [MigratesFrom(1)] private void Up(StateMigration state) { } }")]
    public Task Does_not_fire_on(string source) => Rule.Finds(source);
}
