using Ballast.Tests.Gpu;

namespace Ballast.Tests.Modules;

/// <summary><c>samples/state.cs</c> as a process: six things that module state does.</summary>
public sealed class StateSampleTests
{
    [Fact]
    public async Task The_sample_shows_six_things_in_order()
    {
        (int code, string output, string error) = await ProbeProcess.RunProgram("Ballast.StateSample", []);
        Assert.True(code == 0, error);
        string[] said =
        [
            "=== 1. A tie", "one handle: True; parameters: embedding.weight", "also known as head.weight",
            "=== 2. A rotary table", "query.weight bfloat16, rotary float32", "0..11",
            "=== 3. A start on meta", "query.weight on meta, rotary on meta", "query.weight on cpu, rotary on cpu", "[0.5403, 0.9999]",
            "=== 4. A load report", "nothing was loaded", "the state has 'module.embedding.weight'", "RenameRule.StripPrefix(\"module.\")",
            "1 keys match", "(allowed)",
            "=== 5. Averaged weights", "after 20 updates", "training mode as before: True, momentum as before: 0.1",
            "=== 6. A state of an older version", "migrated from version 1 to 2: weight = [2.0000, 4.0000]",
        ];
        int at = 0;
        foreach (string words in said)
        {
            int found = output.IndexOf(words, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{words}' is not said, or too early:\n{output}");
            at = found;
        }
    }
}
