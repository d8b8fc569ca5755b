namespace Ballast.Tests.Gpu;

/// <summary><c>samples/buffers.cs</c> as a process: the article's story, on meta and on a device that computes.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task Without_an_option_the_other_device_is_meta() => Story(await Run(), "meta", "float32 [2, 6, 2] on meta.");

    [OpenClFact]
    public async Task On_a_real_device_the_plain_tensor_is_refused_and_the_buffer_has_moved_with_the_same_numbers()
    {
        string output = await Run("--device", "opencl:0");
        Story(output, "opencl:0", "float32 [2, 6, 2] on opencl:0, at most ");
        foreach (string words in output.Split("at most ").Skip(1))
        {
            double difference = double.Parse(words.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(difference, 0, 1e-6);
        }
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_an_error_and_never_another_device()
    {
        (int code, string output, string error) = await ProbeProcess.RunProgram("Ballast.Samples", [("BALLAST_OPENCL", "/nonexistent")],
            "--device", "opencl:0");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("'opencl:0' cannot be used", error, StringComparison.Ordinal);
    }

    private static async Task<string> Run(params string[] args)
    {
        (int code, string output, string error) = await ProbeProcess.RunProgram("Ballast.Samples", [], args);
        Assert.True(code == 0, error);
        return output;
    }

    private static void Story(string output, string device, string result)
    {
        string[] said =
        [
            "=== 1. Without a buffer", "-0.4519,  0.2216", "=== 2. On another device",
            $"W_query.weight is on {device}, Mask is on cpu: To() could not move what it does not know",
            "masked_fill needs its operands on one device", "from AttentionWithoutBuffer.Mask: a tensor outside the module's state",
            "declare it as a Buffer so that To() moves it", $"Moved by hand, it runs: the result is {result}",
            "=== 3. With a buffer", "0.4772, 0.1063", $"W_query.weight is on {device} and Mask is on {device}; the call gives {result}",
            "=== 4. Saving and loading", "With it:                          mask, W_query.weight", "has the twos", "0., 2., 2.",
            "=== 5. What this buys",
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
