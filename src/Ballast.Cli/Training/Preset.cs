namespace Ballast.Cli.Training;

/// <summary>A named size of model with the way it trains best here.</summary>
/// <param name="Name">What <c>--config</c> takes.</param>
/// <param name="Layers">L.</param>
/// <param name="Width">C.</param>
/// <param name="Heads">H.</param>
/// <param name="BlockLength">T, in characters.</param>
/// <param name="Dropout">Probability of zeroing.</param>
/// <param name="Batch">Sequences a step.</param>
/// <param name="Steps">Steps of a whole run; the learning rate reaches its minimum there.</param>
/// <param name="WarmupSteps">Steps in which the learning rate rises.</param>
/// <param name="LearningRate">Peak learning rate.</param>
public sealed record Preset(
    string Name, int Layers, int Width, int Heads, int BlockLength, double Dropout,
    int Batch, int Steps, int WarmupSteps, double LearningRate)
{
    /// <summary>All presets, smallest first; the first is the default.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("tiny", Layers: 4, Width: 128, Heads: 4, BlockLength: 64, Dropout: 0,
            Batch: 12, Steps: 1500, WarmupSteps: 100, LearningRate: 2e-3),
        new("small", Layers: 6, Width: 384, Heads: 6, BlockLength: 256, Dropout: 0.1,
            Batch: 4, Steps: 5000, WarmupSteps: 200, LearningRate: 1e-3),
        new("gpt2", Layers: 12, Width: 768, Heads: 12, BlockLength: 256, Dropout: 0.1,
            Batch: 2, Steps: 20000, WarmupSteps: 500, LearningRate: 6e-4),
    ];

    /// <summary>The preset of a name.</summary>
    /// <exception cref="UserError">There is none of that name.</exception>
    public static Preset Named(string name)
    {
        foreach (Preset preset in All)
        {
            if (preset.Name == name) return preset;
        }
        string? near = Nearest.To(name, All.Select(p => p.Name));
        string hint = near is null ? "" : $"did you mean '{near}'? ";
        throw UserError.Usage($"unknown config '{name}': {hint}it is one of {string.Join(", ", All.Select(p => p.Name))}");
    }
}
