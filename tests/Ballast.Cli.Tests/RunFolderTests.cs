using System.Text;
using Ballast.Cli.Runs;

namespace Ballast.Cli.Tests;

public sealed class RunFolderTests
{
    private static readonly string[] s_files =
        [RunFolder.ModelFile, RunFolder.ConfigFile, RunFolder.OptimizerFile, Data.CharTokenizer.FileName];

    [Fact]
    public void Saved_run_has_its_files_in_the_folder_itself()
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 20);
        Save(folder.Path, 40);
        foreach (string file in s_files) Assert.Equal(Content(file, 40), File.ReadAllText(folder[file]));
        RunCheckpoint open = new RunFolder(folder.Path).Open();
        Assert.Equal(40, open.Record.Step);
        Assert.Equal(folder.Path, open.Folder);
        Assert.Null(open.Note);
        Assert.Single(Directory.GetFileSystemEntries(folder[".checkpoints"]));
    }

    [Fact]
    public void Stopped_before_any_change_of_the_disk_the_last_complete_set_is_readable()
    {
        int changes = Changes(_ => { });
        Assert.InRange(changes, 15, 100);
        for (int stop = 1; stop <= changes; stop++)
        {
            using var folder = new TemporaryFolder();
            Save(folder.Path, 20);
            StopAt(folder.Path, 40, stop);
            int step = OpensComplete(folder.Path);
            Assert.True(step is 20 or 40, $"step {step} after a stop at change {stop}");
            // What a stopped save left behind must not hinder the next.
            Save(folder.Path, 60);
            Assert.Equal(60, OpensComplete(folder.Path));
            Assert.Single(Directory.GetFileSystemEntries(folder[".checkpoints"]));
        }
    }

    [Fact]
    public void Commit_is_one_moment_before_it_the_old_set_after_it_the_new()
    {
        int previous = 20;
        int changes = Changes(_ => { });
        for (int stop = 1; stop <= changes; stop++)
        {
            using var folder = new TemporaryFolder();
            Save(folder.Path, 20);
            StopAt(folder.Path, 40, stop);
            int step = OpensComplete(folder.Path);
            Assert.True(step >= previous, "once the new set was readable, a later stop gave the old one");
            previous = step;
        }
        Assert.Equal(40, previous);
    }

    [Fact]
    public void Stopped_twice_in_a_row_the_last_complete_set_is_readable()
    {
        int changes = Changes(_ => { });
        for (int stop = 1; stop <= changes; stop += 2)
        {
            using var folder = new TemporaryFolder();
            Save(folder.Path, 20);
            StopAt(folder.Path, 40, stop);
            int between = OpensComplete(folder.Path);
            StopAt(folder.Path, 60, changes - stop + 1);
            Assert.True(OpensComplete(folder.Path) >= between);
        }
    }

    [Fact]
    public void First_save_stopped_early_leaves_a_folder_without_a_run()
    {
        using var folder = new TemporaryFolder();
        StopAt(folder.Path, 20, 3);
        Assert.Null(new RunFolder(folder.Path).TryOpen());
        UserError error = Assert.Throws<UserError>(() => new RunFolder(folder.Path).Open());
        Assert.Equal(UserError.WrongUsage, error.ExitCode);
    }

    [Fact]
    public void Mixed_files_are_seen_and_the_committed_set_is_read_with_a_note()
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 20);
        File.Delete(folder[RunFolder.OptimizerFile]);
        File.WriteAllText(folder[RunFolder.OptimizerFile], Content(RunFolder.OptimizerFile, 19));
        RunCheckpoint open = new RunFolder(folder.Path).Open();
        Assert.Equal(20, open.Record.Step);
        Assert.NotEqual(folder.Path, open.Folder);
        Assert.Contains("optimizer.safetensors is not the one of step 20", open.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_copied_without_the_hidden_folder_are_a_run()
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 20);
        Directory.Delete(folder[".checkpoints"], recursive: true);
        Assert.Equal(20, OpensComplete(folder.Path));
        Save(folder.Path, 40);
        Assert.Equal(40, OpensComplete(folder.Path));
    }

    [Fact]
    public void Later_save_wins_even_if_its_step_is_smaller()
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 100);
        StopAt(folder.Path, 5, Changes(_ => { }) - 6);
        Assert.Equal(5, OpensComplete(folder.Path));
    }

    [Fact]
    public void Damaged_run_without_a_committed_set_is_an_error_that_names_the_file()
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 20);
        Directory.Delete(folder[".checkpoints"], recursive: true);
        File.WriteAllText(folder[RunFolder.ModelFile], "short");
        UserError error = Assert.Throws<UserError>(() => new RunFolder(folder.Path).Open());
        Assert.Contains("no complete checkpoint: model.safetensors has 5 bytes", error.Message, StringComparison.Ordinal);
        File.WriteAllText(folder[RunFolder.TrainingFile], "{");
        error = Assert.Throws<UserError>(() => new RunFolder(folder.Path).Open());
        Assert.Contains("training.json cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_comes_back_with_every_value()
    {
        using var folder = new TemporaryFolder();
        TrainingRecord saved = Record(7);
        saved.Random["data"] = [1, 2, 255];
        saved.TrainLoss = [4.5f, 1f / 3, float.NaN];
        saved.Validation = [new ValidationPoint(5, 2.25)];
        new RunFolder(folder.Path).Save(saved, Writers(7));
        TrainingRecord read = new RunFolder(folder.Path).Open().Record;
        Assert.Equal(saved.Seed, read.Seed);
        Assert.Equal(saved.Random["data"], read.Random["data"]);
        Assert.Equal(saved.TrainLoss, read.TrainLoss);
        Assert.Equal(saved.Validation, read.Validation);
        Assert.Equal(saved.Corpus, read.Corpus);
        Assert.Equal(saved.Settings.LearningRate, read.Settings.LearningRate);
        Assert.Null(read.Settings.EmaDecay);
    }

    private static int OpensComplete(string folder)
    {
        RunCheckpoint open = new RunFolder(folder).Open();
        foreach (string file in s_files) Assert.Equal(Content(file, open.Record.Step), File.ReadAllText(open[file]));
        return open.Record.Step;
    }

    private static int Changes(Action<string> seen)
    {
        using var folder = new TemporaryFolder();
        Save(folder.Path, 20);
        int changes = 0;
        new RunFolder(folder.Path, change => { changes++; seen(change); }).Save(Record(40), Writers(40));
        return changes;
    }

    /// <summary>As SIGKILL would: nothing after the given change happens. The file being written then is half there.</summary>
    private static void StopAt(string folder, int step, int stop)
    {
        int changes = 0;
        void Before(string change)
        {
            if (++changes < stop) return;
            if (change.StartsWith("write ", StringComparison.Ordinal)) File.WriteAllText(change["write ".Length..], "half");
            if (change.StartsWith("remove files of ", StringComparison.Ordinal))
                File.Delete(Directory.EnumerateFiles(change["remove files of ".Length..]).First());
            throw new Killed();
        }
        Assert.Throws<Killed>(() => new RunFolder(folder, Before).Save(Record(step), Writers(step)));
    }

    private static void Save(string folder, int step) => new RunFolder(folder).Save(Record(step), Writers(step));

    private static string Content(string file, int step) => $"{file} of step {step}";

    private static Dictionary<string, Action<string>> Writers(int step) =>
        s_files.ToDictionary(f => f, f => (Action<string>)(path => File.WriteAllText(path, Content(f, step), new UTF8Encoding(false))));

    private static TrainingRecord Record(int step) => new()
    {
        Step = step,
        Seed = ulong.MaxValue,
        Settings = new TrainingSettings { Preset = "tiny", LearningRate = 0.1 },
        Corpus = new CorpusRecord("text", 3, "00"),
    };

    private sealed class Killed : Exception;
}
