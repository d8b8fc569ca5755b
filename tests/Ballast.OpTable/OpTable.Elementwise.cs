namespace Ballast.Tests.OpTables;

/// <content>Functions of one and two variables, element by element.</content>
public static partial class OpTable
{
    private static OpRow Unary<F>(string name, Func<Tensor, Tensor> run, Func<double, double> f, Values values, Tolerance tolerance)
        where F : struct, IUnaryFormula => new(name, UnaryCases(run, f, values))
        {
            Covers = [typeof(F), typeof(UnaryOp<>), typeof(UnaryGradOp<>)],
            Tolerance = tolerance,
            Elementwise = true,
            Differentiable = F.SlopeFrom != SlopeFrom.None,
        };

    private static OpRow[] Elementwise() =>
    [
        Unary<AbsFormula>("abs", x => x.Abs(), Math.Abs, Draw.Uniform(-2, 2, 0), Tolerances.Exact) with
        {
            Integers = _signed, IntegerValues = Draw.Integers(-5, 5),
        },
        Unary<NegFormula>("neg", x => -x, x => -x, Draw.Uniform(-2, 2), Tolerances.Exact) with
        {
            Integers = _signed, IntegerValues = Draw.Integers(-5, 5), InPlace = x => x[0].NegInPlace(),
        },
        Unary<ExpFormula>("exp", x => x.Exp(), Math.Exp, Draw.Uniform(-4, 4), Tolerances.Functions) with
        {
            InPlace = x => x[0].ExpInPlace(),
        },
        Unary<LogFormula>("log", x => x.Log(), Math.Log, Draw.Uniform(0.2, 5), Tolerances.Functions),
        Unary<SinFormula>("sin", x => x.Sin(), Math.Sin, Draw.Uniform(-6, 6), Tolerances.Functions),
        Unary<CosFormula>("cos", x => x.Cos(), Math.Cos, Draw.Uniform(-6, 6), Tolerances.Functions),
        Unary<TanhFormula>("tanh", x => x.Tanh(), Math.Tanh, Draw.Uniform(-4, 4), Tolerances.Functions) with
        {
            InPlace = x => x[0].TanhInPlace(),
        },
        Unary<SigmoidFormula>("sigmoid", x => x.Sigmoid(), Reference.Sigmoid, Draw.Uniform(-6, 6), Tolerances.Functions) with
        {
            InPlace = x => x[0].SigmoidInPlace(),
        },
        Unary<ErfFormula>("erf", x => x.Erf(), Reference.Erf, Draw.Uniform(-4, 4), Tolerances.Functions),
        Unary<GeluFormula>("gelu", x => x.Gelu(), x => 0.5 * x * (1 + Reference.Erf(x / Math.Sqrt(2))), Draw.Uniform(-4, 4),
            Tolerances.Functions),
        Unary<GeluTanhFormula>("gelu_tanh", x => x.Gelu(tanh: true),
            x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), Draw.Uniform(-4, 4), Tolerances.Functions),
        Unary<SiluFormula>("silu", x => x.Silu(), x => x * Reference.Sigmoid(x), Draw.Uniform(-6, 6), Tolerances.Functions),
        Unary<ReluFormula>("relu", x => x.Relu(), x => x > 0 || double.IsNaN(x) ? x : 0, Draw.Uniform(-2, 2, 0), Tolerances.Exact) with
        {
            Integers = _signed, IntegerValues = Draw.Integers(-5, 5), InPlace = x => x[0].ReluInPlace(),
        },
        Unary<SqrtFormula>("sqrt", x => x.Sqrt(), Math.Sqrt, Draw.Uniform(0.2, 5), Tolerances.Exact) with
        {
            InPlace = x => x[0].SqrtInPlace(),
        },
        Unary<RsqrtFormula>("rsqrt", x => x.Rsqrt(), x => 1 / Math.Sqrt(x), Draw.Uniform(0.2, 5), Tolerances.FewSteps),
        Unary<SquareFormula>("square", x => x.Square(), x => x * x, Draw.Uniform(-2, 2), Tolerances.Exact) with { Integers = _integers },
        Unary<FloorFormula>("floor", x => x.Floor(), Math.Floor, Draw.Uniform(-5, 5), Tolerances.Exact) with { Integers = _integers },
        Unary<CeilFormula>("ceil", x => x.Ceil(), Math.Ceiling, Draw.Uniform(-5, 5), Tolerances.Exact) with { Integers = _signed },
        Unary<RoundFormula>("round", x => x.Round(), Math.Round,
            Draw.Given(-2.5, -1.5, -0.5, -0.2, 0.5, 0.7, 1.5, 2.5, 3.49), Tolerances.Exact) with
        {
            Integers = _integers,
        },
        Unary<SignFormula>("sign", x => x.Sign(), x => double.IsNaN(x) ? x : Math.Sign(x), Draw.Uniform(-2, 2), Tolerances.Exact) with
        {
            Integers = _signed, IntegerValues = Draw.Integers(-5, 5),
        },
        new("clamp", With(
            UnaryCases(x => x.Clamp(-1.0, 0.75), x => double.IsNaN(x) ? x : Math.Clamp(x, -1, 0.75), Draw.Uniform(-2, 2, -1, 0.75)),
            Relabel("low", UnaryCases(x => x.Clamp(low: 0.5), x => x < 0.5 ? 0.5 : x, Draw.Uniform(-2, 2, 0.5))),
            Relabel("high", UnaryCases(x => x.Clamp(high: 0.5), x => x > 0.5 ? 0.5 : x, Draw.Uniform(-2, 2, 0.5)))))
        {
            Covers = [typeof(ClampFormula)], Tolerance = Tolerances.Exact, Elementwise = true,
        },
        Binary<AddFormula>("add", (a, b) => a + b, (a, b) => a + b, Draw.Uniform(-2, 2), Draw.Uniform(-2, 2), Tolerances.Exact) with
        {
            Integers = _integers, InPlace = x => x[0].AddInPlace(x[1]), Errors = BroadcastErrors("add", (a, b) => a + b),
        },
        Binary<SubFormula>("sub", (a, b) => a - b, (a, b) => a - b, Draw.Uniform(-2, 2), Draw.Uniform(-2, 2), Tolerances.Exact) with
        {
            Integers = _signed, InPlace = x => x[0].SubInPlace(x[1]), Errors = BroadcastErrors("sub", (a, b) => a - b),
        },
        Binary<MulFormula>("mul", (a, b) => a * b, (a, b) => a * b, Draw.Uniform(-2, 2), Draw.Uniform(-2, 2), Tolerances.Exact) with
        {
            Integers = _integers, InPlace = x => x[0].MulInPlace(x[1]), Errors = BroadcastErrors("mul", (a, b) => a * b),
        },
        Binary<DivFormula>("div", (a, b) => a / b, (a, b) => a / b, Draw.Uniform(-2, 2), Draw.Uniform(0.5, 3), Tolerances.Exact) with
        {
            Integers = _integers, IntegerOutput = DType.Float32, InPlace = x => x[0].DivInPlace(x[1]),
            Errors =
            [
                .. BroadcastErrors("div", (a, b) => a / b),
                Throws<DTypeException>("integers in place", () => Tensor.From([1, 2]).DivInPlace(Tensor.From([1, 2])),
                    "float32 result cannot be kept in a int32"),
            ],
        },
        Binary<FloorDivideFormula>("floor_divide", (a, b) => a.FloorDivide(b), Reference.FloorDivide, Draw.Uniform(-5, 5),
            Draw.Uniform(0.5, 3), Tolerances.Exact) with
        {
            Integers = _integers, Differentiable = false,
        },
        Binary<RemainderFormula>("remainder", (a, b) => a % b, Reference.Remainder, Draw.Uniform(-5, 5),
            Draw.Given(0.75, 1.7, -1.3, 2.6, -0.8), Tolerances.Exact) with
        {
            Integers = _integers, InPlace = x => x[0].RemainderInPlace(x[1]), Step = 1e-7,
        },
        Binary<PowFormula>("pow", (a, b) => a.Pow(b), Math.Pow, Draw.Uniform(0.3, 2), Draw.Uniform(-2, 3), Tolerances.Powers) with
        {
            Integers = _integers, IntegerValues = Draw.Integers(0, 3), InPlace = x => x[0].PowInPlace(x[1]),
            Errors = [Throws<DTypeException>("a negative power of integers", () => Tensor.From([2, 3]).Pow(Tensor.From([1, -1])),
                "negative powers")],
        },
        Binary<MaximumFormula>("maximum", (a, b) => a.Maximum(b), Math.Max, Draw.Distinct(0.25), Draw.Distinct(0.75), Tolerances.Exact) with
        {
            Integers = _integers,
        },
        Binary<MinimumFormula>("minimum", (a, b) => a.Minimum(b), Math.Min, Draw.Distinct(0.25), Draw.Distinct(0.75), Tolerances.Exact) with
        {
            Integers = _integers,
        },
        Where(), MaskedFill(), HostScalars(),
    ];

    private static OpRow Binary<F>(string name, Func<Tensor, Tensor, Tensor> run, Func<double, double, double> f, Values left, Values right,
        Tolerance tolerance)
        where F : struct, IBinaryFormula => new(name, BinaryCases(run, f, left, right))
        {
            Covers = [typeof(F), typeof(BinaryOp<>)],
            Tolerance = tolerance,
            Elementwise = true,
        };

    private static ErrorCase[] BroadcastErrors(string name, Func<Tensor, Tensor, Tensor> run) =>
    [
        Throws<ShapeException>("shapes that differ", () => run(Tensor.Zeros(2, 3), Tensor.Zeros(2, 4)),
            $"{name}: shapes [2, 3] and [2, 4] do not broadcast"),
        Throws<DeviceMismatchException>("two devices", () => run(Tensor.Zeros(2), Tensor.Zeros([2], device: Device.Meta)), name),
    ];

    private static OpRow Where()
    {
        Case Sized(string label, int[] mask, int[] a, int[] b, bool grad = true) => Make(label,
            [new(Draw.Bools, mask) { Fixed = DType.Bool }, new(Draw.Uniform(-2, 2), a), new(Draw.Uniform(-2, 2), b)],
            x => Tensor.Where(x[0], x[1], x[2]), x => Host.Zip(x[0], x[1], x[2], (m, p, q) => m != 0 ? p : q), grad);
        return new OpRow("where",
        [
            Sized("no axes", [], [], []), Sized("[3, 5]", [3, 5], [3, 5], [3, 5]), Sized("broadcast", [4, 1, 1], [3, 1], [5]),
            Sized("empty", [0, 3], [3], []), Sized("large", _large, _large, [_large[1]], grad: false),
        ])
        {
            Covers = [typeof(WhereOp)],
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Moves = true,
            Integers = _integers,
            Errors = [Throws<ShapeException>("shapes that differ",
                () => Tensor.Where(Tensor.Zeros([3], DType.Bool), Tensor.Zeros(2), Tensor.Zeros(2)), "where")],
        };
    }

    private static OpRow MaskedFill()
    {
        Case Sized(string label, int[] x, int[] mask, bool grad = true) => Make(label,
            [new(Draw.Uniform(-2, 2), x), new(Draw.Bools, mask) { Fixed = DType.Bool }],
            t => t[0].MaskedFill(t[1], 3), t => Host.Zip(t[0], t[1], (v, m) => m != 0 ? 3 : v), grad);
        return new OpRow("masked_fill",
        [
            Sized("no axes", [], []), Sized("[3, 5]", [3, 5], [3, 5]), Sized("broadcast mask", [2, 3, 5], [3, 1]),
            Sized("empty", [0, 2], [2]),
            Sized("large", _large, [_large[1]], grad: false),
        ])
        {
            Covers = [typeof(MaskedFillOp)],
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Moves = true,
            Integers = _integers,
            InPlace = t => t[0].MaskedFillInPlace(t[1], 3),
            Errors =
            [
                Throws<DTypeException>("a mask that is not bool", () => Tensor.Zeros(3).MaskedFill(Tensor.Zeros(3), 1), "must be bool"),
                Throws<DTypeException>("a real into integers", () => Tensor.From([1, 2]).MaskedFill(Tensor.Zeros([2], DType.Bool), 0.5),
                    "cast the tensor first"),
            ],
        };
    }

    /// <summary>The same formulas with a host scalar on either side.</summary>
    private static OpRow HostScalars()
    {
        static Case[] Unary(string label, Func<Tensor, Tensor> run, Func<double, double> f, Values? values = null) =>
            [.. Relabel(label, UnaryCases(run, f, values ?? Draw.Uniform(0.5, 2), special: false))];
        return new OpRow("host scalars", With(
            Unary("x + 1.5", x => x + 1.5, x => x + 1.5), Unary("1.5 + x", x => 1.5 + x, x => 1.5 + x),
            Unary("x - 1.5", x => x - 1.5, x => x - 1.5), Unary("1.5 - x", x => 1.5 - x, x => 1.5 - x),
            Unary("x * 3", x => x * 3, x => x * 3), Unary("3 * x", x => 3 * x, x => 3 * x),
            Unary("x / 3", x => x / 3, x => x / 3), Unary("3 / x", x => 3 / x, x => 3 / x),
            Unary("x % 0.75", x => x % 0.75, x => Reference.Remainder(x, 0.75), Draw.Uniform(-2, 2, -1.5, -0.75, 0, 0.75, 1.5)),
            Unary("3 % x", x => 3 % x, x => Reference.Remainder(3, x), Draw.Uniform(0.5, 2, 0.5, 0.6, 0.75, 1, 1.5)),
            Unary("x ^ 2", x => x.Pow(2), x => Math.Pow(x, 2)), Unary("x ^ -1.5", x => x.Pow(-1.5), x => Math.Pow(x, -1.5)),
            Unary("x ^ 0", x => x.Pow(0), x => 1), Unary("max(x, 1)", x => x.Maximum(1), x => Math.Max(x, 1), Draw.Uniform(0, 2, 1)),
            Unary("min(x, 1)", x => x.Minimum(1), x => Math.Min(x, 1), Draw.Uniform(0, 2, 1))))
        {
            Covers = [typeof(ScalarRight<>), typeof(ScalarLeft<>)],
            Tolerance = Tolerances.Powers,
            Elementwise = true,
        };
    }

    private static OpRow Compare<F>(string name, Func<Tensor, Tensor, Tensor> run, Func<Tensor, Tensor> scalar,
        Func<double, double, bool> f) where F : struct, ICompareFormula =>
        new(name, With(
            BinaryCases(run, (a, b) => f(a, b) ? 1 : 0, Draw.Integers(-1, 1), Draw.Integers(-1, 1)),
            Relabel("host scalar", UnaryCases(scalar, a => f(a, 1) ? 1 : 0, Draw.Integers(0, 2)))))
        {
            Covers = [typeof(F), typeof(CompareOp<>), typeof(CompareScalarOp<>)],
            Tolerance = Tolerances.Exact,
            Elementwise = true,
            Differentiable = false,
            Output = DType.Bool,
            Integers = [.. _integers, DType.Bool],
            IntegerValues = Draw.Integers(0, 1),
            IntegerOutput = DType.Bool,
            Errors = BroadcastErrors(name, run),
        };

    private static OpRow[] Comparisons() =>
    [
        Compare<EqFormula>("eq", (a, b) => a.Eq(b), a => a.Eq(1), (a, b) => a == b),
        Compare<NeFormula>("ne", (a, b) => a.Ne(b), a => a.Ne(1), (a, b) => a != b),
        Compare<LtFormula>("lt", (a, b) => a < b, a => a < 1, (a, b) => a < b),
        Compare<LeFormula>("le", (a, b) => a <= b, a => a <= 1, (a, b) => a <= b),
        Compare<GtFormula>("gt", (a, b) => a > b, a => a > 1, (a, b) => a > b),
        Compare<GeFormula>("ge", (a, b) => a >= b, a => a >= 1, (a, b) => a >= b),
        Compare<LogicalAndFormula>("logical_and", (a, b) => a & b, a => a & 1, (a, b) => a != 0 && b != 0),
        Compare<LogicalOrFormula>("logical_or", (a, b) => a | b, a => a | 1, (a, b) => a != 0 || b != 0),
        Compare<LogicalXorFormula>("logical_xor", (a, b) => a ^ b, a => a ^ 1, (a, b) => (a != 0) != (b != 0)),
        new("logical_not", UnaryCases(x => !x, x => x == 0 ? 1 : 0, Draw.Integers(-1, 1)))
        {
            Covers = [typeof(CompareScalarOp<>)], Tolerance = Tolerances.Exact, Elementwise = true, Differentiable = false,
            Output = DType.Bool,
            Integers = [.. _integers, DType.Bool], IntegerValues = Draw.Bools, IntegerOutput = DType.Bool,
        },
    ];
}
