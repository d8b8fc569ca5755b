using System.Diagnostics;

namespace Ballast.Tests.Formats;

/// <summary>Debian's python3-torch, where it is installed.</summary>
internal static class PythonTorch
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Why the tests against PyTorch do not run here; null where they do, or must.</summary>
    public static string? SkipReason { get; } = Find();

    /// <summary>Runs a script to its end.</summary>
    public static void Run(params string[] arguments)
    {
        (int code, string said) = Start(arguments);
        Assert.True(code == 0, said);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("BALLAST_REQUIRE_TORCH") == "1") return null;
        if (!File.Exists(Python)) return $"{Python} is not here; apt-get install python3-torch";
        return Start("-c", "import torch").Code == 0 ? null : $"{Python} has no torch; apt-get install python3-torch";
    }

    private static (int Code, string Said) Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error + output.Result);
    }
}

/// <summary>A test that needs PyTorch in Python.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTorchFactAttribute : FactAttribute
{
    public PythonTorchFactAttribute() => Skip = PythonTorch.SkipReason;
}
