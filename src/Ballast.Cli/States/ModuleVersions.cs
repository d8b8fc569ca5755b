using System.Globalization;
using Ballast.Formats;

namespace Ballast.Cli.States;

/// <summary>The versions of modules' state: PyTorch's <c>_metadata</c>, and one line of text in safetensors.</summary>
internal static class ModuleVersions
{
    /// <summary>The metadata key.</summary>
    public const string Key = StateDict.VersionKey;

    /// <summary>The default version, then the modules that differ from it: <c>1;norm=2</c>. Null when nothing is said.</summary>
    public static string? Text(IReadOnlyDictionary<string, TorchDictionary> metadata)
    {
        var parts = new List<string>();
        bool any = false;
        foreach ((string path, TorchDictionary facts) in metadata)
        {
            if (!facts.TryGetValue("version", out object? value) || value is not long version) continue;
            any = true;
            if (version != 1) parts.Add($"{path}={version.ToString(CultureInfo.InvariantCulture)}");
        }
        return any ? string.Join(';', parts.Prepend("1")) : null;
    }
}
