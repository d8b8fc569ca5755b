using Ballast.Formats;

namespace Ballast.Optimizers;

/// <summary>What optimizers remember, to and from safetensors files.</summary>
public static class OptimizerFiles
{
    private const string Kind = "optimizer";

    extension(Optimizer optimizer)
    {
        /// <summary>Writes step counts and moments to one file; the old file stays until the new one is complete on disk.</summary>
        /// <param name="path">The file to create or replace; its folder must exist.</param>
        /// <param name="metadata">Free-form strings to write along; the key <c>optimizer</c> is taken by the optimizer's class.</param>
        /// <exception cref="ArgumentException">The metadata has the key <c>optimizer</c>.</exception>
        public void Save(string path, IEnumerable<KeyValuePair<string, string>>? metadata = null)
        {
            List<KeyValuePair<string, string>> all = [new(Kind, optimizer.GetType().Name), .. metadata ?? []];
            if (all.Skip(1).Any(m => m.Key == Kind))
                throw new ArgumentException($"the metadata key '{Kind}' is written by Save itself; choose another key.", nameof(metadata));
            Safetensors.Save(path, optimizer.View(), all);
        }

        /// <summary>Loads what <c>Save</c> wrote for an optimizer of the same class and parameters: all of it, or nothing.</summary>
        /// <param name="path">The file.</param>
        /// <returns>What was loaded.</returns>
        /// <exception cref="StateLoadException">A name is missing or unexpected, or a shape differs; nothing was changed.</exception>
        /// <exception cref="InvalidDataException">The file is that of another optimizer, or of none.</exception>
        /// <exception cref="SafetensorsFormatException">The file is not sound.</exception>
        /// <exception cref="IOException">The file is missing or cannot be read.</exception>
        public LoadReport Load(string path)
        {
            string kind = Safetensors.LoadMetadata(path).GetValueOrDefault(Kind, "no optimizer");
            if (kind != optimizer.GetType().Name)
                throw new InvalidDataException(
                    $"{path} holds the state of {kind}, not of {optimizer.GetType().Name}; resume with the optimizer that wrote it.");
            return optimizer.Load(Safetensors.Load(path, map: false));
        }
    }
}
