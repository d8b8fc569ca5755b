namespace Ballast;

/// <summary>y = f(x), elementwise.</summary>
public readonly record struct UnaryOp<F>(F Formula) : IOp<UnaryOp<F>>, IFormulaOp where F : struct, IUnaryFormula
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new(F.Name, Differentiable: F.SlopeFrom != SlopeFrom.None);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => F.SlopeFrom switch
    {
        SlopeFrom.Input => Saves.Input0,
        SlopeFrom.Output => Saves.Output0,
        _ => Saves.None,
    };

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c)
    {
        var op = new UnaryGradOp<F>(Formula);
        c.Set(0, F.SlopeFrom switch
        {
            SlopeFrom.Input => Op.Run(op, c.Grad, c.Input(0)),
            SlopeFrom.Output => Op.Run(op, c.Grad, c.Output(0)),
            _ => Op.Run(op, c.Grad),
        });
    }

    /// <inheritdoc/>
    public void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        driver.Unary(Formula, inputs[0], outputs[0]);

    /// <summary>Runs the formula; integers and bool become float32 first if it is a floating one.</summary>
    internal static Tensor Run(in F formula, Tensor x) =>
        Op.Run(new UnaryOp<F>(formula), F.Kind == FormulaKind.Floating && !x.DType.IsFloating ? x.To(DType.Float32) : x);
}

/// <summary>dx = dy · f′(x), elementwise.</summary>
public readonly record struct UnaryGradOp<F>(F Formula) : IOp<UnaryGradOp<F>>, IFormulaOp where F : struct, IUnaryFormula
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new(F.Name + "_grad", Differentiable: false);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }

    /// <inheritdoc/>
    public void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        driver.UnaryGrad(Formula, inputs.Length > 1 ? inputs[1] : null, inputs[0], outputs[0]);
}

/// <summary>y = f(a, b), elementwise with broadcasting; operands have been promoted to one dtype.</summary>
public readonly record struct BinaryOp<F>(F Formula) : IOp<BinaryOp<F>>, IFormulaOp where F : struct, IBinaryFormula
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new(F.Name, HostScalars: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new(Shape.Broadcast(inputs[0].Shape, inputs[1].Shape, F.Name), inputs[0].DType);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Formula.SavedFor(input);

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) => Formula.Vjp(ref c);

    /// <inheritdoc/>
    public void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        driver.Binary(Formula, inputs[0], inputs[1], outputs[0]);

    /// <summary>Promotes both operands to their common dtype, then runs the formula.</summary>
    internal static Tensor Run(in F formula, Tensor a, Tensor b)
    {
        DType dtype = Promotion.Result(a, b);
        if (F.Kind == FormulaKind.Floating) dtype = Promotion.Floating(dtype);
        return Op.Run(new BinaryOp<F>(formula), a.To(dtype), b.To(dtype));
    }

    /// <summary>Runs the formula with a host scalar on the right.</summary>
    internal static Tensor Run(in F formula, Tensor a, Scalar b) =>
        Op.Run(new UnaryOp<ScalarRight<F>>(new(formula, b)), a.To(DTypeWith(a, b)));

    /// <summary>Runs the formula with a host scalar on the left.</summary>
    internal static Tensor Run(in F formula, Scalar a, Tensor b) =>
        Op.Run(new UnaryOp<ScalarLeft<F>>(new(formula, a)), b.To(DTypeWith(b, a)));

    /// <summary>a = f(a, b).</summary>
    internal static Tensor RunInPlace(in F formula, Tensor a, Tensor b)
    {
        DType dtype = Promotion.Result(a, b);
        if (F.Kind == FormulaKind.Floating) dtype = Promotion.Floating(dtype);
        Op.CheckHold(F.Name, a.DType, dtype);
        return Op.RunInPlace(new BinaryOp<F>(formula), a, b.To(a.DType));
    }

    /// <summary>a = f(a, scalar).</summary>
    internal static Tensor RunInPlace(in F formula, Tensor a, Scalar b)
    {
        Op.CheckHold(F.Name, a.DType, DTypeWith(a, b));
        return Op.RunInPlace(new UnaryOp<ScalarRight<F>>(new(formula, b)), a);
    }

    private static DType DTypeWith(Tensor tensor, Scalar scalar)
    {
        DType dtype = Promotion.Result(tensor.DType, scalar);
        return F.Kind == FormulaKind.Floating ? Promotion.Floating(dtype) : dtype;
    }
}

/// <summary>A binary formula with a host scalar as its second operand.</summary>
public readonly record struct ScalarRight<F>(F Formula, Scalar B) : IUnaryFormula where F : struct, IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => F.Name;

    /// <inheritdoc/>
    public static FormulaKind Kind => F.Kind;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => F.ScalarSlope;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => Formula.Of(x, V.Given(B));

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
}

/// <summary>A binary formula with a host scalar as its first operand.</summary>
public readonly record struct ScalarLeft<F>(F Formula, Scalar A) : IUnaryFormula where F : struct, IBinaryFormula
{
    /// <inheritdoc/>
    public static string Name => F.Name;

    /// <inheritdoc/>
    public static FormulaKind Kind => F.Kind;

    /// <inheritdoc/>
    public static SlopeFrom SlopeFrom => F.LeftScalarSlope;

    /// <inheritdoc/>
    public V Of<V>(V x) where V : struct, IReal<V> => Formula.Of(V.Given(A), x);

    /// <inheritdoc/>
    public V Slope<V>(V x) where V : struct, IReal<V> => Dual.Slope(this, x);
}

/// <summary>A comparison of two tensors, with broadcasting; operands have been promoted to one dtype.</summary>
public readonly record struct CompareOp<F>(F Formula) : IOp<CompareOp<F>>, IFormulaOp where F : struct, ICompareFormula
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new(F.Name, Differentiable: false, HostScalars: true, KeepsOutput: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) =>
        outputs[0] = new(Shape.Broadcast(inputs[0].Shape, inputs[1].Shape, F.Name), DType.Bool);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }

    /// <inheritdoc/>
    public void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        driver.Compare(Formula, inputs[0], inputs[1], outputs[0]);

    /// <summary>Promotes both operands, then compares.</summary>
    internal static Tensor Run(in F formula, Tensor a, Tensor b)
    {
        DType dtype = Promotion.Result(a, b);
        return Op.Run(new CompareOp<F>(formula), a.To(dtype), b.To(dtype));
    }

    /// <summary>Compares with a host scalar.</summary>
    internal static Tensor Run(in F formula, Tensor a, Scalar b) =>
        Op.Run(new CompareScalarOp<F>(formula, b), a.To(Promotion.Result(a.DType, b)));
}

/// <summary>A comparison with a host scalar.</summary>
public readonly record struct CompareScalarOp<F>(F Formula, Scalar B) : IOp<CompareScalarOp<F>>, IFormulaOp where F : struct, ICompareFormula
{
    /// <inheritdoc/>
    public static OpTraits Traits { get; } = new(F.Name, Differentiable: false, KeepsOutput: true);

    /// <inheritdoc/>
    public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, DType.Bool);

    /// <inheritdoc/>
    public Saves SavedFor(int input) => Saves.None;

    /// <inheritdoc/>
    public void Vjp(ref VjpContext c) { }

    /// <inheritdoc/>
    public void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        driver.CompareScalar(Formula, inputs[0], B, outputs[0]);
}
