namespace Ballast.Generators.Tests;

/// <summary>State versions and the methods that migrate from older ones.</summary>
public sealed class MigrationTests
{
    [Fact]
    public void A_version_and_its_migrations_are_called_oldest_first()
    {
        var text = Assert.Single(Host.Files(Host.Project("""
            using Ballast;
            [StateVersion(3)]
            public sealed partial class Norm : Module
            {
                public Parameter Weight { get; } = new();
                [MigratesFrom(2)] private void Second(StateMigration state) { _ = state; }
                [MigratesFrom(1)] private static void First(StateMigration state) { _ = state; }
            }
            """))).Value;
        Assert.Contains("public override int StateVersion => 3;", text);
        var first = text.IndexOf("if (migration.Version <= 1) First(migration);", StringComparison.Ordinal);
        var second = text.IndexOf("if (migration.Version <= 2) Second(migration);", StringComparison.Ordinal);
        Assert.True(first > 0 && second > first);
    }

    [Theory]
    [InlineData("[StateVersion(2)] public sealed partial class A : Module { }", "no method marked [MigratesFrom(1)]")]
    [InlineData("public sealed partial class A : Module { [MigratesFrom(1)] void M(StateMigration s) { _ = s; } }",
        "the class has version 1")]
    [InlineData("[StateVersion(2)] public sealed partial class A : Module { [MigratesFrom(1)] void M(int s) { _ = s; } }", "must be")]
    [InlineData("[StateVersion(2)] public sealed partial class A : Module { [MigratesFrom(2)] void M(StateMigration s) { _ = s; } "
        + "[MigratesFrom(1)] void N(StateMigration s) { _ = s; } }",
        "migrates from version 2")]
    public void Versions_and_migrations_that_do_not_fit_are_errors(string source, string message)
    {
        var found = Host.Generate(Host.Project("using Ballast;\n" + source)).Diagnostics;
        Assert.Contains(found, d =>
            d.Id == "BAL0005"
                && d.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Contains(message, StringComparison.Ordinal));
    }
}
