using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ballast.Bounds;

/// <summary>What one piece of work takes, on average over many.</summary>
/// <param name="Name">The work.</param>
/// <param name="ManagedBytes">Bytes from the garbage collector, on all threads.</param>
/// <param name="Faults">Page faults.</param>
/// <param name="Instructions">Instructions of the native program on AVX2, as tools/instructions.sh counts them; null where nobody counted.</param>
/// <param name="Microseconds">The time, which nothing is held against; null in a file of bounds.</param>
internal sealed record Counts(string Name, double ManagedBytes, double Faults, double? Instructions, double? Microseconds)
{
    /// <summary>Bytes that may be more: those of one small object, and a twentieth.</summary>
    private const double SpareBytes = 128, SpareByteShare = 0.05;

    /// <summary>Faults that may be more: where the heap happens to grow differs from run to run.</summary>
    private const double SpareFaults = 4, SpareFaultShare = 0.25;

    /// <summary>Instructions that may be more.</summary>
    private const double SpareInstructionShare = 0.05;

    /// <summary>The bytes that this bound allows.</summary>
    [JsonIgnore]
    public double MostBytes => ManagedBytes * (1 + SpareByteShare) + SpareBytes;

    /// <summary>The faults that this bound allows.</summary>
    [JsonIgnore]
    public double MostFaults => Faults * (1 + SpareFaultShare) + SpareFaults;

    /// <summary>The instructions that this bound allows; null where it has none.</summary>
    [JsonIgnore]
    public double? MostInstructions => Instructions * (1 + SpareInstructionShare);

    /// <summary>Reads a file of bounds.</summary>
    public static Counts[] Read(string file) => JsonSerializer.Deserialize(File.ReadAllText(file), CountsContext.Default.CountsArray)
        ?? throw new InvalidDataException($"{file} holds no bounds; 'renew' writes them.");

    /// <summary>Writes a file of bounds.</summary>
    public static void Write(string file, IEnumerable<Counts> counts) =>
        File.WriteAllText(file, JsonSerializer.Serialize([.. counts], CountsContext.Default.CountsArray) + "\n");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Counts[]))]
internal sealed partial class CountsContext : JsonSerializerContext;
