using System.CommandLine;
using Ballast.Bench;
using Ballast.Bench.Measuring;

namespace Ballast.Lab;

/// <summary>The command line: which laboratories, and what of them.</summary>
internal static class LabCommandLine
{
    private const int Failure = 1, Usage = 2, UsualThreads = 2, UsualRounds = 7;
    private const double UsualWarmUp = 0.7;

    /// <summary>Parses and runs one command line; returns the exit code: 1 where a version gives a wrong result.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var names = new Argument<string[]>("laboratory") { Description = "Which; all of them if left out", Arity = ArgumentArity.ZeroOrMore };
        var list = new Option<bool>("--list") { Description = "Name the laboratories, their versions and sizes" };
        var validateOnly = new Option<bool>("--validate-only") { Description = "Compare with the reference; take no times" };
        var filter = new Option<string?>("--filter") { Description = "Only sizes and versions whose 'size version' contains the text", HelpName = "TEXT" };
        var repeat = new Option<int>("--repeat") { Description = "Samples of each version", HelpName = "N", DefaultValueFactory = _ => UsualRounds };
        var warm = new Option<double>("--warm-up") { Description = "Seconds of warm-up", HelpName = "S", DefaultValueFactory = _ => UsualWarmUp };
        var threads = new Option<int>("--threads") { Description = "Threads of one operation", HelpName = "N", DefaultValueFactory = _ => UsualThreads };
        var root = new RootCommand("Tries versions of a kernel: against a float64 reference at odd sizes, then against each other in time.")
        {
            names, list, validateOnly, filter, repeat, warm, threads,
        };
        int code = 0;
        root.SetAction(parsed =>
        {
            ILaboratory[] chosen = Choose(parsed.GetValue(names) ?? []);
            if (parsed.GetValue(list)) List(chosen, output);
            else
            {
                CpuOptions.Threads = parsed.GetValue(threads);
                code = Measure(chosen, parsed.GetValue(filter), parsed.GetValue(validateOnly), parsed.GetValue(repeat), parsed.GetValue(warm), output);
            }
        });
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0) throw new UsageException(parsed.Errors[0].Message.TrimEnd('.') + " (--help shows what is possible)");
            int parse = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
            return parse == 0 ? code : parse;
        }
        catch (UsageException wrong)
        {
            error.WriteLine("lab: " + wrong.Message);
            return Usage;
        }
    }

    private static ILaboratory[] Choose(string[] names)
    {
        foreach (string name in names)
            if (Laboratories.All.All(l => l.Name != name))
                throw new UsageException($"no laboratory is named '{name}'; there are: {string.Join(", ", Laboratories.All.Select(l => l.Name))}");
        return [.. Laboratories.All.Where(l => names.Length == 0 || names.Contains(l.Name))];
    }

    private static void List(ILaboratory[] chosen, TextWriter output)
    {
        foreach (ILaboratory laboratory in chosen)
        {
            output.WriteLine($"{laboratory.Name}: {laboratory.Purpose}");
            var versions = new List<string>();
            foreach (LabSize size in laboratory.Odd)
            {
                using ILabTrial trial = laboratory.Prepare(size);
                versions.AddRange(trial.Versions.Select(v => v.Name).Except(versions).ToArray());
            }
            output.WriteLine($"  versions: {string.Join(", ", versions)}");
            output.WriteLine($"  sizes: {string.Join(", ", laboratory.Sweep.Select(s => s.Name))}");
        }
    }

    private static int Measure(ILaboratory[] chosen, string? filter, bool validateOnly, int repeat, double warmUp, TextWriter output)
    {
        int failed = chosen.Sum(l => LabRunner.Validate(l, filter, output));
        if (failed > 0) return Failure;
        if (validateOnly) return 0;
        MachinePeaks peaks = MachinePeaks.Measure(CpuOptions.Threads);
        output.WriteLine($"{Machine.Description}; {CpuOptions.Threads} threads; {peaks}");
        var meter = new AlternatingMeter(repeat, warmUp);
        foreach (ILaboratory laboratory in chosen)
        {
            output.WriteLine();
            output.WriteLine($"{laboratory.Name}: {laboratory.Purpose}");
            LabRunner.Sweep(laboratory, filter, meter, peaks, output);
        }
        return 0;
    }
}
