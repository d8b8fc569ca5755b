using Ballast.Models;
using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

/// <summary>The same GPT in TorchSharp: pre-norm blocks, fused attention, tanh GELU, the token table as output weights.</summary>
internal sealed class TorchGpt : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly TorchSharp.Modules.Embedding _tokens;
    private readonly TorchSharp.Modules.Embedding? _learned;
    private readonly torch.Tensor? _sinusoids;
    private readonly double _scale = 1;
    private readonly TorchSharp.Modules.ModuleList<TorchBlock> _blocks;
    private readonly TorchSharp.Modules.LayerNorm _norm;

    /// <summary>A model with fresh weights.</summary>
    public TorchGpt(GptConfig config) : base("gpt")
    {
        _tokens = torch.nn.Embedding(config.VocabularySize, config.Width);
        if (config.Positions == PositionKind.Learned) _learned = torch.nn.Embedding(config.BlockLength, config.Width);
        _blocks = new TorchSharp.Modules.ModuleList<TorchBlock>(
            [.. Enumerable.Range(0, config.Layers).Select(_ => new TorchBlock(config.Width, config.Heads))]);
        _norm = torch.nn.LayerNorm(config.Width);
        RegisterComponents();
        if (_learned is not null) return;
        float[] table = SinusoidalPositions.Table(config.BlockLength, config.Width).ToArray<float>();
        _sinusoids = torch.tensor(table, [config.BlockLength, config.Width]);
        _scale = Math.Sqrt(config.Width);
        register_buffer("positions", _sinusoids);
    }

    /// <summary>A model with the weights of ours.</summary>
    public static TorchGpt Of(Gpt ours)
    {
        var model = new TorchGpt(ours.Config);
        IReadOnlyDictionary<string, torch.Tensor> theirs = model.ByOurNames();
        using IDisposable noGrad = torch.no_grad();
        foreach ((string name, Parameter parameter) in ours.NamedParameters())
        {
            using torch.Tensor values = torch.tensor(parameter.Value.Detach().ToArray<float>(), theirs[name].shape);
            theirs[name].copy_(values);
        }
        return model;
    }

    /// <summary>Logits at every position. Shape: [B, T] → [B, T, V].</summary>
    public override torch.Tensor forward(torch.Tensor tokens)
    {
        torch.Tensor x = Embed(tokens, 0);
        foreach (TorchBlock block in _blocks) x = block.forward(x);
        return Functional.linear(_norm.forward(x), _tokens.weight!);
    }

    /// <summary>Logits of the last position, with the keys and values of past positions in the cache, which grows. Shape: [1, T] → [1, V].</summary>
    public torch.Tensor Continue(torch.Tensor tokens, TorchCache[] caches)
    {
        torch.Tensor x = Embed(tokens, caches[0].Length);
        for (int i = 0; i < caches.Length; i++) x = _blocks[i].Continue(x, caches[i]);
        torch.Tensor last = x.narrow(1, x.shape[1] - 1, 1).squeeze(1);
        return Functional.linear(_norm.forward(last), _tokens.weight!);
    }

    /// <summary>A cache for each block, empty.</summary>
    public TorchCache[] NewCaches() => [.. _blocks.Select(_ => new TorchCache())];

    private torch.Tensor Embed(torch.Tensor tokens, long past)
    {
        torch.Tensor x = _tokens.forward(tokens), positions = _learned?.weight! ?? _sinusoids!;
        return (_learned is null ? x * _scale : x) + positions.narrow(0, past, tokens.shape[1]);
    }

    private Dictionary<string, torch.Tensor> ByOurNames()
    {
        var names = new Dictionary<string, torch.Tensor> { ["token_embedding.weight"] = _tokens.weight! };
        if (_learned is not null) names["position_embedding.weight"] = _learned.weight!;
        for (int i = 0; i < _blocks.Count; i++)
            foreach ((string name, torch.Tensor tensor) in _blocks[i].ByOurNames()) names[$"blocks.{i}.{name}"] = tensor;
        (names["final_norm.weight"], names["final_norm.bias"]) = (_norm.weight!, _norm.bias!);
        return names;
    }
}

/// <summary>Keys and values of past positions, [1, H, S, D] each; null before the first.</summary>
internal sealed class TorchCache
{
    /// <summary>What there is.</summary>
    public torch.Tensor? Keys, Values;

    /// <summary>S.</summary>
    public long Length => Keys?.shape[2] ?? 0;
}
