using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

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
    public override torch.Tensor forward(torch.Tensor x) => Continue(x, null);

    /// <summary>The same behind past positions; the cache is lengthened by concatenation.</summary>
    public torch.Tensor Continue(torch.Tensor x, TorchCache? cache)
    {
        long batch = x.shape[0], length = x.shape[1], width = x.shape[2];
        torch.Tensor[] parts = _projections.forward(_norm1.forward(x)).split(width, -1);
        torch.Tensor Heads(torch.Tensor part) => part.view(batch, length, _heads, width / _heads).transpose(1, 2);
        torch.Tensor keys = Heads(parts[1]), values = Heads(parts[2]);
        bool causal = length > 1;
        if (cache is not null)
        {
            if (cache.Length > 0 && causal)
                throw new InvalidOperationException("several tokens at once can only be read into an empty cache.");
            cache.Keys = keys = cache.Keys is null ? keys.contiguous() : torch.cat([cache.Keys, keys], 2);
            cache.Values = values = cache.Values is null ? values.contiguous() : torch.cat([cache.Values, values], 2);
        }
        torch.Tensor mixed = Functional.scaled_dot_product_attention(Heads(parts[0]), keys, values, is_casual: causal);
        x = x + _output.forward(mixed.transpose(1, 2).reshape(batch, length, width));
        return x + _down.forward(Functional.gelu(_up.forward(_norm2.forward(x)), TorchSharp.Modules.GELU.Approximate.tanh));
    }

    /// <summary>The parameters, as our block names them.</summary>
    public IEnumerable<(string Name, torch.Tensor Tensor)> ByOurNames()
    {
        yield return ("norm1.weight", _norm1.weight!);
        yield return ("norm1.bias", _norm1.bias!);
        yield return ("norm2.weight", _norm2.weight!);
        yield return ("norm2.bias", _norm2.bias!);
        foreach ((string name, TorchSharp.Modules.Linear layer) in new[]
        {
            ("attention.query_key_value", _projections), ("attention.projection", _output),
            ("feed_forward.expand", _up), ("feed_forward.contract", _down),
        })
        {
            yield return (name + ".weight", layer.weight!);
            yield return (name + ".bias", layer.bias!);
        }
    }
}
