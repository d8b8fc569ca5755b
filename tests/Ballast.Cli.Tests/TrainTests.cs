using System.Diagnostics;
using System.Text.Json;
using Ballast.Cli.Models;
using Ballast.Cli.Runs;

namespace Ballast.Cli.Tests;

/// <summary>The real process, on a model so small that a step takes about a millisecond.</summary>
public sealed class TrainTests
{
    private static readonly string[] s_small = ["--layers", "1", "--width", "16", "--heads", "2", "--block", "16", "--batch", "4"];
    private static readonly string[] s_files =
        ["model.safetensors", "config.json", "tokenizer.json", "optimizer.safetensors", "training.json", "loss.png"];

    [Fact]
    public async Task Training_leaves_every_file_and_prints_the_losses_beside_the_text_s_own()
    {
        using var folder = new TemporaryFolder();
        Outcome run = (await Train(folder, "run", "--steps", "12")).Succeeds();
        foreach (string file in s_files) Assert.True(File.Exists(Path.Combine(folder["run"], file)), file);
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(File.ReadAllBytes(Path.Combine(folder["run"], "loss.png")).AsSpan(0, 8)));
        Assert.Contains("validation loss ", run.Output, StringComparison.Ordinal);
        Assert.Contains("the text's own cross entropy: bigram ", run.Output, StringComparison.Ordinal);
        Assert.Contains(", unigram ", run.Output, StringComparison.Ordinal);
        Assert.Contains("characters/s", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
        Outcome state = (await BallastProcess.Run("inspect", folder["run"])).Succeeds();
        Assert.Contains("query_key_value", state.Output, StringComparison.Ordinal);
        Assert.Contains("step 12", state.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resumed_run_equals_the_uninterrupted_one_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        string[] random = ["--ema", "--config", "small", "--seed", "7"]; // small has dropout
        (await Train(folder, "a", ["--steps", "14", .. random])).Succeeds();
        (await Train(folder, "b", ["--steps", "6", .. random])).Succeeds();
        (await BallastProcess.Run("train", "--resume", folder["b"], "--steps", "14")).Succeeds();
        foreach (string file in (string[])[RunFolder.ModelFile, RunFolder.OptimizerFile, RunModel.AveragedFile, RunFolder.ConfigFile])
            Assert.Equal(Bytes(folder, "a", file), Bytes(folder, "b", file));
        TrainingRecord a = new RunFolder(folder["a"]).Open().Record, b = new RunFolder(folder["b"]).Open().Record;
        Assert.Equal(14, b.Step);
        Assert.Equal(a.TrainLoss, b.TrainLoss);
        Assert.Equal(a.Random["model"], b.Random["model"]);
        Assert.NotEqual(Bytes(folder, "a", RunFolder.ModelFile), Bytes(folder, "a", RunModel.AveragedFile));
    }

    [Fact]
    public async Task Resuming_into_another_folder_leaves_the_first_as_it_is()
    {
        using var folder = new TemporaryFolder();
        (await Train(folder, "a", "--steps", "3")).Succeeds();
        (await BallastProcess.Run("train", "--resume", folder["a"], "--steps", "5", "--out", folder["b"])).Succeeds();
        Assert.Equal(3, new RunFolder(folder["a"]).Open().Record.Step);
        Assert.Equal(5, new RunFolder(folder["b"]).Open().Record.Step);
    }

    [Fact]
    public async Task Seed_decides_the_run()
    {
        using var folder = new TemporaryFolder();
        (await Train(folder, "a", "--steps", "3", "--seed", "5")).Succeeds();
        (await Train(folder, "b", "--steps", "3", "--seed", "5")).Succeeds();
        (await Train(folder, "c", "--steps", "3", "--seed", "6")).Succeeds();
        Assert.Equal(Bytes(folder, "a", RunFolder.ModelFile), Bytes(folder, "b", RunFolder.ModelFile));
        Assert.NotEqual(Bytes(folder, "a", RunFolder.ModelFile), Bytes(folder, "c", RunFolder.ModelFile));
    }

    [Fact]
    public async Task Learns_the_text_and_reports_it_as_json()
    {
        using var folder = new TemporaryFolder();
        Outcome run = await Train(folder, "run", "--steps", "150", "--lr", "0.02", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        JsonElement result = json.RootElement;
        float[] losses = [.. result.GetProperty("trainLosses").EnumerateArray().Select(l => l.GetSingle())];
        Assert.Equal(150, losses.Length);
        Assert.All(losses, loss => Assert.True(float.IsFinite(loss)));
        double unigram = result.GetProperty("unigramCrossEntropy").GetDouble();
        double validation = result.GetProperty("validationLoss").GetDouble();
        Assert.True(validation < unigram - 0.3, $"validation loss {validation}, unigram cross entropy {unigram}");
        Assert.Contains("step ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Averaged_weights_are_judged_and_usable()
    {
        using var folder = new TemporaryFolder();
        Outcome run = (await Train(folder, "run", "--steps", "5", "--ema")).Succeeds();
        Assert.Contains("averaged weights ", run.Output, StringComparison.Ordinal);
        (await BallastProcess.Run("generate", folder["run"], "--ema", "--tokens", "5")).Succeeds();
    }

    [Theory]
    [InlineData("SIGINT")]
    [InlineData("SIGTERM")]
    public async Task Asked_to_stop_it_finishes_the_step_saves_and_says_how_to_go_on(string signal)
    {
        if (OperatingSystem.IsWindows()) return; // no signals to send there
        using var folder = new TemporaryFolder();
        using Process process = BallastProcess.Start(Arguments(folder, "run", "--steps", "1000000"));
        string? line;
        do line = await process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.StartsWith("train ", StringComparison.Ordinal));
        await Task.Delay(300);
        using (Process kill = Process.Start("kill", ["-s", signal[3..], $"{process.Id}"])) await kill.WaitForExitAsync();
        Outcome end = await BallastProcess.Finish(process);
        Assert.Equal(UserError.Stopped, end.ExitCode);
        Assert.Contains($"go on with: ballast train --resume {folder["run"]} --steps 1000000", end.Output, StringComparison.Ordinal);
        RunCheckpoint saved = new RunFolder(folder["run"]).Open();
        Assert.Null(saved.Note);
        Assert.Equal(saved.Record.Step, saved.Record.TrainLoss.Count);
        (await BallastProcess.Run("train", "--resume", folder["run"], "--steps", $"{saved.Record.Step + 2}")).Succeeds();
    }

    [Fact]
    public async Task Killed_at_any_moment_the_last_complete_checkpoint_is_readable()
    {
        if (OperatingSystem.IsWindows()) return; // Process.Kill there is another thing
        using var folder = new TemporaryFolder();
        var random = new Random(3);
        int reached = 1;
        string training = Path.Combine(folder["run"], RunFolder.TrainingFile);
        (await Train(folder, "run", "--steps", "1")).Succeeds();
        for (int round = 0; round < 8; round++)
        {
            using Process process = BallastProcess.Start(
                "train", "--resume", folder["run"], "--steps", "1000000", "--save-every", "1", "--plain");
            DateTime before = File.GetLastWriteTimeUtc(training);
            var patience = Stopwatch.StartNew();
            // Saving goes on all the time from the first save to the kill.
            while (File.GetLastWriteTimeUtc(training) == before && patience.Elapsed < TimeSpan.FromMinutes(1)) await Task.Delay(1);
            await Task.Delay(random.Next(40));
            process.Kill();
            await process.WaitForExitAsync();
            RunCheckpoint saved = new RunFolder(folder["run"]).Open();
            Assert.True(saved.Record.Step > reached, $"step {saved.Record.Step} after {reached}");
            Assert.Equal(saved.Record.Step, saved.Record.TrainLoss.Count);
            reached = saved.Record.Step;
            ModelRecord sizes = RunModel.ReadSizes(saved);
            new Ballast.Models.Gpt(RunModel.Config(sizes)).Load(saved[RunFolder.ModelFile]);
        }
        Assert.Equal(0, (await BallastProcess.Run("generate", folder["run"], "--tokens", "3")).ExitCode);
        Assert.Equal(0, (await BallastProcess.Run("inspect", folder["run"])).ExitCode);
    }

    [Theory]
    [InlineData("--steps", "ten", "--steps takes a whole number of at least 0, not 'ten'")]
    [InlineData("--stpes", "10", "did you mean '--steps'?")]
    [InlineData("--config", "tini", "did you mean 'tiny'?")]
    [InlineData("--device", "meta", "'meta' holds no data")]
    [InlineData("--device", "cuba:0", "there is no device 'cuba:0' here: ")]
    [InlineData("--device", "cpu:1", "there is one, named 'cpu'")]
    [InlineData("--device", "cpu:x", "after the colon comes a number, as in 'cpu:0'")]
    [InlineData("--device", "opencl:99", "'opencl:99' ")]
    [InlineData("--text", "nowhere.txt", "no file or folder 'nowhere.txt'")]
    [InlineData("--lr", "-1", "--lr takes a number above 0, not '-1'")]
    [InlineData("--heads", "3", "a width of 128 cannot be split over 3 heads")]
    [InlineData("--resume", "no-such-run", "there is no folder 'no-such-run'")]
    public async Task Wrong_use_is_one_line(string option, string value, string says)
    {
        using var folder = new TemporaryFolder();
        Outcome outcome = await BallastProcess.Run("train", "--out", folder["x"], option, value);
        outcome.FailsInOneLine(UserError.WrongUsage, says);
        Assert.False(Directory.Exists(folder["x"]));
    }

    [Fact]
    public async Task Finished_run_is_not_overwritten_unless_told_so()
    {
        using var folder = new TemporaryFolder();
        (await Train(folder, "run", "--steps", "2")).Succeeds();
        (await Train(folder, "run", "--steps", "2")).FailsInOneLine(UserError.WrongUsage, "holds a run at step 2", "--overwrite");
        (await Train(folder, "run", "--steps", "1", "--overwrite")).Succeeds();
        Assert.Equal(1, new RunFolder(folder["run"]).Open().Record.Step);
    }

    [Fact]
    public async Task Damaged_run_is_one_line()
    {
        using var folder = new TemporaryFolder();
        (await Train(folder, "run", "--steps", "2")).Succeeds();
        Directory.Delete(Path.Combine(folder["run"], ".checkpoints"), recursive: true);
        string model = Path.Combine(folder["run"], RunFolder.ModelFile);
        byte[] bytes = File.ReadAllBytes(model);
        File.WriteAllBytes(model, bytes[..^7]);
        foreach (string[] command in (string[][])[["generate", folder["run"]], ["train", "--resume", folder["run"]]])
            (await BallastProcess.Run(command)).FailsInOneLine(UserError.Failure, "no complete checkpoint", RunFolder.ModelFile);
        File.WriteAllBytes(model, bytes);
        File.Delete(Path.Combine(folder["run"], RunFolder.ConfigFile));
        (await BallastProcess.Run("generate", folder["run"])).FailsInOneLine(UserError.Failure, "config.json is missing");
    }

    [Fact]
    public async Task Changed_text_is_refused_on_resume()
    {
        using var folder = new TemporaryFolder();
        (await Train(folder, "run", "--steps", "2")).Succeeds();
        File.AppendAllText(folder["text.txt"], "more");
        (await BallastProcess.Run("train", "--resume", folder["run"], "--steps", "4")).FailsInOneLine(UserError.Failure, "another text");
    }

    internal static Task<Outcome> Train(TemporaryFolder folder, string run, params string[] options) =>
        BallastProcess.Run(Arguments(folder, run, options));

    private static string[] Arguments(TemporaryFolder folder, string run, params string[] options)
    {
        string text = folder["text.txt"];
        if (!File.Exists(text)) File.WriteAllText(text, Text());
        return ["train", "--text", text, "--out", folder[run], .. s_small, .. options];
    }

    private static string Text()
    {
        string[] words = ["the", "ship", "keeps", "its", "ballast", "low", "and", "sails", "on", "«∑»"];
        var random = new Random(1);
        return string.Join(' ', Enumerable.Range(0, 900).Select(_ => words[random.Next(words.Length)]));
    }

    private static byte[] Bytes(TemporaryFolder folder, string run, string file) => File.ReadAllBytes(Path.Combine(folder[run], file));
}
