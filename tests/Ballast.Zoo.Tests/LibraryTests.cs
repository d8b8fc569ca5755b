using System.Xml.Linq;
using Zoo.Tests.Twins;

namespace Zoo.Tests;

/// <summary>The rules over the rest of the repository: what the projects' own builds check, with the remarks of the lowest kind.</summary>
public sealed class LibraryTests
{
    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Ballast.slnx"))) folder = folder.Parent!;
            return folder.FullName;
        }
    }

    [Fact]
    public void Nothing_is_reported_in_the_layers_and_models() => AssertClean("Ballast.Modules", Sources("src/Ballast.Modules"),
    [
        // True: the weights of the classes are the caller's. The buffer is saved because PyTorch saves it.
        "BAL0015 src/Ballast.Modules/Losses/CrossEntropyLoss.cs: if (weight is not null) Weight = new Buffer(weight);",
    ]);

    [Theory, InlineData("samples/buffers.cs"), InlineData("samples/state.cs")]
    public void Nothing_is_reported_in_the_samples(string path) => AssertClean("Sample", [path], []);

    [Fact]
    public void Nothing_is_reported_in_the_laboratory() => AssertClean("Ballast.Lab",
        [.. Sources("lab"), .. Sources("bench/Ballast.Bench/Measuring"), "bench/Ballast.Bench/GlobalUsings.cs",
            "bench/Ballast.Bench/UsageException.cs"], [],
        "System.CommandLine");

    [Fact]
    public void Nothing_is_reported_in_the_benchmarks() => AssertClean("Ballast.Bench", Sources("bench/Ballast.Bench"), [],
        "TorchSharp", "BenchmarkDotNet", "System.CommandLine");

    [Fact]
    public void Every_project_with_a_module_builds_with_the_rules()
    {
        foreach (string project in Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(Root, project), folder = Path.GetDirectoryName(path)!;
            if (path.StartsWith("packaging", StringComparison.Ordinal) || folder.Contains("Generators", StringComparison.Ordinal)
                || folder.EndsWith("Zoo.Tests", StringComparison.Ordinal)) continue;
            if (!Sources(folder).Any(s => Lines(s).Any(DeclaresModule))) continue;
            XDocument properties = XDocument.Load(project);
            Assert.True(properties.Descendants("UseBallastGenerators").Any(e => e.Value == "true"), path);
        }
    }

    [Fact]
    public void No_rule_is_switched_off_in_a_build()
    {
        string[] files = [.. new[] { "*.csproj", "*.props", "*.targets", ".editorconfig", ".globalconfig" }
            .SelectMany(p => Directory.EnumerateFiles(Root, p, SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Root, f)).Where(f => !IsBuilt(f))];
        Assert.Contains("Directory.Build.props", files);
        // One test project, of buffers that are empty after a move, as PyTorch's are.
        Assert.Equal(["tests/Ballast.Tests/Ballast.Tests.csproj"],
            files.Where(f => Read(f).Contains("BAL00", StringComparison.Ordinal)).Select(f => f.Replace('\\', '/')));
        Assert.Contains("<TreatWarningsAsErrors>true<", Read("Directory.Build.props"), StringComparison.Ordinal);
    }

    private static void AssertClean(string assembly, IEnumerable<string> paths, string[] remarks, params string[] packages)
    {
        (Finding[] found, string[] errors) = TwinHost.Report(assembly,
            paths.Select(p => (p, string.Join('\n', Lines(p).Select(WithoutDirective)))));
        // Of what a package declares nothing is known here; everything else must be understood.
        if (packages.Length == 0) Assert.Empty(errors);
        Assert.Equal(remarks, found.Select(f => $"{f.Id} {f.File}: {f.Line}"));
    }

    private static IEnumerable<string> Sources(string folder) => Directory
        .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f)).Where(f => !IsBuilt(f)).Order(StringComparer.Ordinal);

    private static bool IsBuilt(string path) => path.Replace('\\', '/').Split('/').Any(p => p is "obj" or "bin" or "artifacts");

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    // A program in one file names its project and packages so.
    private static string WithoutDirective(string line) => line.StartsWith("#:", StringComparison.Ordinal) ? "" : line;

    private static bool DeclaresModule(string line) =>
        line.Contains("partial class", StringComparison.Ordinal) && line.Split(':') is [_, var bases, ..]
        && bases.Split(',', ' ').Contains("Module");
}
