using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Ballast.Cli.Runs;

/// <summary>
/// A run's folder. A checkpoint is a set of files, so saving goes in three moves, and a process killed at any moment leaves a complete set:
/// <list type="number">
/// <item>the whole set is written to <c>.checkpoints/N.tmp</c>, flushed, and renamed to <c>.checkpoints/N</c> (N counts the saves): that
/// rename is the commit;</item>
/// <item>each file gets its name in the folder itself, by a hard link renamed over the old one;</item>
/// <item>older sets are removed.</item>
/// </list>
/// <c>training.json</c> names every other file with its length and SHA-256, so that a reader sees whether the folder's own files are one
/// set (they are not between two renames of the second move) and else reads the newest committed one.
/// </summary>
public sealed class RunFolder
{
    /// <summary>The weights.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>The model's sizes.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>The optimizer's state.</summary>
    public const string OptimizerFile = "optimizer.safetensors";

    /// <summary>Where the run stands.</summary>
    public const string TrainingFile = "training.json";

    private const string SetsFolder = ".checkpoints";
    private const string Unfinished = ".tmp";
    private readonly Action<string>? _before;

    /// <summary>Names a folder; touches nothing.</summary>
    public RunFolder(string path) : this(path, null) { }

    /// <summary>For tests: <paramref name="before"/> hears of every change of the disk before it, and may throw to stop.</summary>
    internal RunFolder(string path, Action<string>? before)
    {
        Folder = path;
        _before = before;
    }

    /// <summary>The folder's path as given.</summary>
    public string Folder { get; }

    private string Sets => Path.Combine(Folder, SetsFolder);

