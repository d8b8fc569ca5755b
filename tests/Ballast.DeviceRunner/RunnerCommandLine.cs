using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ballast.DeviceRunner;

/// <summary>The options; wrong input is one line on standard error and exit code 2, a failed check is exit code 1.</summary>
internal static class RunnerCommandLine
{
    private const int Usage = 2;

    /// <summary>Parses and runs one command line; returns the exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var device = new Option<string[]>("--device") { Description = "What to check: cpu, opencl:0, cuda:0; several in their order", AllowMultipleArgumentsPerToken = true };
        var parts = new Option<string[]>("--only") { Description = "ops, gpt, bench; all if left out", AllowMultipleArgumentsPerToken = true };
        var filter = new Option<string>("--filter") { Description = "Op rows and benchmarks whose name contains this", DefaultValueFactory = _ => "" };
        var quick = new Option<bool>("--quick") { Description = "Three cases of a row, and small benchmarks" };
        var tiny = new Option<bool>("--tiny") { Description = "Only the smallest case of each row, for drivers that interpret kernels" };
        var shard = new Option<string>("--shard") { Description = "Part i of n of a tiny run, as in 1/2", DefaultValueFactory = _ => "1/1" };
        var gemm = new Option<int[]>("--gemm")
        {
            Description = "Edges of square matrix products",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1024],
        };
        var gpt2 = new Option<bool>("--gpt2") { Description = "Measure GPT-2 124M too: forward pass, decoding, training step" };
        var json = new Option<string?>("--json") { Description = "Write the results to this file" };
        var parity = new Option<string?>("--parity") { Description = "Write the parity table to this Markdown file" };
        var merge = new Option<string[]>("--merge")
        {
            Description = "Result files of other machines that the parity table includes",
            AllowMultipleArgumentsPerToken = true,
        };
        var root = new RootCommand("Checks a device: the op table against float64 references, a GPT in training and decoding, and micro-benchmarks.")
        {
            device, parts, filter, quick, tiny, shard, gemm, gpt2, json, parity, merge,
        };
        root.SetAction(parsed =>
        {
            string[] asked = parsed.GetValue(parts) is { Length: > 0 } given ? given : RunnerOptions.AllParts;
            if (asked.Except(RunnerOptions.AllParts).FirstOrDefault() is { } unknown)
                throw new UsageException($"--only {unknown}: the parts are {string.Join(", ", RunnerOptions.AllParts)}");
            (int part, int of) = Shard(parsed.GetValue(shard)!);
            var options = new RunnerOptions
            {
                Devices = parsed.GetValue(device) is { Length: > 0 } named ? named
                    : throw new UsageException("name a device: --device cuda:0, opencl:0 or cpu"),
                Parts = asked,
                Filter = parsed.GetValue(filter)!,
                Quick = parsed.GetValue(quick),
                Tiny = parsed.GetValue(tiny),
                Shard = part,
                Shards = of,
                Gemm = parsed.GetValue(gemm)!,
                Gpt2 = parsed.GetValue(gpt2),
                Json = parsed.GetValue(json),
                Parity = parsed.GetValue(parity),
                Merge = parsed.GetValue(merge) ?? [],
            };
            if (options.Parity is not null && !options.IsWholeTable)
                throw new UsageException("--parity needs the whole op table: leave out --filter, --quick, --tiny and an --only without ops");
            return new Runner(options, output).Run();
        });
        try
        {
            ParseResult result = root.Parse(args);
            bool asksForHelp = args.Any(a => a is "--help" or "-h" or "-?" or "--version");
            if (result.Errors.Count > 0 && !asksForHelp) throw new UsageException(result.Errors[0].Message.TrimEnd('.'));
            return result.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception wrong) when (wrong is UsageException or DeviceNotAvailableException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(wrong.Message);
            return Usage;
        }
    }

    private static (int Part, int Of) Shard(string text)
    {
        string[] halves = text.Split('/');
        return halves.Length == 2 && int.TryParse(halves[0], CultureInfo.InvariantCulture, out int part)
            && int.TryParse(halves[1], CultureInfo.InvariantCulture, out int of) && part >= 1 && part <= of
            ? (part, of) : throw new UsageException($"--shard {text}: give part and count, as in 1/2");
    }
}

/// <summary>The command line asks for something that is not there.</summary>
internal sealed class UsageException(string message) : Exception(message);
