using Ballast.Models;
using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

/// <summary>The same GPT in TorchSharp: pre-norm blocks, fused attention, tanh GELU, the token table as output weights.</summary>
internal sealed class TorchGpt : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly TorchSharp.Modules.Embedding _tokens;
    private readonly torch.Tensor _positions;
    private readonly double _scale;
    private readonly TorchSharp.Modules.ModuleList<TorchBlock> _blocks;
    private readonly TorchSharp.Modules.LayerNorm _norm;

    /// <summary>A model with fresh weights.</summary>
    public TorchGpt(int vocabulary, int block, int width, int layers, int heads) : base("gpt")
    {
        _tokens = torch.nn.Embedding(vocabulary, width);
        float[] table = SinusoidalPositions.Table(block, width).ToArray<float>();
        _positions = torch.tensor(table, [block, width]);
        _scale = Math.Sqrt(width);
        _blocks = new TorchSharp.Modules.ModuleList<TorchBlock>([.. Enumerable.Range(0, layers).Select(_ => new TorchBlock(width, heads))]);
        _norm = torch.nn.LayerNorm(width);
        RegisterComponents();
        register_buffer("positions", _positions);
    }

    /// <summary>Shape: [B, T] → [B, T, V].</summary>
    public override torch.Tensor forward(torch.Tensor tokens)
    {
        torch.Tensor x = _tokens.forward(tokens) * _scale + _positions.narrow(0, 0, tokens.shape[1]);
        foreach (TorchBlock block in _blocks) x = block.forward(x);
        return Functional.linear(_norm.forward(x), _tokens.weight!);
    }
}

/// <summary>Attention and feed-forward, each added to what comes in.</summary>
internal sealed class TorchBlock : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly TorchSharp.Modules.LayerNorm _norm1, _norm2;
    private readonly TorchSharp.Modules.Linear _projections, _output, _up, _down;
    private readonly int _heads;

    /// <summary>A block with fresh weights.</summary>
    public TorchBlock(int width, int heads) : base("block")
    {
        _heads = heads;
        _norm1 = torch.nn.LayerNorm(width);
        _projections = torch.nn.Linear(width, 3 * width);
        _output = torch.nn.Linear(width, width);
        _norm2 = torch.nn.LayerNorm(width);
        _up = torch.nn.Linear(width, 4 * width);
        _down = torch.nn.Linear(4 * width, width);
        RegisterComponents();
    }

    /// <summary>Shape: [B, T, C] → [B, T, C].</summary>
    public override torch.Tensor forward(torch.Tensor x)
    {
        long batch = x.shape[0], length = x.shape[1], width = x.shape[2];
        torch.Tensor[] parts = _projections.forward(_norm1.forward(x)).split(width, -1);
        torch.Tensor Heads(torch.Tensor part) => part.view(batch, length, _heads, width / _heads).transpose(1, 2);
        torch.Tensor mixed = Functional.scaled_dot_product_attention(Heads(parts[0]), Heads(parts[1]), Heads(parts[2]), is_casual: true);
        x = x + _output.forward(mixed.transpose(1, 2).reshape(batch, length, width));
        return x + _down.forward(Functional.gelu(_up.forward(_norm2.forward(x)), TorchSharp.Modules.GELU.Approximate.tanh));
    }
}
