using System.Text.Json;

namespace Ballast.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_shows_the_commands_and_examples()
    {
        Outcome help = (await BallastProcess.Run("--help")).Succeeds();
        Assert.Contains("Usage:\n  ballast [command]", help.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  ballast ", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("generate")]
    [InlineData("inspect")]
    [InlineData("convert")]
    [InlineData("diff")]
    [InlineData("devices")]
    public async Task Every_command_s_help_ends_with_an_example(string command)
    {
        Outcome help = (await BallastProcess.Run(command, "--help")).Succeeds();
        Assert.Contains($"Examples:\n  ballast {command}", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistyped_option_suggests_the_right_one_in_one_line()
    {
        Outcome outcome = await BallastProcess.Run("devices", "--jsn");
        outcome.FailsInOneLine(UserError.WrongUsage, "unknown option '--jsn'", "did you mean '--json'?");
    }

    [Fact]
    public async Task Mistyped_command_suggests_the_right_one_in_one_line()
    {
        (await BallastProcess.Run("device")).FailsInOneLine(UserError.WrongUsage, "unknown command 'device'", "did you mean 'devices'?");
    }

    [Fact]
    public async Task Word_like_nothing_known_gets_no_suggestion()
    {
        Outcome outcome = await BallastProcess.Run("xyzzy");
        outcome.FailsInOneLine(UserError.WrongUsage, "unknown command 'xyzzy'");
        Assert.DoesNotContain("did you mean", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_command_at_all_names_them()
    {
        (await BallastProcess.Run()).FailsInOneLine(UserError.WrongUsage, "devices");
    }

    [Fact]
    public async Task Devices_lists_cpu_and_meta_as_json()
    {
        Outcome outcome = (await BallastProcess.Run("devices", "--json")).Succeeds();
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        JsonElement[] devices = [.. json.RootElement.GetProperty("devices").EnumerateArray()];
        JsonElement cpu = devices.Single(d => d.GetProperty("device").GetString() == "cpu");
        Assert.True(cpu.GetProperty("memoryBytes").GetInt64() > 100_000_000);
        Assert.InRange(cpu.GetProperty("threads").GetInt32(), 1, 4096);
        Assert.Contains(devices, d => d.GetProperty("device").GetString() == "meta");
    }

    [Fact]
    public async Task Devices_prints_a_table_without_escape_codes_into_a_pipe()
    {
        Outcome outcome = (await BallastProcess.Run("devices")).Succeeds();
        Assert.Contains("meta", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Output);
    }

    [Theory]
    [InlineData("trian", "train")]
    [InlineData("--stpes", "--steps")]
    [InlineData("--step", "--steps")]
    [InlineData("xyzzy", null)]
    [InlineData("in", null)]
    public void Nearest_word_is_found_within_a_third_of_its_letters(string typed, string? meant)
    {
        Assert.Equal(meant, Nearest.To(typed, ["train", "--steps", "inspect", "--seed"]));
    }
}
