using System.Text.Json.Serialization;

namespace Ballast.Cli.Runs;

/// <summary>The content of <c>training.json</c>: where a run stands, all that is needed to go on exactly, and what its files are.</summary>
public sealed class TrainingRecord
{
    /// <summary>Version of this layout.</summary>
    public int Format { get; set; } = 1;

    /// <summary>Which save of its folder this is, from 1: the newest set has the largest number.</summary>
    public int Save { get; set; }

    /// <summary>Training steps done.</summary>
    public int Step { get; set; }

    /// <summary>The seed the run began with.</summary>
    public ulong Seed { get; set; }

    /// <summary>How the run trains.</summary>
    public required TrainingSettings Settings { get; set; }

    /// <summary>The text it learns.</summary>
    public required CorpusRecord Corpus { get; set; }

    /// <summary>Saved states of the random generators, by use; base64 in the file.</summary>
    public Dictionary<string, byte[]> Random { get; set; } = [];

    /// <summary>Training loss of every step done, in nats per character.</summary>
    public List<float> TrainLoss { get; set; } = [];

    /// <summary>Validation losses measured on the way.</summary>
    public List<ValidationPoint> Validation { get; set; } = [];

    /// <summary>The other files of this checkpoint; a set of files that differs is a mixed one.</summary>
    public Dictionary<string, FileRecord> Files { get; set; } = [];
}

/// <summary>How a run trains; a resumed run takes them from here.</summary>
public sealed class TrainingSettings
{
    /// <summary>Name of the preset the sizes come from.</summary>
    public required string Preset { get; set; }

    /// <summary>Sequences a step.</summary>
    public int Batch { get; set; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; }

    /// <summary>Learning rate at the end of the schedule and after it.</summary>
    public double MinimumLearningRate { get; set; }

    /// <summary>Steps in which the rate rises to its peak.</summary>
    public int WarmupSteps { get; set; }

    /// <summary>Step at which the rate has reached its minimum; independent of how many steps one command runs.</summary>
    public int DecaySteps { get; set; }

    /// <summary>Weight decay of the matrices.</summary>
    public double WeightDecay { get; set; }

    /// <summary>Largest gradient norm.</summary>
    public double ClipNorm { get; set; }

    /// <summary>Decay of the averaged weights, or null when none are kept.</summary>
    public double? EmaDecay { get; set; }
}

/// <summary>Identity of a training text.</summary>
/// <param name="Source">Path as given, or "built-in corpus".</param>
/// <param name="Characters">Length in characters.</param>
/// <param name="Sha256">Fingerprint of the UTF-8 text.</param>
public sealed record CorpusRecord(string Source, int Characters, string Sha256);

/// <summary>One measured validation loss.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Nats per character.</param>
public sealed record ValidationPoint(int Step, double Loss);

/// <summary>Identity of one file.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its content, as 64 hexadecimal digits.</param>
public sealed record FileRecord(long Bytes, string Sha256);

/// <summary>The content of <c>config.json</c>: the model's sizes.</summary>
/// <param name="Model">Family of the model: "gpt".</param>
/// <param name="VocabularySize">V, tokens.</param>
/// <param name="BlockLength">T, the longest sequence in tokens.</param>
/// <param name="Width">C.</param>
/// <param name="Heads">H.</param>
/// <param name="Layers">L.</param>
/// <param name="Dropout">Probability of zeroing.</param>
public sealed record ModelRecord(string Model, int VocabularySize, int BlockLength, int Width, int Heads, int Layers, double Dropout);

/// <summary>The JSON of a run folder, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingRecord))]
[JsonSerializable(typeof(ModelRecord))]
internal sealed partial class RunJson : JsonSerializerContext;
