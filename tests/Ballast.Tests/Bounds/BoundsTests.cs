using Ballast.Tests.Gpu;

namespace Ballast.Tests.Bounds;

/// <summary>
/// Counts of a training step and of a decoded token against tests/Ballast.Bounds/bounds.json, in a process of their own. After a change that
/// is meant to raise them: <c>dotnet run -c Release --project tests/Ballast.Bounds -- renew</c>.
/// </summary>
public sealed class BoundsTests
{
    private static readonly Lazy<Task<(int Code, string Output, string Error)>> _check = new(() => Run("check"));

    [Theory]
    [InlineData("train char-gpt step", "managed bytes")]
    [InlineData("train char-gpt step", "page faults")]
    [InlineData("train small gpt step", "managed bytes")]
    [InlineData("train small gpt step", "page faults")]
    [InlineData("decoded token", "managed bytes")]
    [InlineData("decoded token", "page faults")]
    public Task A_step_takes_no_more_than_its_bound(string work, string what) => Holds(work, what);

    private static async Task Holds(string work, string what)
    {
        (_, string output, string error) = await _check.Value;
        string? line = output.Split('\n').FirstOrDefault(l => l.Contains($"{work}: {what}: ", StringComparison.Ordinal));
        Assert.True(line?.StartsWith("held: ", StringComparison.Ordinal) == true, line ?? $"no line about {what} of a {work}: {output} {error}");
    }

    internal static Task<(int Code, string Output, string Error)> Run(string verb) =>
        ProbeProcess.RunProgram("Ballast.Bounds", [("DOTNET_TieredCompilation", "0")], verb);
}