    /// <summary>Saves a checkpoint; when this returns, the folder's own files are the new set.</summary>
    /// <param name="record">Where the run stands; its <see cref="TrainingRecord.Files"/> are filled in here.</param>
    /// <param name="writers">One writer a file: it gets the path to write to.</param>
    /// <exception cref="UserError">The disk refuses; the last committed set is still there.</exception>
    public void Save(TrainingRecord record, IReadOnlyDictionary<string, Action<string>> writers)
    {
        try
        {
            record.Save = NextSave();
            string set = Path.Combine(Sets, record.Save.ToString("D8", CultureInfo.InvariantCulture));
            Write(record, writers, set);
            Publish(set, [.. writers.Keys, TrainingFile]);
            RemoveOthers(set);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"cannot save the run in '{Folder}': {e.Message}");
        }
    }

    /// <summary>The last complete checkpoint, or null when the folder has none.</summary>
    /// <exception cref="UserError">There are a run's files, but no complete set.</exception>
    public RunCheckpoint? TryOpen()
    {
        try
        {
            if (!Directory.Exists(Folder)) return null;
            string? damage = null;
            TrainingRecord? own = File.Exists(Path.Combine(Folder, TrainingFile)) ? ReadComplete(Folder, out damage) : null;
            // Newest first; a committed set is complete unless the disk or a person changed it.
            foreach ((int save, string set) in CommittedSets().OrderByDescending(s => s.Save))
            {
                if (own is not null && own.Save >= save) break;
                if (ReadComplete(set, out _) is not { } committed) continue;
                string? note = damage is null ? null :
                    $"the files of '{Folder}' are not one set ({damage}); reading its last complete checkpoint, step {committed.Step}";
                return new RunCheckpoint(set, committed, note);
            }
            if (own is not null) return new RunCheckpoint(Folder, own, null);
            return damage is null ? null : throw new UserError($"'{Folder}' has no complete checkpoint: {damage}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"cannot read the run '{Folder}': {e.Message}");
        }
    }

    /// <summary>The last complete checkpoint.</summary>
    /// <exception cref="UserError">The folder is missing or holds none.</exception>
    public RunCheckpoint Open()
    {
        if (TryOpen() is { } checkpoint) return checkpoint;
        throw UserError.Usage(Directory.Exists(Folder)
            ? $"'{Folder}' holds no run: it has no {TrainingFile}; 'ballast train --out {Folder}' makes one"
            : $"there is no folder '{Folder}'; 'ballast train --out {Folder}' makes one");
    }

    /// <summary>Reads <c>training.json</c> of a folder and checks that the files next to it are the ones it names.</summary>
    internal static TrainingRecord? ReadComplete(string folder, out string? damage)
    {
        string path = Path.Combine(folder, TrainingFile);
        TrainingRecord? record = null;
        damage = null;
        try
        {
            record = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.TrainingRecord);
            if (record is null || record.Format != 1 || record.Files.Count == 0)
                damage = $"{TrainingFile} is not a training record of format 1";
        }
        catch (JsonException e)
        {
            damage = $"{TrainingFile} cannot be read: {e.Message}";
        }
        catch (FileNotFoundException)
        {
            damage = $"{TrainingFile} is missing";
        }
        if (damage is not null) return null;
        foreach ((string name, FileRecord expected) in record!.Files)
        {
            string file = Path.Combine(folder, Path.GetFileName(name));
            if (!File.Exists(file)) damage = $"{name} is missing";
            else if (new FileInfo(file).Length is var bytes && bytes != expected.Bytes)
                damage = $"{name} has {bytes} bytes, not {expected.Bytes}";
            else if (Identify(file) != expected) damage = $"{name} is not the one of step {record.Step}";
            if (damage is not null) return null;
        }
        return record;
    }

    private void Write(TrainingRecord record, IReadOnlyDictionary<string, Action<string>> writers, string set)
    {
        string unfinished = set + Unfinished;
        Step("make " + unfinished);
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        record.Files = [];
        foreach ((string name, Action<string> write) in writers.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            string path = Path.Combine(unfinished, name);
            Step("write " + path);
            write(path);
            NativeFiles.FlushFile(path);
            record.Files.Add(name, Identify(path));
        }
        string training = Path.Combine(unfinished, TrainingFile);
        Step("write " + training);
        using (FileStream stream = File.Create(training)) JsonSerializer.Serialize(stream, record, RunJson.Default.TrainingRecord);
        NativeFiles.FlushFile(training);
        NativeFiles.FlushFolder(unfinished);
        Step("commit " + set);
        Directory.Move(unfinished, set);
        NativeFiles.FlushFolder(Sets);
    }

    private void Publish(string set, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            string link = Path.Combine(Sets, name + Unfinished);
            Step("link " + link);
            NativeFiles.LinkOrCopy(Path.Combine(set, name), link);
            Step("publish " + name);
            File.Move(link, Path.Combine(Folder, name), overwrite: true);
        }
        NativeFiles.FlushFolder(Folder);
    }

    private void RemoveOthers(string keep)
    {
        foreach (string other in Directory.EnumerateDirectories(Sets))
        {
            if (Path.GetFileName(other) == Path.GetFileName(keep)) continue;
            Step("remove " + other);
            // Renamed first: a half-removed set must not look committed.
            string doomed = other.EndsWith(Unfinished, StringComparison.Ordinal) ? other : other + Unfinished;
            if (doomed != other && !Directory.Exists(doomed)) Directory.Move(other, doomed);
            Step("remove files of " + doomed);
            Directory.Delete(doomed, recursive: true);
        }
    }

    /// <summary>One more than any save in the folder: the newest set is the one with the largest number, whatever its step.</summary>
    private int NextSave()
    {
        int last = CommittedSets().Select(s => s.Save).DefaultIfEmpty(0).Max();
        if (File.Exists(Path.Combine(Folder, TrainingFile)) && ReadComplete(Folder, out _) is { } own) last = Math.Max(last, own.Save);
        return last + 1;
    }

    private IEnumerable<(int Save, string Path)> CommittedSets()
    {
        if (!Directory.Exists(Sets)) yield break;
        foreach (string set in Directory.EnumerateDirectories(Sets))
        {
            string name = Path.GetFileName(set);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int save)) yield return (save, set);
        }
    }

    private static FileRecord Identify(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return new FileRecord(stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    private void Step(string change) => _before?.Invoke(change);
}

/// <summary>A complete checkpoint on disk.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Record">Its <c>training.json</c>.</param>
/// <param name="Note">What to tell the user when it is not the folder's own set; else null.</param>
public sealed record RunCheckpoint(string Folder, TrainingRecord Record, string? Note)
{
    /// <summary>Path of one of its files.</summary>
    public string this[string file] => Path.Combine(Folder, file);
}
