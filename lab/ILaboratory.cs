using Ballast.Bench.Measuring;

namespace Ballast.Lab;

/// <summary>One operation on trial: several versions of its kernel, a reference in float64, and the sizes to try.</summary>
internal interface ILaboratory
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>What it is for, in one line.</summary>
    string Purpose { get; }

    /// <summary>Sizes at which every version is compared with the reference: odd ones, small enough for a second in all.</summary>
    IReadOnlyList<LabSize> Odd { get; }

    /// <summary>Sizes at which the versions are timed.</summary>
    IReadOnlyList<LabSize> Sweep { get; }

    /// <summary>Makes the inputs and the output for one size.</summary>
    ILabTrial Prepare(LabSize size);
}

/// <summary>A size to try.</summary>
/// <param name="Rate">What one run amounts to, where a rate has meaning.</param>
/// <param name="Tag">A word for what the axes do not say (<c>nt</c>, <c>causal</c>); may be empty.</param>
/// <param name="Axes">The axes, as the laboratory reads them.</param>
internal sealed record LabSize(Rate? Rate, string Tag, params int[] Axes)
{
    /// <summary>What <c>--filter</c> looks into: <c>64x768x768 nt</c>.</summary>
    public string Name => string.Join('x', Axes) + (Tag.Length == 0 ? "" : " " + Tag);
}

/// <summary>A version on the data of one trial.</summary>
/// <param name="Name">A short name: <c>library</c> for what <c>ops/</c> has today.</param>
/// <param name="Run">Computes the result from the inputs once.</param>
internal sealed record LabVersion(string Name, Action Run);

/// <summary>The data of one size, and the versions that can do it.</summary>
internal interface ILabTrial : IDisposable
{
    /// <summary>The versions; those that this processor or size cannot have are left out.</summary>
    IReadOnlyList<LabVersion> Versions { get; }

    /// <summary>The largest difference from the reference that is allowed, as a part of the reference's largest magnitude.</summary>
    double Tolerance { get; }

    /// <summary>Puts NaN where the result will be, and the inputs of work in place back as they were.</summary>
    void Spoil();

    /// <summary>What the last version wrote.</summary>
    double[] Result();

    /// <summary>The right result, computed in float64; null where a trial only takes the time.</summary>
    double[]? Reference();
}
