using System.CommandLine;
using System.Diagnostics;
using Ballast.Bench.Peers;

namespace Ballast.Bench.Memory;

/// <summary><c>mem</c>: the memory of training with nothing freed by hand, against training in a <see cref="TensorScope"/>; and that of
/// decoding.</summary>
internal static class MemoryCommand
{
    private const int UsualSteps = 2000, FewestSteps = 40, Reports = 8;
    private const string PlainLoop = "plain", ScopedLoop = "scope";

    /// <summary>What the run may hold at its peak, as a multiple of the run in scopes.</summary>
    private const double AllowedRatio = 1.5;

    /// <summary>Growth of the peak over the last quarter that counts as none: what the runtime itself takes for late compilation.</summary>
    private const double AllowedGrowth = 0.01;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var steps = new Option<int>("--steps")
        {
            Description = "Training steps, or tokens, of each run", HelpName = "N", DefaultValueFactory = _ => UsualSteps,
        };
        var loop = new Option<string?>("--loop") { Description = "One of the runs, in this process", Hidden = true };
        loop.AcceptOnlyFromAmong(PlainLoop, ScopedLoop, DecodingLoop.Name);
        const string purpose =
            "Train the model of 'train char-gpt' with nothing freed by hand and in TensorScopes, decode with GPT-2's sizes; compare the memory.";
        var command = new Command("mem", purpose)
        {
            steps, loop,
        };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            int count = parsed.GetValue(steps);
            if (count < FewestSteps) throw new UsageException($"--steps {count} is too few to see a trend: give {FewestSteps} or more");
            return parsed.GetValue(loop) switch
            {
                null => Compare(count, output) & DecodingLoop.Check(count, output) ? 0 : 1,
                DecodingLoop.Name => DecodingLoop.Run(count, output),
                { } name => Train(name == ScopedLoop, count, output),
            };
        });
        return command;
    }

    /// <summary>Runs one loop here; prints <c>step resident peak milliseconds</c> (bytes) eight times.</summary>
    private static int Train(bool scoped, int steps, TextWriter output)
    {
        GptWeights.Shared = false;
        Func<float> step = OurGpt.Step(GptSizes.CharGpt);
        var watch = Stopwatch.StartNew();
        for (int i = 1; i <= steps; i++)
        {
            if (scoped)
            {
                using TensorScope scope = TensorScope.Begin();
                step();
            }
            else
            {
                step();
            }
            if (i % Math.Max(1, steps / Reports) != 0) continue;
            ProcessMemory memory = ProcessMemory.Read();
            output.WriteLine($"{i} {memory.ResidentBytes} {memory.PeakBytes} {watch.ElapsedMilliseconds}");
            output.Flush();
        }
        return 0;
    }

    /// <summary>Trains both ways, each in a process of its own; false where the memory is not flat or too much.</summary>
    private static bool Compare(int steps, TextWriter output)
    {
        List<Report> plain = RunChild(PlainLoop, "nothing freed by hand", steps, output);
        List<Report> scoped = RunChild(ScopedLoop, "a TensorScope around every step", steps, output);
        long grown = plain[^1].PeakBytes - plain[plain.Count * 3 / 4 - 1].PeakBytes;
        double ratio = (double)plain[^1].PeakBytes / scoped[^1].PeakBytes;
        bool flat = grown <= AllowedGrowth * plain[^1].PeakBytes, small = ratio <= AllowedRatio;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(flat ? "flat" : "NOT FLAT")}: the peak grew by {Mebibytes(grown):0.0} MiB over the last {steps / 4} steps"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(small ? "small" : "TOO MUCH")}: the peak is {ratio:0.00} times that with scopes ({AllowedRatio:0.0} is allowed)"));
        return flat && small;
    }

    private static List<Report> RunChild(string loop, string words, int steps, TextWriter output)
    {
        output.WriteLine($"{words}:");
        using Process child = OwnProcess.Start("mem", "--loop", loop, "--steps", steps.ToString(CultureInfo.InvariantCulture));
        var reports = new List<Report>();
        while (child.StandardOutput.ReadLine() is { } line)
        {
            long[] fields = [.. line.Split(' ').Select(f => long.Parse(f, CultureInfo.InvariantCulture))];
            reports.Add(new Report(fields[0], fields[1], fields[2], fields[3]));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  step {fields[0],5}  now {Mebibytes(fields[1]),7:0.0} MiB  peak {Mebibytes(fields[2]),7:0.0} MiB  " +
                $"{fields[3] / 1000.0,7:0.0} s"));
        }
        child.WaitForExit();
        if (child.ExitCode != 0 || reports.Count < Reports)
            throw new BenchmarkFailedException($"the run '{loop}' ended early, with exit code {child.ExitCode}.");
        return reports;
    }

    private static double Mebibytes(long bytes) => bytes / 1048576.0;

    /// <summary>One line of a run; bytes and milliseconds.</summary>
    private sealed record Report(long Step, long ResidentBytes, long PeakBytes, long Milliseconds);
}
