using System.Diagnostics;
using System.Text.RegularExpressions;
using Ballast.Gpu;

namespace Ballast.Ptx;

/// <summary>Debian's clang-15 as a compiler from OpenCL C to PTX: no CUDA toolkit, no library.</summary>
internal sealed partial class Clang(string folder, string header)
{
    private const string Compiler = "clang-15";

    private static readonly string[] _options =
    [
        "-x", "cl", "-cl-std=CL1.2", "-target", "nvptx64-nvidia-cuda", "-nogpulib", "-Xclang", "-target-feature", "-Xclang", "+ptx70", "-O3",
        "-Wall", "-Wno-unused", "-Wno-tautological-compare", "-Werror", "-DHAS_F64",
    ];

    private readonly string _before = header + KernelText.Prelude;

    /// <summary>The hash of everything but the text itself.</summary>
    public string Base { get; } = $"{PtxBundle.HashOf(KernelText.Prelude)} "
        + PtxBundle.HashOf($"{Compiler} {string.Join(' ', _options)}\n{header}");

    /// <summary>Compiles one text. Throws with the compiler's words, or with the names of functions that nothing defines.</summary>
    public PtxModule Compile(string text, IEnumerable<string> kernels)
    {
        string hash = PtxBundle.HashOf(text), source = Path.Combine(folder, hash + ".cl"), target = Path.Combine(folder, hash + ".ptx");
        string names = string.Join(',', kernels.Order(StringComparer.Ordinal));
        File.WriteAllText(source, _before + text);
        // A text that uses newer instructions says so in a comment of its own.
        string target0 = Architecture().Match(text) is { Success: true } given ? given.Groups[1].Value : "sm_70";
        string errors = Start([.. _options, "-S", "-Xclang", "-target-cpu", "-Xclang", target0, "-o", target, source]);
        if (errors.Length > 0) throw new BallastException($"{names} ({hash}) does not compile for PTX:\n{errors}\n{text}");
        string ptx = Tidy(File.ReadAllText(target), GroupSizes(source, text));
        string[] missing = [.. Extern().Matches(ptx).Select(m => m.Groups[1].Value).Distinct()];
        if (missing.Length > 0) throw new BallastException($"{names} ({hash}) calls {string.Join(", ", missing)}, which neither the prelude nor "
            + $"tools/ptx/nvptx.cl defines for PTX.");
        // All kernels of the text are there, whichever of them was asked for.
        string[] all = [.. Entry().Matches(ptx).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)];
        foreach (string name in kernels.Except(all)) throw new BallastException($"the text {hash} has no kernel {name}:\n{text}");
        File.Delete(source);
        File.Delete(target);
        return new PtxModule(hash, string.Join(',', all), ptx);
    }

    private static string Start(string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true })
            ?? throw new BallastException($"{Compiler} does not start; install it: apt-get install clang-15");
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : errors.Length > 0 ? errors : $"{Compiler} ended with {process.ExitCode}";
    }

    /// <summary>The group size of each kernel: from the text if it is a number there, else from the text after the preprocessor.</summary>
    private Dictionary<string, string> GroupSizes(string source, string text)
    {
        MatchCollection found = Kernel().Matches(text);
        if (found.Any(m => !m.Groups[1].Value.All(char.IsAsciiDigit)))
        {
            string expanded = Path.ChangeExtension(source, ".i");
            Start([.. _options, "-E", "-P", "-o", expanded, source]);
            found = Expanded().Matches(File.ReadAllText(expanded));
            File.Delete(expanded);
        }
        return found.ToDictionary(m => m.Groups[3].Value, m => $"{Number(m.Groups[1])}, {Number(m.Groups[2])}, 1");

        // A number or a product of numbers.
        static int Number(Group g) => g.Success ? g.Value.Split('*').Aggregate(1, (n, f) => n * int.Parse(f.Trim(' ', '(', ')'),
            System.Globalization.CultureInfo.InvariantCulture)) : 1;
    }

    /// <summary>Takes comments and empty lines out, and says how many threads a group has, which clang leaves out: the driver can then give each
    /// as many registers as there are.</summary>
    private static string Tidy(string ptx, Dictionary<string, string> sizes)
    {
        var lines = new List<string>();
        string entry = "";
        foreach (string raw in ptx.Split('\n'))
        {
            string line = raw.TrimEnd();
            if (line.Length == 0 || line.TrimStart().StartsWith("//", StringComparison.Ordinal)) continue;
            if (Entry().Match(line) is { Success: true } found) entry = found.Groups[1].Value;
            if (line == "{" && entry.Length > 0)
            {
                if (!sizes.TryGetValue(entry, out string? size)) throw new BallastException($"kernel {entry}: its group size must be a "
                    + $"number or a product of numbers, KERNEL(n) or KERNEL2(x, y).");
                lines.Add(".reqntid " + size);
                entry = "";
            }
            lines.Add(line);
        }
        return string.Join('\n', lines) + "\n";
    }

    [GeneratedRegex(@"^[^#\n]*KERNEL2?\(\s*(\w+)\s*(?:,\s*(\w+)\s*)?\)\s*void\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Kernel();

    [GeneratedRegex(@"reqd_work_group_size\((.+?),\s*(.+?),\s*1\)\)\)\s*void\s+(\w+)")]
    private static partial Regex Expanded();

    [GeneratedRegex(@"\.entry (\w+)\(")]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\.extern (?:\.func\s*(?:\(.*?\)\s*)?)?(.*?)\s*\(?;?$", RegexOptions.Multiline)]
    private static partial Regex Extern();

    [GeneratedRegex(@"^// PTX: (sm_\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Architecture();
}
