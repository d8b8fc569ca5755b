using System.Diagnostics;
using System.Text;

namespace Ballast.Tests.Gpu;

/// <summary>Runs a probe (tests/Ballast.Probes) as a process of its own.</summary>
internal static class ProbeProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <summary>The lines that a probe prints, with variables of the environment set.</summary>
    public static async Task<string[]> Run((string Name, string? Value)[] environment, params string[] args)
    {
        (int code, string output, string error) = await RunProgram("Ballast.Probes", environment, args);
        Assert.True(code == 0, $"exit code {code}: {error}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Runs a program that was built beside the tests.</summary>
    public static async Task<(int Code, string Output, string Error)> RunProgram(string program, (string Name, string? Value)[] environment,
        params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program + ".dll"));
        foreach (string arg in args) start.ArgumentList.Add(arg);
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }
}
