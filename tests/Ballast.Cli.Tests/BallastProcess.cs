using System.Diagnostics;
using System.Text;

namespace Ballast.Cli.Tests;

/// <summary>Runs the built tool as its own process.</summary>
internal static class BallastProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <summary>A started process with its outputs redirected and its input closed.</summary>
    public static Process Start(params string[] args) => Start([], args);

    /// <summary>As <see cref="Start(string[])"/>, with variables of the environment set or, by null, unset.</summary>
    public static Process Start((string Name, string? Value)[] environment, string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Ballast.Cli.dll"));
        foreach (string arg in args) start.ArgumentList.Add(arg);
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs to the end.</summary>
    public static Task<Outcome> Run(params string[] args) => Run([], args);

    /// <summary>Runs to the end with variables of the environment set or, by null, unset.</summary>
    public static async Task<Outcome> Run((string Name, string? Value)[] environment, params string[] args)
    {
        using Process process = Start(environment, args);
        return await Finish(process);
    }

    /// <summary>Waits for a started process.</summary>
    public static async Task<Outcome> Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        await process.WaitForExitAsync(limit.Token);
        return new Outcome(process.ExitCode, await output, await error);
    }
}

/// <summary>How a process ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>Exactly one line on standard error, nothing on standard output, this exit code.</summary>
    public void FailsInOneLine(int exitCode, params string[] says)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Equal("", Output);
        Assert.EndsWith("\n", Error, StringComparison.Ordinal);
        Assert.Equal(1, Error.Count(c => c == '\n'));
        Assert.StartsWith("ballast: ", Error, StringComparison.Ordinal);
        foreach (string words in says) Assert.Contains(words, Error, StringComparison.Ordinal);
    }

    /// <summary>Exit code 0 and nothing on standard error.</summary>
    public Outcome Succeeds()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        Assert.Equal("", Error);
        return this;
    }
}
