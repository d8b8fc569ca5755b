namespace Zoo;

/// <summary>Direction and length of each row apart, after weight normalisation (2016), by hand. [*, In] -> [*, Out].</summary>
public sealed partial class WeightNormLinear : Module, IForward<Tensor, Tensor>
{
    public WeightNormLinear(int inFeatures, int outFeatures)
    {
        WeightV = new(Init.KaimingUniform(Tensor.Empty([outFeatures, inFeatures])));
        WeightG = new(WeightV.Value.Detach().Norm(2, 1, keep: true));
        Bias = new(Tensor.Zeros(outFeatures));
    }

    public Parameter WeightG { get; }
    public Parameter WeightV { get; }
    public Parameter Bias { get; }

    public Tensor Forward(Tensor x) => Tensor.Linear(x, WeightV.Value * (WeightG / WeightV.Value.Norm(2, 1, keep: true)), Bias);
}

/// <summary>Weight normalisation by the library's parametrisation of a layer. [*, In] -> [*, Out].</summary>
public sealed partial class ParametrizedLinear : Module, IForward<Tensor, Tensor>
{
    public ParametrizedLinear(int inFeatures, int outFeatures)
    {
        Inner = new(inFeatures, outFeatures);
        this.Parametrize("inner.weight", new WeightNorm());
    }

    public Linear Inner { get; }

    public Tensor Forward(Tensor x) => Inner.Forward(x);
}

/// <summary>The weight over its largest singular value, by a power iteration whose vectors are buffers. [*, In] -> [*, Out].</summary>
public sealed partial class SpectralNormLinear : Module, IForward<Tensor, Tensor>
{
    public SpectralNormLinear(int inFeatures, int outFeatures)
    {
        WeightOrig = new(Init.XavierUniform(Tensor.Empty([outFeatures, inFeatures])));
        Bias = new(Tensor.Zeros(outFeatures));
        WeightU = new(Tensor.Ones(outFeatures).Normalize(axis: 0));
        WeightV = new(Tensor.Ones(inFeatures).Normalize(axis: 0));
    }

    public Parameter WeightOrig { get; }
    public Parameter Bias { get; }
    public Buffer WeightU { get; }
    public Buffer WeightV { get; }

    public Tensor Forward(Tensor x)
    {
        if (Training) Iterate();
        Tensor sigma = (WeightU * WeightOrig.Value.MatMul(WeightV)).Sum();
        return Tensor.Linear(x, WeightOrig / sigma, Bias);
    }

    private void Iterate()
    {
        using (Autograd.NoGrad())
        {
            WeightV.Value = WeightOrig.T.MatMul(WeightU).Normalize(axis: 0);
            WeightU.Value = WeightOrig.Value.MatMul(WeightV).Normalize(axis: 0);
        }
    }
}
