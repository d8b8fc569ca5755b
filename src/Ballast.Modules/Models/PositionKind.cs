namespace Ballast.Models;

/// <summary>Where a <see cref="Gpt"/> has the vectors of positions from.</summary>
public enum PositionKind
{
    /// <summary>A fixed table of sines and cosines; token vectors are multiplied by √C. Source: Vaswani et al., arXiv:1706.03762.</summary>
    Sinusoidal,

    /// <summary>A table that is trained, as in GPT-2; token vectors are taken as they are. Source: Radford et al. 2019.</summary>
    Learned,
}
