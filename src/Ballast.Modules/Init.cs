namespace Ballast;

/// <summary>Fills tensors and parameters with first values: PyTorch's rules, drawn on the CPU whatever the device.</summary>
/// <remarks>
/// One seed gives one model on every device. On meta nothing is drawn. Where no generator is given, <see cref="Generator.Default"/> is
/// used.
/// Source: torch.nn.init; conformance C214, C215, C218.
/// </remarks>
public static class Init
{
    /// <summary>Draws every element from the uniform distribution over [low, high).</summary>
    /// <exception cref="DTypeException">The tensor is not floating.</exception>
    public static Tensor Uniform(Tensor target, double low = 0, double high = 1, Generator? generator = null)
    {
        using (Autograd.NoGrad()) return target.UniformInPlace(low, high, generator, onHost: true);
    }

    /// <inheritdoc cref="Uniform(Tensor, double, double, Generator)"/>
    public static Parameter Uniform(Parameter target, double low = 0, double high = 1, Generator? generator = null)
    {
        Uniform(target.Value.Detach(), low, high, generator);
        return target;
    }

    /// <summary>Draws every element from the normal distribution.</summary>
    /// <exception cref="DTypeException">The tensor is not floating.</exception>
    public static Tensor Normal(Tensor target, double mean = 0, double deviation = 1, Generator? generator = null)
    {
        using (Autograd.NoGrad()) return target.NormalInPlace(mean, deviation, generator, onHost: true);
    }

    /// <inheritdoc cref="Normal(Tensor, double, double, Generator)"/>
    public static Parameter Normal(Parameter target, double mean = 0, double deviation = 1, Generator? generator = null)
    {
        Normal(target.Value.Detach(), mean, deviation, generator);
        return target;
    }

    /// <summary>Uniform over ±√3 · gain / √fanIn with gain = √(2 / (1 + slope²)): keeps the variance through leaky rectifiers of that
    /// slope.</summary>
    /// <remarks>
    /// Shape: [Out, In, *]; fanIn = In · *. The slope √5 gives ±1/√fanIn, the rule of linear layers. Source: He et al., arXiv:1502.01852.
    /// </remarks>
    /// <exception cref="ShapeException">The tensor has fewer than two axes.</exception>
    public static Tensor KaimingUniform(Tensor target, double slope = 0, Generator? generator = null)
    {
        double fan = Fans(target, "KaimingUniform").In;
        double bound = fan == 0 ? 0 : Math.Sqrt(3) * (Math.Sqrt(2 / (1 + slope * slope)) / Math.Sqrt(fan));
        return Uniform(target, -bound, bound, generator);
    }

    /// <inheritdoc cref="KaimingUniform(Tensor, double, Generator)"/>
    public static Parameter KaimingUniform(Parameter target, double slope = 0, Generator? generator = null)
    {
        KaimingUniform(target.Value.Detach(), slope, generator);
        return target;
    }

    /// <summary>Uniform over ±gain · √(6 / (fanIn + fanOut)).</summary>
    /// <remarks>Shape: [Out, In, *]. Source: Glorot and Bengio 2010.</remarks>
    /// <exception cref="ShapeException">The tensor has fewer than two axes.</exception>
    public static Tensor XavierUniform(Tensor target, double gain = 1, Generator? generator = null)
    {
        (double fanIn, double fanOut) = Fans(target, "XavierUniform");
        double bound = fanIn + fanOut == 0 ? 0 : Math.Sqrt(3) * (gain * Math.Sqrt(2 / (fanIn + fanOut)));
        return Uniform(target, -bound, bound, generator);
    }

    /// <inheritdoc cref="XavierUniform(Tensor, double, Generator)"/>
    public static Parameter XavierUniform(Parameter target, double gain = 1, Generator? generator = null)
    {
        XavierUniform(target.Value.Detach(), gain, generator);
        return target;
    }

    /// <summary>Sets every element to 0.</summary>
    public static Tensor Zeros(Tensor target) => Fill(target, 0);

    /// <inheritdoc cref="Zeros(Tensor)"/>
    public static Parameter Zeros(Parameter target)
    {
        Fill(target.Value.Detach(), 0);
        return target;
    }

    /// <summary>Sets every element to 1.</summary>
    public static Tensor Ones(Tensor target) => Fill(target, 1);

    /// <inheritdoc cref="Ones(Tensor)"/>
    public static Parameter Ones(Parameter target)
    {
        Fill(target.Value.Detach(), 1);
        return target;
    }

    private static Tensor Fill(Tensor target, double value)
    {
        using (Autograd.NoGrad()) return target.FillInPlace(value);
    }

    private static (double In, double Out) Fans(Tensor target, string rule)
    {
        if (target.Rank < 2)
            throw new ShapeException(
                $"{rule} needs [Out, In, *] to know how many inputs a unit has; this tensor is {target.Shape}. Use Uniform or Normal.");
        double receptive = 1;
        for (int i = 2; i < target.Rank; i++) receptive *= target.Shape[i];
        return (target.Shape[1] * receptive, target.Shape[0] * receptive);
    }
}
