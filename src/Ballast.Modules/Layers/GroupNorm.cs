namespace Ballast;

/// <summary>Group normalisation: y = (x − mean) / √(var + ε) · w + b, each group of channels of each example over its positions.</summary>
/// <remarks>
/// Shape: [B, C, *] → the same. State: <c>weight</c> (ones) and <c>bias</c> (zeros), both [C]; nothing is drawn.
/// Source: Wu and He, arXiv:1803.08494; torch.nn.GroupNorm.
/// </remarks>
public sealed partial class GroupNorm : Module, IForward<Tensor, Tensor>, IResettable
{
    /// <summary>Splits C channels into G groups.</summary>
    /// <param name="groups">G.</param>
    /// <param name="channels">C, a multiple of G.</param>
    /// <param name="eps">ε, added to the variance.</param>
    /// <param name="affine">False for no weight and no bias.</param>
    /// <exception cref="ShapeException">G is not positive, or C is no multiple of it.</exception>
    public GroupNorm(int groups, int channels, double eps = 1e-5, bool affine = true)
    {
        if (groups <= 0 || channels < 0 || channels % groups != 0)
            throw new ShapeException($"GroupNorm: {channels} channels cannot be split into {groups} equal groups.");
        Groups = groups;
        Channels = channels;
        Eps = eps;
        if (!affine) return;
        Weight = new Parameter(Tensor.Ones(channels));
        Bias = new Parameter(Tensor.Zeros(channels));
    }

    /// <summary>w, or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>b, or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>G.</summary>
    public int Groups { get; }

    /// <summary>C, the length of axis 1.</summary>
    public int Channels { get; }

    /// <summary>ε, added to the variance.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    public void ResetParameters()
    {
        Weight?.Value.Detach().FillInPlace(1);
        Bias?.Value.Detach().FillInPlace(0);
    }

    /// <summary>y = (x − mean) / √(var + ε) · w + b.</summary>
    /// <exception cref="ShapeException">The input has fewer than 2 axes, or another number of channels.</exception>
    public Tensor Forward(Tensor input)
    {
        if (input.Rank < 2 || input.Shape[1] != Channels)
            throw new ShapeException($"GroupNorm takes [B, {Channels}, *]; {input.Shape} was given.");
        if (input.Elements == 0) return input;
        int row = checked((int)(input.Elements / input.Shape[0] / Groups));
        Tensor y = input.Reshape(input.Shape[0], Groups, row).LayerNorm(Shape.Create(row), null, null, Eps).Reshape(input.Shape);
        if (Weight is null) return y;
        int[] channel = new int[input.Rank];
        channel.AsSpan().Fill(1);
        channel[1] = Channels;
        return y * Weight.Value.Reshape(new Shape(channel)) + Bias!.Value.Reshape(new Shape(channel));
    }
}
