using System.Diagnostics;
using Ballast.Bench.Measuring;
using Ballast.Bench.Peers;
using Ballast.Models;

namespace Ballast.Bench.Memory;

/// <summary>Decoding with the 124 million parameters of GPT-2: what tokens take beside weights and cache, which is nothing.</summary>
internal static class DecodingLoop
{
    /// <summary>The name of the loop.</summary>
    public const string Name = "decode";

    private const int Reports = 8, Prompt = 16;

    /// <summary>Pages and managed bytes of the last half that count as none: the runtime compiles late, or wakes a thread.</summary>
    private const long AllowedFaults = 64, AllowedManagedBytes = 16 * 1024;

    /// <summary>Decodes tokens here, cutting the text back to its prompt wherever the model is full; prints
    /// <c>token resident peak faults managed milliseconds</c> (bytes; faults and managed bytes of the tokens since the last line) eight
    /// times.</summary>
    public static int Run(int tokens, TextWriter output)
    {
        GptWeights.Shared = false;
        GptSizes sizes = GptSizes.Gpt2;
        using GptSession session = GptWeights.Own(sizes).Eval().StartSession();
        int[] text = [.. Inputs.Tokens(session.Capacity, sizes.Config.VocabularySize, seed: 1).Select(t => (int)t)];
        session.Prefill(text.AsSpan(0, Prompt));
        var watch = Stopwatch.StartNew();
        for (int report = 1, done = 0; report <= Reports; report++)
        {
            int until = (int)((long)tokens * report / Reports);
            ProcessCounts before = ProcessCounts.Before();
            for (; done < until; done++)
            {
                if (session.Length == session.Capacity) session.Truncate(Prompt);
                session.Step(text[session.Length]);
            }
            ProcessCounts after = ProcessCounts.After();
            ProcessMemory memory = ProcessMemory.Read();
            output.WriteLine(
                $"{done} {memory.ResidentBytes} {memory.PeakBytes} {after.Faults - before.Faults} "
                + $"{after.ManagedBytes - before.ManagedBytes} {watch.ElapsedMilliseconds}");
            output.Flush();
        }
        return 0;
    }

    /// <summary>Runs the loop in a process of its own; false where the last half of the tokens took memory.</summary>
    public static bool Check(int tokens, TextWriter output)
    {
        output.WriteLine("decoding with GPT-2's sizes:");
        using Process child = OwnProcess.Start("mem", "--loop", Name, "--steps", tokens.ToString(CultureInfo.InvariantCulture));
        long faults = 0, managed = 0;
        int lines = 0;
        while (child.StandardOutput.ReadLine() is { } line)
        {
            long[] fields = [.. line.Split(' ').Select(f => long.Parse(f, CultureInfo.InvariantCulture))];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  token {fields[0],5}  now {fields[1] / 1048576.0,7:0.0} MiB  peak {fields[2] / 1048576.0,7:0.0} MiB  "
                + $"{fields[3],5} page faults  {fields[4],8} managed bytes  {fields[5] / 1000.0,7:0.0} s"));
            if (++lines <= Reports / 2) continue;
            faults += fields[3];
            managed += fields[4];
        }
        child.WaitForExit();
        if (child.ExitCode != 0 || lines != Reports)
            throw new BenchmarkFailedException($"the run '{Name}' ended early, with exit code {child.ExitCode}.");
        bool flat = faults <= AllowedFaults && managed <= AllowedManagedBytes;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(flat ? "flat" : "NOT FLAT")}: the last {tokens / 2} tokens took {faults} pages and {managed} managed bytes "
            + $"({AllowedFaults} and {AllowedManagedBytes} are allowed)"));
        return flat;
    }
}
