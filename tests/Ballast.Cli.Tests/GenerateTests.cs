using System.Diagnostics;
using Ballast.Cli.Generation;
using Ballast.Models;

namespace Ballast.Cli.Tests;

public sealed class GenerateTests
{
    [Fact]
    public async Task Same_seed_writes_the_same_text_and_another_seed_another()
    {
        using var folder = new TemporaryFolder();
        (await TrainTests.Train(folder, "run", "--steps", "5")).Succeeds();
        string first = (await Generate(folder, "--prompt", "the ", "--tokens", "60", "--seed", "4")).Succeeds().Output;
        Assert.StartsWith("the ", first, StringComparison.Ordinal);
        Assert.Equal(4 + 60 + 1, first.Length);
        Assert.Equal(first, (await Generate(folder, "--prompt", "the ", "--tokens", "60", "--seed", "4")).Succeeds().Output);
        Assert.NotEqual(first, (await Generate(folder, "--prompt", "the ", "--tokens", "60", "--seed", "5")).Succeeds().Output);
    }

    [Fact]
    public async Task Temperature_0_takes_the_likeliest_whatever_the_seed_and_so_does_top_1()
    {
        using var folder = new TemporaryFolder();
        (await TrainTests.Train(folder, "run", "--steps", "5")).Succeeds();
        string greedy = (await Generate(folder, "--tokens", "30", "--temperature", "0", "--seed", "1")).Succeeds().Output;
        Assert.Equal(greedy, (await Generate(folder, "--tokens", "30", "--temperature", "0", "--seed", "2")).Succeeds().Output);
        Assert.Equal(greedy, (await Generate(folder, "--tokens", "30", "--top-k", "1", "--seed", "3")).Succeeds().Output);
    }

    [Fact]
    public async Task Text_is_streamed_while_it_is_sampled()
    {
        using var folder = new TemporaryFolder();
        (await TrainTests.Train(folder, "run", "--steps", "1")).Succeeds();
        using Process process = BallastProcess.Start("generate", folder["run"], "--prompt", "the ", "--tokens", "100000000");
        var start = new char[40];
        int read = await process.StandardOutput.ReadBlockAsync(start);
        Assert.False(process.HasExited);
        process.Kill();
        Assert.Equal(40, read);
        Assert.StartsWith("the ", new string(start), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "the prompt has 'Z' (U+005A) as character 3", "--prompt", "shZp")]
    [InlineData(2, "--temperature takes a number of at least 0, not '-1'", "--temperature", "-1")]
    [InlineData(2, "--top-k takes a whole number of at least 1, not '0'", "--top-k", "0")]
    [InlineData(2, "no averaged weights", "--ema")]
    [InlineData(2, "'meta' holds no data", "--device", "meta")]
    public async Task Wrong_use_is_one_line(int code, string says, params string[] options)
    {
        using var folder = new TemporaryFolder();
        (await TrainTests.Train(folder, "run", "--steps", "0")).Succeeds();
        (await Generate(folder, options)).FailsInOneLine(code, says);
    }

    [Fact]
    public async Task Folder_without_a_run_is_one_line()
    {
        using var folder = new TemporaryFolder();
        (await BallastProcess.Run("generate", folder["nothing"])).FailsInOneLine(UserError.WrongUsage, "there is no folder");
        (await BallastProcess.Run("generate", folder.Path)).FailsInOneLine(UserError.WrongUsage, "holds no run");
        (await BallastProcess.Run("generate")).FailsInOneLine(UserError.WrongUsage, "ballast generate --help");
    }

    [Fact]
    public void Top_k_draws_only_from_the_k_likeliest()
    {
        Gpt model = Model();
        float[] logits;
        using (Autograd.NoGrad()) logits = model.Forward(Tensor.From<long>([1], [1, 1])).ToArray<float>();
        int[] best = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(3)];
        var sampler = new TextSampler(model, new SamplingSettings(100, 3), new Generator(1UL));
        int[] drawn = [.. Enumerable.Range(0, 60).Select(_ => sampler.Continue([1]).First()).Distinct()];
        Assert.Equal(best.Order(), drawn.Order());
    }

    [Fact]
    public void Context_longer_than_the_block_slides()
    {
        Gpt model = Model();
        int[] prompt = [.. Enumerable.Range(0, 30).Select(i => i * 7 % 11)];
        int[] whole = [.. new TextSampler(model, new SamplingSettings(0, null), new Generator(1UL)).Continue(prompt).Take(20)];
        int[] tail = [.. new TextSampler(model, new SamplingSettings(0, null), new Generator(1UL)).Continue(prompt[^8..]).Take(20)];
        Assert.Equal(tail, whole);
    }

    [Fact]
    public void Likeliest_tokens_are_those_of_a_full_pass_over_the_last_block()
    {
        Gpt model = Model();
        List<int> text = [1, 5, 2];
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        foreach (int next in new TextSampler(model, new SamplingSettings(0, null), new Generator(1UL)).Continue(text.ToArray()).Take(20))
        {
            long[] window = [.. text.TakeLast(8).Select(t => (long)t)];
            Tensor logits = model.Forward(Tensor.From(window, [1, window.Length])).Select(1, -1);
            Assert.Equal((int)logits.ArgMax().Item<long>(), next);
            text.Add(next);
        }
    }

    [OpenClFact]
    public void On_a_device_the_number_of_the_token_is_all_that_is_read()
    {
        Device device = Device.Parse("opencl:0");
        foreach (SamplingSettings settings in new[] { new SamplingSettings(0, null), new(0.8, null), new(1.2, 3) })
        {
            int[] here = [.. new TextSampler(Model(), settings, new Generator(3UL)).Continue([1, 2]).Take(12)];
            Gpt model = Model().To(device);
            DeviceStats start = device.Stats;
            int[] there = [.. new TextSampler(model, settings, new Generator(3UL)).Continue([1, 2]).Take(12)];
            DeviceStats read = device.Stats - start;
            Assert.Equal(here, there);
            Assert.Equal((12L, 12L * sizeof(long)), (read.CopiesToHost, read.BytesToHost));
        }
    }

    [Fact]
    public void Logits_that_are_no_numbers_are_refused()
    {
        Gpt model = Model();
        using (Autograd.NoGrad()) model.TokenEmbedding.Weight.Value.FillInPlace(double.NaN);
        foreach (double temperature in new[] { 0.0, 1 })
        {
            var sampler = new TextSampler(model, new SamplingSettings(temperature, null), new Generator(1UL));
            Assert.Contains("no finite number", Assert.Throws<UserError>(() => sampler.Continue([1]).First()).Message);
        }
    }

    private static Gpt Model() =>
        new Gpt(new GptConfig { VocabularySize = 11, BlockLength = 8, Width = 8, Heads = 2, Layers = 1 }, new Generator(9UL)).Eval();

    private static Task<Outcome> Generate(TemporaryFolder folder, params string[] options) =>
        BallastProcess.Run(["generate", folder["run"], .. options]);
}
