using Ballast.Formats;

namespace Ballast;

/// <summary>Modules to and from files: safetensors both ways, PyTorch's files to be read.</summary>
/// <remarks>
/// Tied state is written once, under its first path; the metadata maps each further path to it (<c>"head.weight": "embedding.weight"</c>),
/// the convention of safetensors' own save_model.
/// </remarks>
public static class ModuleFiles
{
    extension(Module module)
    {
        /// <summary>Writes the module's state to one file; the old file stays until the new one is complete on disk.</summary>
        /// <param name="path">The file to create or replace; its folder must exist.</param>
        /// <param name="metadata">Free-form strings to write along; no key may be the path of tied state.</param>
        /// <exception cref="MetaTensorException">Some state is on meta and has no data; the message names it.</exception>
        /// <exception cref="ArgumentException">A metadata key is the path of tied state.</exception>
        public void Save(string path, IEnumerable<KeyValuePair<string, string>>? metadata = null)
        {
            StateDict state = module.View();
            Safetensors.Save(path, state, Metadata(module, state, metadata));
        }

        /// <summary>Writes the module's state as <c>model.safetensors.index.json</c> and shards of limited size.</summary>
        /// <param name="folder">An existing folder without a <c>model.safetensors</c>.</param>
        /// <param name="maxShardBytes">The most bytes of state per file; a larger tensor gets a file of its own.</param>
        /// <param name="metadata">Free-form strings to write along; no key may be the path of tied state.</param>
        /// <returns>The path of the index.</returns>
        /// <exception cref="MetaTensorException">Some state is on meta and has no data; the message names it.</exception>
        /// <exception cref="ArgumentException">A metadata key is the path of tied state.</exception>
        public string SaveSharded(string folder, long maxShardBytes, IEnumerable<KeyValuePair<string, string>>? metadata = null)
        {
            StateDict state = module.View();
            return Safetensors.SaveSharded(folder, state, maxShardBytes, Metadata(module, state, metadata));
        }

        /// <summary>Loads a file's state: all of it, or nothing if anything differs that the policy does not name.</summary>
        /// <remarks>
        /// State that is on meta is put over the mapped file without a copy, on the CPU; pages come in as they are used, and writes never
        /// reach the file. Other state is overwritten where it is. The versions of PyTorch's modules are those of its own classes: one that
        /// is higher than the module's is taken for the module's, a lower one is migrated.
        /// </remarks>
        /// <param name="path">
        /// A safetensors file, an index, a folder with either, or a file of PyTorch's torch.save (.pt, .pth, .bin).
        /// </param>
        /// <param name="policy">Differences that are allowed; none if left out.</param>
        /// <param name="entry">Which part of a PyTorch file is the state, as <c>model</c>; its top level if left out.</param>
        /// <returns>What was loaded, and every allowed difference.</returns>
        /// <exception cref="StateLoadException">Something differs; the report names all of it, and the module is as it was.</exception>
        /// <exception cref="SafetensorsFormatException">The file is not sound.</exception>
        /// <exception cref="TorchFormatException">The file is not sound, holds something other than data, or has no such entry.</exception>
        /// <exception cref="InvalidDataException">
        /// The state of a PyTorch file holds something that is no tensor; LoadPolicy.Unexpected may name it.
        /// </exception>
        /// <exception cref="IOException">The file is missing or cannot be read.</exception>
        public LoadReport Load(string path, LoadPolicy? policy = null, string? entry = null)
        {
            policy ??= LoadPolicy.Strict;
            // Windows cannot replace a mapped file, so there it is mapped only where the mapping stays in use.
            bool map = !OperatingSystem.IsWindows() || module.NamedParameters().Any(p => p.Value.Device.IsMeta);
            bool isTorch = File.Exists(path) && TorchFile.Recognizes(path);
            if (entry is not null && !isTorch)
                throw new ArgumentException(
                    $"{module.GetType().Name}.Load: '{path}' is no PyTorch file, and only those have entries ('{entry}').", nameof(entry));
            StateDict state = isTorch ? FromTorch(module, TorchFile.ReadState(path, entry, map), policy)
                : FromSafetensors(module, path, map);
            return module.Load(state, policy with { TakeOver = true });
        }
    }

    private static StateDict FromSafetensors(Module module, string path, bool map)
    {
        var state = new StateDict(Safetensors.Load(path, map));
        IReadOnlyDictionary<string, string> metadata = Safetensors.LoadMetadata(path);
        state.VersionText = metadata.GetValueOrDefault(StateDict.VersionKey);
        foreach (StateEntry entry in StateTree.Of(module).Entries)
        {
            // A tie of the file: the value stands under another path, which the module may not tie.
            if (entry.Variable is null || state.ContainsKey(entry.Path) || !metadata.TryGetValue(entry.Path, out string? first)) continue;
            if (state.TryGetValue(first, out Tensor? value)) state.Add(entry.Path, value);
        }
        return state;
    }

    private static StateDict FromTorch(Module module, TorchState file, LoadPolicy policy)
    {
        var state = new StateDict(file);
        Dictionary<string, Module> modules = StateTree.Of(module).Modules.ToDictionary(m => m.Path, m => m.Module);
        foreach ((string path, TorchDictionary facts) in file.Metadata)
        {
            if (!facts.TryGetValue("version", out object? value) || value is not long version || version is < 0 or > int.MaxValue) continue;
            state.Versions[path] = (int)(modules.TryGetValue(path, out Module? at) ? Math.Min(version, at.StateVersion) : version);
        }
        foreach ((string path, object? value) in file.Values)
        {
            // Extra state is any object in PyTorch and bytes here.
            if (ExtraBytes(path, value) is { } bytes) state.Add(path, Tensor.From(bytes, Device.Cpu));
            else if (!LoadPolicy.Allows(policy.Unexpected, path))
            {
                throw new InvalidDataException($"{file.Path}: the state holds {TorchFile.Describe(value)} at '{path}', which is no tensor. "
                    + "Name another entry of the file, or allow it in LoadPolicy.Unexpected.");
            }
        }
        return state;
    }

    private static byte[]? ExtraBytes(string path, object? value)
    {
        if (path != ExtraState.Key && !path.EndsWith("." + ExtraState.Key, StringComparison.Ordinal)) return null;
        return value as byte[] ?? (value is string text ? System.Text.Encoding.UTF8.GetBytes(text) : null);
    }

    private static List<KeyValuePair<string, string>> Metadata(
        Module module, StateDict state, IEnumerable<KeyValuePair<string, string>>? given)
    {
        List<KeyValuePair<string, string>> metadata = [.. given ?? []];
        foreach ((string key, _) in metadata)
        {
            if (state.Aliases.TryGetValue(key, out string? first))
                throw new ArgumentException(
                    $"{module.GetType().Name}.Save: the metadata key '{key}' is needed to say that this path is tied to '{first}'; "
                    + "choose another key.");
        }
        metadata.AddRange(state.Aliases);
        if (state.Versions.Any(v => v.Value != 1)) metadata.Add(new(StateDict.VersionKey, state.VersionText!));
        return metadata;
    }
}
