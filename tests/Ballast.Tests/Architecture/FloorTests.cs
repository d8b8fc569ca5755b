using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Ballast.Tests.Architecture;

/// <summary>The floor table of docs/architecture.md, read off the compiled assemblies.</summary>
public sealed class FloorTests
{
    private static readonly Dictionary<string, string[]> _mayUse = new()
    {
        ["Ballast.Tensors"] = [],
        ["Ballast.Cpu"] = ["Ballast.Tensors"],
        ["Ballast.Formats"] = ["Ballast.Tensors"],
        ["Ballast.Modules"] = ["Ballast.Tensors", "Ballast.Formats"],
        ["Ballast.Gpu"] = ["Ballast.Tensors"],
        ["Ballast"] = ["Ballast.Tensors", "Ballast.Cpu", "Ballast.Gpu", "Ballast.Formats", "Ballast.Modules"],
    };

    public static TheoryData<string> Assemblies => [.. _mayUse.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_floor_uses_only_floors_below_it(string assembly)
    {
        IEnumerable<string> wrong = References(assembly).Where(r => r.StartsWith("Ballast", StringComparison.Ordinal)).Except(_mayUse[assembly]);
        Assert.True(!wrong.Any(), $"{assembly} -> {string.Join(", ", wrong)}: docs/architecture.md does not allow this edge.");
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_library_has_no_package_dependency(string assembly)
    {
        IEnumerable<string> foreign = References(assembly).Where(r =>
            !r.StartsWith("Ballast", StringComparison.Ordinal) && !r.StartsWith("System", StringComparison.Ordinal));
        Assert.True(!foreign.Any(), $"{assembly} -> {string.Join(", ", foreign)}: floors below the command line use the framework only.");
    }

    [Fact]
    public void Tensors_call_no_native_code()
    {
        string[] hits = SourceFiles("src/Ballast.Tensors", "ops")
            .Where(f => !f.EndsWith(".Gpu.cs", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f) is { } text && (text.Contains("DllImport") || text.Contains("LibraryImport"))).ToArray();
        Assert.Empty(hits);
    }

    [Fact]
    public void No_source_file_is_over_800_lines()
    {
        string[] hits = SourceFiles("src", "ops", "tests", "bench", "samples")
            .Select(f => (File: f, Lines: File.ReadLines(f).Count())).Where(f => f.Lines > 800).Select(f => $"{f.File}: {f.Lines} lines").ToArray();
        Assert.Empty(hits);
    }

    [Fact]
    public void Kernels_stand_in_files_of_their_device()
    {
        // A plain file under ops/ is compiled into Ballast.Tensors, where a device's namespace must not appear.
        string[] hits = SourceFiles("ops").Where(f => !f.EndsWith(".Cpu.cs", StringComparison.Ordinal) && !f.EndsWith(".Gpu.cs", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f).Contains("namespace Ballast.Cpu")).ToArray();
        Assert.Empty(hits);
    }

    [Fact]
    public void Every_public_layer_is_sealed_or_abstract()
    {
        string[] hits = typeof(Module).Assembly.GetExportedTypes()
            .Where(t => t.IsSubclassOf(typeof(Module)) && t is { IsSealed: false, IsAbstract: false }).Select(t => t.FullName!).ToArray();
        Assert.Empty(hits);
    }

    private static IEnumerable<string> References(string assembly)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        using var image = new PEReader(stream);
        MetadataReader reader = image.GetMetadataReader();
        return [.. reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name))];
    }

    private static IEnumerable<string> SourceFiles(params string[] folders) =>
        folders.Select(f => Path.Combine(Repository.Root, f)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}"));
}
