using System.Globalization;
using System.Text.Json.Serialization;
using Ballast.Cli.Runs;
using Ballast.Formats;

namespace Ballast.Cli.Inspection;

/// <summary>What a checkpoint holds; the JSON of <c>inspect --json</c>.</summary>
/// <param name="Path">The file or index that was read.</param>
/// <param name="Files">All files read.</param>
/// <param name="Run">Where the run stands, when it is a run's folder.</param>
/// <param name="Tensors">In the order of the file.</param>
/// <param name="Totals">By dtype, the largest first.</param>
/// <param name="Elements">Of all tensors.</param>
/// <param name="Bytes">Of all tensors.</param>
/// <param name="Metadata">The file's free-form strings.</param>
/// <param name="Format">What the files are.</param>
/// <param name="Values">What a PyTorch file holds beside tensors, in words, by path.</param>
internal sealed record CheckpointReport(
    string Path, string[] Files, RunReport? Run, TensorReport[] Tensors, DTypeTotal[] Totals, long Elements, long Bytes,
    Dictionary<string, string> Metadata, string Format, Dictionary<string, string> Values)
{
    /// <summary>Collects the report from the headers; no tensor is read.</summary>
    /// <param name="checkpoint">The opened files.</param>
    /// <param name="run">The run they belong to, or null.</param>
    /// <param name="kinds">Kind by tensor name, as far as known.</param>
    public static CheckpointReport Of(SafetensorsCheckpoint checkpoint, RunCheckpoint? run, IReadOnlyDictionary<string, string> kinds)
    {
        var tensors = new List<TensorReport>();
        foreach (string name in checkpoint.Names)
        {
            if (!checkpoint.TryFind(name, out _, out SafetensorsEntry? entry)) continue;
            long elements = entry.Shape.Aggregate(1L, (product, size) => product * size);
            string? kind = kinds.GetValueOrDefault(name);
            tensors.Add(new TensorReport(name, kind, DTypeName(entry.DType), [.. entry.Shape], elements, entry.ByteLength));
        }
        RunReport? report = run is null ? null
            : new RunReport(run.Record.Step, run.Record.Seed, run.Record.Settings.Preset, run.Record.Corpus.Source);
        return new CheckpointReport(checkpoint.Path, [.. checkpoint.Files.Select(f => f.Path)], report, [.. tensors], TotalsOf(tensors),
            tensors.Sum(t => t.Elements), tensors.Sum(t => t.Bytes), new(checkpoint.Metadata), "safetensors", []);
    }

    /// <summary>The report of a file that is not safetensors.</summary>
    public static CheckpointReport Of(
        string path, string format, IReadOnlyList<TensorReport> tensors, Dictionary<string, string> values,
        Dictionary<string, string> metadata)
    {
        TensorReport[] own = [.. tensors.Where(t => t.TiedTo is null)];
        return new CheckpointReport(path, [path], null, [.. tensors], TotalsOf(own), own.Sum(t => t.Elements), own.Sum(t => t.Bytes),
            metadata, format, values);
    }

    private static DTypeTotal[] TotalsOf(IEnumerable<TensorReport> tensors) => [.. tensors.GroupBy(t => t.DType)
        .Select(g => new DTypeTotal(g.Key, g.Count(), g.Sum(t => t.Elements), g.Sum(t => t.Bytes))).OrderByDescending(t => t.Bytes)];

    /// <summary>A count with its thousands apart.</summary>
    public static string Grouped(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>The dtype as Ballast and PyTorch write it; a name unknown to both as the file has it.</summary>
    private static string DTypeName(string fileName) => fileName switch
    {
        "F64" => "float64",
        "F32" => "float32",
        "F16" => "float16",
        "BF16" => "bfloat16",
        "I64" => "int64",
        "I32" => "int32",
        "I16" => "int16",
        "I8" => "int8",
        "U64" => "uint64",
        "U32" => "uint32",
        "U16" => "uint16",
        "U8" => "uint8",
        "C64" => "complex64",
        _ => fileName.ToLowerInvariant(),
    };
}

/// <summary>One tensor of a checkpoint.</summary>
/// <param name="Name">Its dotted path.</param>
/// <param name="Kind">"parameter" or "buffer", or null when nothing tells.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Elements along each axis.</param>
/// <param name="Elements">In all.</param>
/// <param name="Bytes">In all.</param>
/// <param name="TiedTo">The earlier tensor that is these very elements; else null.</param>
/// <param name="SharesWith">The first tensor over the same memory, when this is another view of it; else null.</param>
/// <param name="Strides">Elements between neighbours along each axis, when they do not lie row-major without gaps; else null.</param>
internal sealed record TensorReport(
    string Name, string? Kind, [property: JsonPropertyName("dtype")] string DType, long[] Shape, long Elements, long Bytes,
    string? TiedTo = null, string? SharesWith = null, long[]? Strides = null)
{
    /// <summary>The shape in brackets.</summary>
    [JsonIgnore]
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>The tensors of one dtype.</summary>
/// <param name="DType">Element type.</param>
/// <param name="Tensors">How many.</param>
/// <param name="Elements">In all.</param>
/// <param name="Bytes">In all.</param>
internal sealed record DTypeTotal([property: JsonPropertyName("dtype")] string DType, int Tensors, long Elements, long Bytes);

/// <summary>Where a run stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Config">Its preset.</param>
/// <param name="Text">Its text.</param>
internal sealed record RunReport(int Step, ulong Seed, string Config, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CheckpointReport))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
