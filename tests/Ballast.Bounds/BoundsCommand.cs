using System.Diagnostics;
using System.Globalization;

namespace Ballast.Bounds;

/// <summary>Counts the work and judges the counts.</summary>
internal static class BoundsCommand
{
    private const int Exceeded = 1, Usage = 2, WarmUpRuns = 60;
    private const string CommittedFile = "tests/Ballast.Bounds/bounds.json";

    private static readonly (string Name, Func<Action> Work, int Runs)[] s_works =
    [
        ("train char-gpt step", BoundedWork.TrainingStep, 150),
        ("train small gpt step", BoundedWork.SmallTrainingStep, 500),
        ("decoded token", BoundedWork.Token, 1500),
    ];

    /// <summary>Runs a verb; exit code 1 where a bound is exceeded, 2 where the arguments are wrong.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (args is ["check" or "renew"])
        {
            Start();
            Counts[] counts = [.. s_works.Select(w => Count(w.Name, w.Work(), w.Runs))];
            return args[0] == "check" ? Check(counts, output) : Renew(counts, output, error);
        }
        if (args is ["run", var name, var times] && TimesOf(times) is { } repeats && WorkOf(name) is { } repeated)
        {
            Start();
            Action work = repeated();
            for (int i = 0; i < repeats; i++) work();
            return 0;
        }
        if (args is ["judge" or "note", var counted, var instructions] && TimesOf(instructions) is { } executed && WorkOf(counted) is not null)
            return args[0] == "judge" ? JudgeInstructions(counted, executed, output) : Note(counted, executed, output, error);
        error.WriteLine("usage: check | renew | run WORK TIMES | judge WORK INSTRUCTIONS | note WORK INSTRUCTIONS");
        error.WriteLine($"WORK is one of: {string.Join(", ", s_works.Select(w => $"'{w.Name}'"))}; renew and note write {CommittedFile} in the repository's root");
        return Usage;
    }

    private static void Start()
    {
        BallastRuntime.Start();
        CpuOptions.Threads = 1;
    }

    private static long? TimesOf(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out long times) && times > 0 ? times : null;

    private static Func<Action>? WorkOf(string name) => Array.Find(s_works, w => w.Name == name).Work;

    // A count of instructions is made elsewhere (tools/instructions.sh) and stays as it is.
    private static int Renew(Counts[] counts, TextWriter output, TextWriter error)
    {
        if (!IsInRoot(error)) return Usage;
        Counts[] old = Counts.Read(CommittedFile);
        Counts.Write(CommittedFile, counts.Select(c => c with
        {
            Microseconds = null,
            Instructions = Array.Find(old, o => o.Name == c.Name)?.Instructions,
        }));
        output.WriteLine($"written: {CommittedFile}");
        return 0;
    }

    private static int Note(string name, long instructions, TextWriter output, TextWriter error)
    {
        if (!IsInRoot(error)) return Usage;
        Counts.Write(CommittedFile, Counts.Read(CommittedFile).Select(c => c.Name == name ? c with { Instructions = instructions } : c));
        output.WriteLine($"written: {CommittedFile}: {name}: {instructions:#,##0} instructions");
        return 0;
    }

    private static bool IsInRoot(TextWriter error)
    {
        bool here = File.Exists(CommittedFile);
        if (!here) error.WriteLine($"{CommittedFile} is not here; run it in the root of the repository.");
        return here;
    }

    private static int JudgeInstructions(string name, long instructions, TextWriter output) =>
        Judge(name, "instructions", instructions, Bound(name).MostInstructions
            ?? throw new InvalidDataException($"bounds.json has no count of instructions for '{name}'; tools/instructions.sh --renew writes it."), output) ? 0 : Exceeded;

    private static Counts Bound(string name) => Array.Find(Counts.Read(Path.Combine(AppContext.BaseDirectory, "bounds.json")), b => b.Name == name)
        ?? throw new InvalidDataException($"bounds.json has no bound for '{name}'; 'renew' writes them all.");

    private static Counts Count(string name, Action work, int runs)
    {
        for (int i = 0; i < WarmUpRuns; i++) work();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        work();
        // The readings themselves take some bytes and faults; the second time they find their memory.
        _ = Faults();
        long faults = Faults(), bytes = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) work();
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        faults = Faults() - faults;
        return new Counts(name, PerRun(bytes), PerRun(faults), null, microseconds / runs);

        double PerRun(long count) => Math.Round((double)count / runs, 2);
    }

    private static int Check(Counts[] counts, TextWriter output)
    {
        bool held = true;
        foreach (Counts now in counts)
        {
            Counts bound = Bound(now.Name);
            held &= Judge(now.Name, "managed bytes", now.ManagedBytes, bound.MostBytes, output);
            held &= Judge(now.Name, "page faults", now.Faults, bound.MostFaults, output);
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
