using System.Text.Json;
using Ballast.Cli.Data;
using Ballast.Cli.Runs;
using Ballast.Models;

namespace Ballast.Cli.Models;

/// <summary>Between a checkpoint's files and the library's model.</summary>
internal static class RunModel
{
    /// <summary>The averaged weights of a run that keeps them.</summary>
    public const string AveragedFile = "ema.safetensors";

    private const string BestDevice = "gpu";

    /// <summary>The device of a name, fit to compute on.</summary>
    /// <exception cref="UserError">It is unknown, cannot be used, or holds no data.</exception>
    public static Device DeviceNamed(string name)
    {
        // Only an error lists the devices: listing loads every driver.
        static IEnumerable<string> All() => Device.All.Where(d => !d.IsMeta).Select(d => d.Name);
        Device device;
        try
        {
            device = Device.Parse(name);
            _ = device.Info; // opens it: a driver's refusal is told before any work
        }
        catch (DeviceNotAvailableException refusal)
        {
            // Of a family that is known, the device's own words say what was looked for.
            string family = name.Split(':')[0];
            if (family == BestDevice || Device.Kinds.Any(k => k.Name == family))
                throw UserError.Usage($"{refusal.Message.TrimEnd('.')} (--device takes {string.Join(", ", All())})");
            string? near = Nearest.To(name.ToLowerInvariant(), [.. All(), .. Device.Kinds.Select(k => k.Name), BestDevice]);
            string hint = near is null ? "" : $"did you mean '{near}'? ";
            throw UserError.Usage($"there is no device '{name}' here: {hint}--device takes {string.Join(", ", All().Append(BestDevice))}");
        }
        if (device.IsMeta)
            throw UserError.Usage($"the device 'meta' holds no data and computes nothing: --device takes {string.Join(", ", All())}");
        return device;
    }

    /// <summary>The library's sizes of a model.</summary>
    public static GptConfig Config(ModelRecord model) => new()
    {
        VocabularySize = model.VocabularySize,
        BlockLength = model.BlockLength,
        Width = model.Width,
        Heads = model.Heads,
        Layers = model.Layers,
        Dropout = model.Dropout,
    };

    /// <summary>Reads <c>config.json</c> of a checkpoint.</summary>
    /// <exception cref="UserError">It is not a GPT's.</exception>
    public static ModelRecord ReadSizes(RunCheckpoint checkpoint)
    {
        string path = checkpoint[RunFolder.ConfigFile];
        try
        {
            ModelRecord? model = JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.ModelRecord);
            if (model is { Model: "gpt", VocabularySize: > 0, BlockLength: > 0, Width: > 0, Heads: > 0, Layers: > 0, Dropout: >= 0 and < 1 }
                && model.Width % model.Heads == 0) return model;
            throw new UserError($"'{path}' does not describe a gpt with positive sizes and a width that its heads divide");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserError($"cannot read '{path}': {e.Message}");
        }
    }

    /// <summary>Reads <c>tokenizer.json</c> of a checkpoint, which must be as large as the model's vocabulary.</summary>
    /// <exception cref="UserError">It is not, or cannot be read.</exception>
    public static CharTokenizer ReadTokenizer(RunCheckpoint checkpoint, ModelRecord model)
    {
        string path = checkpoint[CharTokenizer.FileName];
        CharTokenizer tokenizer = CharTokenizer.Load(path);
        if (tokenizer.VocabularySize == model.VocabularySize) return tokenizer;
        throw new UserError($"'{path}' has {tokenizer.VocabularySize} characters, and {RunFolder.ConfigFile} says {model.VocabularySize}");
    }

    /// <summary>Loads one of a checkpoint's files: all of it, or nothing.</summary>
    /// <exception cref="UserError">The file is not sound or does not fit.</exception>
    public static void Load(string path, Action<string> load)
    {
        try
        {
            load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException
            or ArgumentException or BallastException)
        {
            throw new UserError($"cannot load '{path}': {e.Message}");
        }
    }
}
