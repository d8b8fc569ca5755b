using Ballast.Formats;

namespace Ballast.Cli.Inspection;

/// <summary>Tells parameters from buffers by a note in the file's metadata: safetensors itself knows no kinds.</summary>
public static class TensorKinds
{
    /// <summary>The metadata key: the names of the buffers, one a line; every other tensor of the file is a parameter.</summary>
    public const string BuffersKey = "ballast.buffers";

    /// <summary>The note for a file with these buffers.</summary>
    public static KeyValuePair<string, string> Note(IEnumerable<string> buffers) => new(BuffersKey, string.Join('\n', buffers));

    /// <summary>Kind by tensor name; empty when no file of the checkpoint carries the note.</summary>
    internal static IReadOnlyDictionary<string, string> Find(SafetensorsCheckpoint checkpoint)
    {
        var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SafetensorsFile file in checkpoint.Files)
        {
            if (!file.Metadata.TryGetValue(BuffersKey, out string? note)) continue;
            var buffers = note.Split('\n').ToHashSet(StringComparer.Ordinal);
            foreach (SafetensorsEntry entry in file.Entries) kinds[entry.Name] = buffers.Contains(entry.Name) ? "buffer" : "parameter";
        }
        return kinds;
    }
}
