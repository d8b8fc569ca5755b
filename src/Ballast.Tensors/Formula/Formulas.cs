namespace Ballast;

/// <summary>Which dtypes a formula computes in.</summary>
public enum FormulaKind
{
    /// <summary>Integers stay integers, floating stays floating.</summary>
    Any,
    /// <summary>Integers and bool are promoted to float32 first.</summary>
    Floating,
}

/// <summary>What the derivative of a unary formula is computed from; the rest is not kept.</summary>
public enum SlopeFrom
{
    /// <summary>Nothing: the derivative is constant.</summary>
    Constant,
    /// <summary>The input.</summary>
    Input,
    /// <summary>The output.</summary>
    Output,
    /// <summary>There is none.</summary>
    None,
}

/// <summary>An elementwise function of one variable.</summary>
public interface IUnaryFormula
{
    /// <summary>The op's name.</summary>
    static abstract string Name { get; }

    /// <summary>The dtypes it computes in.</summary>
    static abstract FormulaKind Kind { get; }

    /// <summary>What the derivative needs.</summary>
    static abstract SlopeFrom SlopeFrom { get; }

    /// <summary>The function.</summary>
    V Of<V>(V x) where V : struct, IReal<V>;

    /// <summary>Its derivative, from the input or, if <see cref="SlopeFrom"/> is Output, from the output. <c>Dual.Slope(this, x)</c> unless a better form is known.</summary>
    V Slope<V>(V xOrY) where V : struct, IReal<V>;
}

/// <summary>An elementwise function of two variables of one dtype.</summary>
public interface IBinaryFormula
{
    /// <summary>The op's name.</summary>
    static abstract string Name { get; }

    /// <summary>The dtypes it computes in.</summary>
    static abstract FormulaKind Kind { get; }

    /// <summary>What the derivative needs if the second operand is a host scalar.</summary>
    static abstract SlopeFrom ScalarSlope { get; }

    /// <summary>What the derivative needs if the first operand is a host scalar.</summary>
    static virtual SlopeFrom LeftScalarSlope => SlopeFrom.Input;

    /// <summary>The function.</summary>
    V Of<V>(V a, V b) where V : struct, IReal<V>;

    /// <summary>What the gradient of an operand needs.</summary>
    Saves SavedFor(int input);

    /// <summary>The gradients of both operands.</summary>
    void Vjp(ref VjpContext c);
}

/// <summary>An elementwise comparison: <see cref="Of"/> gives 1 or 0.</summary>
public interface ICompareFormula
{
    /// <summary>The op's name.</summary>
    static abstract string Name { get; }

    /// <summary>1 where it holds, else 0.</summary>
    V Of<V>(V a, V b) where V : struct, IReal<V>;
}

/// <summary>Runs formulas on a device. Operands are of one computing dtype (float32, float64, int64, int32), any strides, and broadcast to the output.</summary>
public abstract class FormulaDriver
{
    /// <summary>y = f(x).</summary>
    public abstract void Unary<F>(in F formula, Tensor x, Tensor y) where F : struct, IUnaryFormula;

    /// <summary>dx = dy · f′, from <paramref name="saved"/> (the input or the output, as the formula says; null if constant).</summary>
    public abstract void UnaryGrad<F>(in F formula, Tensor? saved, Tensor dy, Tensor dx) where F : struct, IUnaryFormula;

    /// <summary>y = f(a, b).</summary>
    public abstract void Binary<F>(in F formula, Tensor a, Tensor b, Tensor y) where F : struct, IBinaryFormula;

    /// <summary>y = f(a, b) ≠ 0, as bool.</summary>
    public abstract void Compare<F>(in F formula, Tensor a, Tensor b, Tensor y) where F : struct, ICompareFormula;

    /// <summary>y = f(a, scalar) ≠ 0, as bool.</summary>
    public abstract void CompareScalar<F>(in F formula, Tensor a, Scalar b, Tensor y) where F : struct, ICompareFormula;
}

/// <summary>An op that a device's formula driver can run without a kernel of its own.</summary>
public interface IFormulaOp
{
    /// <summary>Hands the formula to the driver.</summary>
    void RunFormula(FormulaDriver driver, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs);
}
