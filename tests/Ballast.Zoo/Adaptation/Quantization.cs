namespace Zoo;

/// <summary>The range of what passes, and rounding to it with a straight-through gradient. [*] -> [*].</summary>
public sealed partial class FakeQuantize(int bits = 8) : Module, IForward<Tensor, Tensor>
{
    public Buffer MinVal { get; } = new(Tensor.From(0f)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };
    public Buffer MaxVal { get; } = new(Tensor.From(0f)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };
    public Buffer Scale { get; } = new(Tensor.Ones(1)) { DTypePolicy = DTypePolicy.AtLeast(DType.Float32) };
    public Buffer ZeroPoint { get; } = new(Tensor.Zeros([1], DType.Int64));

    public Tensor Forward(Tensor x)
    {
        if (Training) Observe(x.Detach().ToFloat());
        double levels = Math.Pow(2, bits) - 1;
        Tensor scale = Scale.Value.To(x.DType), zero = ZeroPoint.Value.To(x.DType);
        Tensor rounded = (((x / scale).Round() + zero).Clamp(0, levels) - zero) * scale;
        return x + (rounded - x).Detach();
    }

    private void Observe(Tensor x)
    {
        MinVal.Value = MinVal.Value.Minimum(x.Min());
        MaxVal.Value = MaxVal.Value.Maximum(x.Max());
        Scale.Assign(((MaxVal - MinVal) / (Math.Pow(2, bits) - 1)).Maximum(1e-8));
        ZeroPoint.Assign((-MinVal.Value / Scale).Round(), lossy: true);
    }
}

/// <summary>A layer with quantised weight and input. [*, In] -> [*, Out].</summary>
public sealed partial class QuantizedLinear(int inFeatures, int outFeatures) : Module, IForward<Tensor, Tensor>
{
    public Linear Inner { get; } = new(inFeatures, outFeatures);
    public FakeQuantize WeightFakeQuant { get; } = new();
    public FakeQuantize ActivationPostProcess { get; } = new();

    public Tensor Forward(Tensor x) =>
        Tensor.Linear(ActivationPostProcess.Forward(x), WeightFakeQuant.Forward(Inner.Weight), Inner.Bias?.Value);
}

/// <summary>A frozen layer held as whole numbers with a scale for each row: nothing here is learned. [*, In] -> [*, Out].</summary>
public sealed partial class Int8Linear : Module, IForward<Tensor, Tensor>
{
    public Int8Linear(Linear trained)
    {
        Tensor weight = trained.Weight.Value.Detach(), scale = weight.Abs().Max(1, keep: true) / 127;
        Weight = new((weight / scale).Round().To(DType.Int8));
        Scale = new(scale);
        Bias = trained.Bias is null ? null : new(trained.Bias.Value.Clone());
    }

    public Buffer Weight { get; }
    public Buffer Scale { get; }
    public Buffer? Bias { get; }

    public Tensor Forward(Tensor x) => Tensor.Linear(x, Weight.Value.To(Scale.DType) * Scale, Bias?.Value);
}

/// <summary>A learned step between levels, after LSQ (2019). [*, C] -> [*, C].</summary>
public sealed partial class LearnedStep(double levels = 7) : Module, IForward<Tensor, Tensor>
{
    public Parameter Step { get; } = new(Tensor.From(0.25f));

    public Tensor Forward(Tensor x)
    {
        Tensor scaled = (x / Step).Clamp(-levels, levels);
        return (scaled + (scaled.Round() - scaled).Detach()) * Step;
    }
}
