using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;

namespace Ballast.Bounds;

/// <summary>Counts the work and judges the counts.</summary>
internal static class BoundsCommand
{
    private const int Exceeded = 1, Usage = 2, WarmUpRuns = 60, StepRuns = 150, TokenRuns = 1500;
    private const string CommittedFile = "tests/Ballast.Bounds/bounds.json";

    /// <summary>Runs <c>check</c> or <c>renew</c>; exit code 1 where a bound is exceeded.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        string verb = args is [var only] ? only : "";
        if (verb is not ("check" or "renew" or "counter"))
        {
            error.WriteLine("usage: check | renew (in the repository's root) | counter (whether instructions can be counted)");
            return Usage;
        }
        // First of all: threads that start later are counted, and those that run already are not.
        using InstructionCounter? counter = InstructionCounter.TryStart(out string? reason);
        if (verb == "counter")
        {
            output.WriteLine(reason ?? "counted");
            return 0;
        }
        BallastRuntime.Start();
        CpuOptions.Threads = 1;
        Counts[] counts =
        [
            Count("train char-gpt step", BoundedWork.TrainingStep(), StepRuns, counter),
            Count("decoded token", BoundedWork.Token(), TokenRuns, counter),
        ];
        if (verb == "check") return Check(counts, reason, output);
        if (!File.Exists(CommittedFile))
        {
            error.WriteLine($"{CommittedFile} is not here; run it in the root of the repository.");
            return Usage;
        }
        Counts.Write(CommittedFile, counts.Select(c => c with { Microseconds = null }));
        output.WriteLine($"written: {CommittedFile}" + (reason is null ? "" : $", without instructions: {reason}"));
        return 0;
    }

    private static Counts Count(string name, Action work, int runs, InstructionCounter? counter)
    {
        for (int i = 0; i < WarmUpRuns; i++) work();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        work();
        // The readings themselves take some bytes and faults; the second time they find their memory.
        _ = Faults();
        long faults = Faults(), bytes = GC.GetTotalAllocatedBytes(precise: true), instructions = counter?.Read() ?? 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) work();
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        long executed = (counter?.Read() ?? 0) - instructions;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        faults = Faults() - faults;
        return new Counts(
            name, PerRun(bytes), PerRun(faults), counter is null ? null : PerRun(executed), Vector512.IsHardwareAccelerated ? 512 : 256, microseconds / runs);

        double PerRun(long count) => Math.Round((double)count / runs, 2);
    }

    private static int Check(Counts[] counts, string? whyNoInstructions, TextWriter output)
    {
        Counts[] bounds = Counts.Read(Path.Combine(AppContext.BaseDirectory, "bounds.json"));
        bool held = true;
        foreach (Counts now in counts)
        {
            Counts bound = Array.Find(bounds, b => b.Name == now.Name)
                ?? throw new InvalidDataException($"bounds.json has no bound for '{now.Name}'; 'renew' writes them all.");
            held &= Judge(now.Name, "managed bytes", now.ManagedBytes, bound.MostBytes, output);
            held &= Judge(now.Name, "page faults", now.Faults, bound.MostFaults, output);
            string? unbounded = whyNoInstructions
                ?? (bound.Instructions is null ? "the bounds were written where instructions are not counted"
                    : bound.VectorBits != now.VectorBits ? $"the bounds were written with vectors of {bound.VectorBits} bits" : null);
            if (unbounded is null) held &= Judge(now.Name, "instructions", now.Instructions!.Value, bound.MostInstructions!.Value, output);
            else output.WriteLine($"skipped: {now.Name}: instructions: {unbounded}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time: {now.Name}: {now.Microseconds:0.0} us"));
        }
        return held ? 0 : Exceeded;
    }

    private static bool Judge(string name, string what, double count, double most, TextWriter output)
    {
        bool held = count <= most;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{(held ? "held" : "EXCEEDED")}: {name}: {what}: {count:#,##0.##}, at most {most:#,##0.##} allowed"));
        return held;
    }

    /// <summary>Page faults so far that read no disk; 0 where the system is not Linux.</summary>
    private static long Faults()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        // The fields after the name, which may hold blanks: state, parent, group, session, terminal, its group, flags, faults.
        string stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
