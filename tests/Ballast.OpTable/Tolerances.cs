namespace Ballast.Tests.OpTables;

/// <summary>How far a result may be from the float64 reference: relative to it, plus absolute.</summary>
public readonly record struct Bound(double Relative, double Absolute = 0);

/// <summary>The bounds of one kind of op.</summary>
/// <param name="Float32">For float32.</param>
/// <param name="Float64">For float64.</param>
/// <param name="Roundings">How many times a half result may have been rounded on its way.</param>
public sealed record Tolerance(Bound Float32, Bound Float64, int Roundings = 1)
{
    public Bound Of(DType dtype) => dtype switch
    {
        DType.Float32 => Float32,
        DType.Float64 => Float64,
        DType.BFloat16 => Tolerances.Half(Tolerances.BFloat16Step * Roundings, Float32),
        DType.Float16 => Tolerances.Half(Tolerances.Float16Step * Roundings, Float32),
        _ => default,
    };
}

/// <summary>All bounds, with the reason for each.</summary>
public static class Tolerances
{
    /// <summary>The spacing of float32 at 1.</summary>
    public const double Float32Step = 1.1920928955078125e-7;

    /// <summary>The spacing of float64 at 1.</summary>
    public const double Float64Step = 2.220446049250313e-16;

    /// <summary>The spacing of bfloat16 at 1: 7 fraction bits.</summary>
    public const double BFloat16Step = 1.0 / 128;

    /// <summary>The spacing of float16 at 1: 10 fraction bits.</summary>
    public const double Float16Step = 1.0 / 1024;

    // The smallest float16 is 6e-8: below a few of them a relative bound has no meaning.
    private const double HalfFloor = 2e-6;

    /// <summary>One IEEE operation, or none: correctly rounded, so equal to the rounded reference.</summary>
    public static readonly Tolerance Exact = new(new(0), new(0));

    /// <summary>Several IEEE operations: each may be half a step off.</summary>
    public static readonly Tolerance FewSteps = new(new(4 * Float32Step, 1e-30), new(4 * Float64Step, 1e-300));

    /// <summary>Vector math functions promise about 2 steps; formulas around them add a few more; the absolute part covers cancellation
    /// near zeros.</summary>
    public static readonly Tolerance Functions = new(new(16 * Float32Step, 1e-7), new(32 * Float64Step, 1e-14));

    /// <summary>pow goes through the C library: a few steps, more for large exponents.</summary>
    public static readonly Tolerance Powers = new(new(16 * Float32Step, 1e-7), new(16 * Float64Step, 1e-15));

    /// <summary>Sums of up to some thousand terms of size 1: half a step for each level of a blocked sum, and cancellation.</summary>
    public static readonly Tolerance Sums = new(new(1e-5, 2e-5), new(1e-13, 1e-13), Roundings: 2);

    /// <summary>Softmax and normalisations: one sum, one function and a few operations in each row; results of size 1.</summary>
    public static readonly Tolerance Normalised = new(new(1e-5, 4e-6), new(1e-12, 1e-13), Roundings: 2);

    /// <summary>Ops composed of several others, each of which rounds half results.</summary>
    public static readonly Tolerance Composite = new(new(2e-5, 2e-5), new(1e-12, 1e-12), Roundings: 6);

    /// <summary>Gradients in float32 against float64 ones: the rules are a few ops deep.</summary>
    public static readonly Bound GradientFloat32 = new(2e-4, 2e-4);

    /// <summary>Two ways to one float64 gradient.</summary>
    public static readonly Bound GradientFloat64 = new(1e-10, 1e-11);

    /// <summary>A central difference with step h is off by about h² (1e-10) from curvature and 1e-16/h (1e-11) from rounding, times the
    /// size of the loss.</summary>
    public static readonly Bound Differences = new(2e-6, 2e-7);

    internal static Bound Half(double step, Bound wide) => new(step + wide.Relative, HalfFloor + step * 0.05 + wide.Absolute);
}
