using Ballast.Api;

namespace Ballast.Tests.Architecture;

/// <summary>The public surface changes on purpose only: <c>api/</c> says what it is, and a change shows in a commit.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Floors => [.. Baseline.Floors];

    [Theory]
    [MemberData(nameof(Floors))]
    public void The_public_surface_is_the_one_in_api(string floor)
    {
        IReadOnlyList<string> differences = Baseline.Differences(Path.Combine(Repository.Root, "api"), floor);
        Assert.True(differences.Count == 0, $"{floor} differs from api/{floor}.txt in {differences.Count} lines. If that is wanted, "
            + $"write it down: dotnet run build.cs -- api\n{string.Join('\n', differences)}");
    }

    [Fact]
    public void A_member_that_is_not_in_api_is_named_with_its_type()
    {
        string folder = Directory.CreateTempSubdirectory("ballast-api").FullName;
        Baseline.Write(folder, "Ballast");
        Assert.Empty(Baseline.Differences(folder, "Ballast"));
        string file = Path.Combine(folder, "Ballast.txt");
        File.WriteAllText(file, File.ReadAllText(file).Replace("static void Start()", "static void Begin()"));
        const string Type = "static class Ballast.BallastRuntime";
        Assert.Equal([$"- {Type}: static void Begin()", $"+ {Type}: static void Start()"], Baseline.Differences(folder, "Ballast"));
        Directory.Delete(folder, recursive: true);
    }
}
