using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Ballast.Bench.Micro;

/// <summary><c>micro</c>: single operations under BenchmarkDotNet, with the bytes that each call allocates.</summary>
internal static class MicroCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("micro", "Measure single operations with BenchmarkDotNet: time and managed bytes a call.");
        command.SetAction(_ =>
        {
            // In this process: a project of BenchmarkDotNet's own would restore the peer's packages once more.
            IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
            BenchmarkRunner.Run<OpBenchmarks>(config);
            return 0;
        });
        return command;
    }
}
