using Ballast.Cpu;

namespace Ballast.Lab.Rows;

/// <summary>One op on given tensors: the library's choice of lanes, and each width of lanes by itself.</summary>
/// <param name="result">What is compared with the reference.</param>
/// <param name="reference">The right result, in float64.</param>
/// <param name="tolerance">The largest difference, as a part of the largest magnitude.</param>
internal sealed class RowTrial(Tensor result, Func<double[]>? reference, double tolerance) : ILabTrial
{
    private readonly List<LabVersion> _versions = [];
    private readonly List<(Tensor Changed, Tensor Original)> _restored = [];

    public IReadOnlyList<LabVersion> Versions => _versions;

    public double Tolerance => tolerance;

    /// <summary>The kernel in the lanes that the library picks, and in the ones of a vector register of the framework.</summary>
    public RowTrial With<TKernel, TOp>(TOp op, Tensor[] inputs, Tensor[] outputs) where TKernel : ILaneKernel<TOp>
    {
        _versions.Add(new LabVersion("library", () => Widest.Run<TKernel, TOp>(DType.Float32, op, inputs, outputs)));
        _versions.Add(new LabVersion("vector lanes", () => TKernel.Run<F32Lanes, float>(op, inputs, outputs)));
        return this;
    }

    /// <summary>Another version.</summary>
    public RowTrial With(string name, Action run)
    {
        _versions.Add(new LabVersion(name, run));
        return this;
    }

    /// <summary>A tensor that versions change in place: it is put back before each validation.</summary>
    public RowTrial Restoring(Tensor changed)
    {
        _restored.Add((changed, changed.Clone()));
        return this;
    }

    public void Spoil()
    {
        if (_restored.Count == 0) result.FillInPlace(double.NaN);
        foreach ((Tensor changed, Tensor original) in _restored) changed.CopyFrom(original);
    }

    public double[] Result() => Doubles(result);

    public double[]? Reference() => reference?.Invoke();

    public void Dispose() { }

    /// <summary>The elements as float64.</summary>
    public static double[] Doubles(Tensor tensor) => tensor.To(DType.Float64).ToArray<double>();

    /// <summary>Normal numbers, the same for the same seed.</summary>
    public static Tensor Normal(int seed, params ReadOnlySpan<int> shape) =>
        Tensor.Empty(Shape.Create(shape)).NormalInPlace(0, 1, new Generator(seed));
}
