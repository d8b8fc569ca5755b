// The one script for everything: dotnet run build.cs -- check | test | golden | ptx | parity | bench | size | api | pack | consumer
using System.Diagnostics;

string root = FindRoot();
string verb = args.Length > 0 ? args[0] : "";
string[] rest = [.. args.Skip(1)];
switch (verb)
{
    case "check":
        Run("dotnet", "build", "Ballast.slnx", "-c", "Release", "--nologo", "-v", "q");
        // The formatter takes its configuration from here only; without the built generator it would write the generated members itself.
        Environment.SetEnvironmentVariable("Configuration", "Release");
        Run("dotnet", "format", "Ballast.slnx", "--verify-no-changes", "--severity", "warn", "--exclude-diagnostics", "IDE1006");
        Environment.SetEnvironmentVariable("Configuration", null);
        Run("dotnet", ["test", "Ballast.slnx", "-c", "Release", "--no-build", "--nologo", .. rest]);
        break;
    case "test":
        Run("dotnet", ["test", "Ballast.slnx", "-c", "Release", "--nologo", .. rest]);
        break;
    case "golden":
        Run("/usr/bin/python3", ["tools/golden/make.py", .. rest]);
        break;
    case "ptx":
        Run("dotnet", ["run", "-c", "Release", "--project", "tools/ptx", "--", .. rest]);
        break;
    case "parity":
        Run("dotnet", ["run", "-c", "Release", "--project", "tests/Ballast.DeviceRunner", "--", "--only", "ops", "--parity", "docs/parity.md",
            .. rest.Contains("--device") ? rest : ["--device", "cpu", "opencl:0", .. rest]]);
        break;
    case "bench":
        Run("dotnet", ["run", "-c", "Release", "--project", "bench/Ballast.Bench", "--", .. rest.Length > 0 ? rest : ["peers"]]);
        break;
    case "api":
        Run("dotnet", ["run", "-c", "Release", "--project", "tools/api", "--", .. rest]);
        break;
    case "pack":
        foreach (string project in (string[])["src/Ballast", "src/Ballast.Cli"])
            Run("dotnet", ["pack", project, "-c", "Release", "--nologo", "-v", "q", "--artifacts-path", "artifacts", "-o", "artifacts/packages",
                "-p:ContinuousIntegrationBuild=true", .. rest]);
        break;
    case "consumer":
        Run("tools/consumer-test.sh", rest);
        break;
    case "size":
        Size();
        break;
    default:
        Console.Error.WriteLine("usage: dotnet run build.cs -- check | test [options of dotnet test] | golden [--check] | ptx [--check] | parity [options of the device runner] | bench [verb and options] | size | api [--check] | pack [options of dotnet pack] | consumer [--fast]");
        return 2;
}
return 0;

void Run(string file, params string[] arguments)
{
    Console.WriteLine($"> {file} {string.Join(' ', arguments)}");
    using Process process = Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = root, UseShellExecute = false })!;
    process.WaitForExit();
    if (process.ExitCode != 0) Environment.Exit(process.ExitCode);
}

// Files, lines and the longest file of each part; and the bytes of each built assembly.
void Size()
{
    Console.WriteLine($"{"part",-24}{"files",8}{"lines",9}  longest");
    foreach (string part in (string[])["ops", "src/Ballast.Tensors", "src/Ballast.Cpu", "src/Ballast.Gpu", "src/Ballast.Formats", "src/Ballast.Modules", "src/Ballast.Generators", "src/Ballast", "src/Ballast.Cli", "tests", "bench", "samples"])
    {
        if (!Directory.Exists(Path.Combine(root, part))) continue;
        (string File, int Lines)[] files = [.. Directory.EnumerateFiles(Path.Combine(root, part), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/")).Select(f => (f, File.ReadLines(f).Count()))];
        if (files.Length == 0) continue;
        var longest = files.MaxBy(f => f.Lines);
        Console.WriteLine($"{part,-24}{files.Length,8}{files.Sum(f => f.Lines),9}  {longest.Lines} {Path.GetRelativePath(root, longest.File)}");
    }
    foreach (string dll in Directory.EnumerateFiles(Path.Combine(root, "src"), "Ballast*.dll", SearchOption.AllDirectories)
        .Where(f => f.Contains("/bin/Release/") && Path.GetFileNameWithoutExtension(f) == Path.GetFileName(f.Split("/bin/")[0])))
        Console.WriteLine($"{Path.GetFileName(dll),-24}{new FileInfo(dll).Length,17:N0} bytes");
}

static string FindRoot()
{
    for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        if (File.Exists(Path.Combine(folder.FullName, "Ballast.slnx"))) return folder.FullName;
    Console.Error.WriteLine("build.cs: run it inside the repository (no folder above holds Ballast.slnx).");
    Environment.Exit(2);
    return "";
}
