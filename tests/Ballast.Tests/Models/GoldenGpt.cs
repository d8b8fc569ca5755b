using Ballast.Formats;
using Ballast.Models;

namespace Ballast.Tests.Models;

/// <summary>What PyTorch's run of the tiny GPT gave (tools/golden/gpt.py).</summary>
internal sealed class GoldenGpt
{
    private readonly IReadOnlyDictionary<string, Tensor> _tensors =
        Safetensors.Load(Repository.Golden("gpt.safetensors"), map: false);

    public static GptConfig Config { get; } = new() { VocabularySize = 65, BlockLength = 16, Width = 32, Heads = 4, Layers = 2 };

    public const int Steps = 10;

    public Tensor this[string name] => _tensors[name];

    /// <summary>The tensors under a prefix: <c>init</c>, <c>grad</c> or <c>final</c>.</summary>
    public StateDict State(string prefix) => new(_tensors
        .Where(t => t.Key.StartsWith(prefix + "/", StringComparison.Ordinal))
        .Select(t => new KeyValuePair<string, Tensor>(t.Key[(prefix.Length + 1)..], t.Value)));

    public static Tensor Loss(Gpt model, Tensor inputs, Tensor targets) =>
        model.Forward(inputs).Reshape(-1, model.Config.VocabularySize).CrossEntropy(targets.Reshape(-1));
}
