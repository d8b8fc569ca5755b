using System.Text;

namespace Ballast;

/// <summary>A formula as text: evaluating it on these writes one line per value, equal values once. Only inside a <see
/// cref="FormulaText"/>.</summary>
/// <remarks>
/// The text uses the type <c>T</c> and DIV, POW, ABS, SQRT, EXP, LOG, SIN, COS, TANH, ERF, CDF, CDF_TANH, FLOOR, ROUND, FDIV, REM, MAX_OF and MIN_OF,
/// which the device's header defines. Nothing is simplified, so special values come out as in the other interpretations.
/// </remarks>
internal readonly struct Sym(int id) : IReal<Sym>
{
    private readonly int _id = id;

    private static FormulaText Current => FormulaText.Current;

    private static Sym Call(string function, Sym a) => Current.Add($"{function}({a})");

    private static Sym Call(string function, Sym a, Sym b) => Current.Add($"{function}({a}, {b})");

    public static Sym Const(Scalar value) => Current.Constant(value);

    public static Sym Given(Scalar value) => Current.Open(value);

    public static Sym operator +(Sym a, Sym b) => Current.Add($"{a} + {b}");

    public static Sym operator -(Sym a, Sym b) => Current.Add($"{a} - {b}");

    public static Sym operator *(Sym a, Sym b) => Current.Add($"{a} * {b}");

    public static Sym operator /(Sym a, Sym b) => Call("DIV", a, b);

    public static Sym operator -(Sym a) => Current.Add($"-{a}");

    public static Sym Abs(Sym a) => Call("ABS", a);

    public static Sym Sqrt(Sym a) => Call("SQRT", a);

    public static Sym Exp(Sym a) => Call("EXP", a);

    public static Sym Log(Sym a) => Call("LOG", a);

    public static Sym Sin(Sym a) => Call("SIN", a);

    public static Sym Cos(Sym a) => Call("COS", a);

    public static Sym Tanh(Sym a) => Call("TANH", a);

    public static Sym Erf(Sym a) => Call("ERF", a);

    public static Sym NormalCdf(Sym a, Sym weight) => Call("CDF", a, weight);

    public static Sym NormalCdfByTanh(Sym a, Sym weight) => Call("CDF_TANH", a, weight);

    public static Sym Floor(Sym a) => Call("FLOOR", a);

    public static Sym Round(Sym a) => Call("ROUND", a);

    public static Sym Pow(Sym a, Sym b) => Call("POW", a, b);

    public static Sym Max(Sym a, Sym b) => Call("MAX_OF", a, b);

    public static Sym Min(Sym a, Sym b) => Call("MIN_OF", a, b);

    public static Sym FloorDivide(Sym a, Sym b) => Call("FDIV", a, b);

    public static Sym Remainder(Sym a, Sym b) => Call("REM", a, b);

    public static Sym SelectLess(Sym a, Sym b, Sym then, Sym other) => Current.Add($"{a} < {b} ? {then} : {other}");

    public static Sym SelectEqual(Sym a, Sym b, Sym then, Sym other) => Current.Add($"{a} == {b} ? {then} : {other}");

    /// <summary>The name of the value in the text.</summary>
    public override string ToString() => Current.NameOf(_id);
}

/// <summary>The text of one formula while it is traced on the calling thread.</summary>
internal sealed class FormulaText : IDisposable
{
    [ThreadStatic]
    private static FormulaText? _current;

    private readonly List<string> _names = [];
    private readonly Dictionary<string, Sym> _known = [];
    private readonly StringBuilder _lines = new();
    private readonly List<Scalar> _constants = [];
    private readonly Dictionary<Scalar, Sym> _literals = [];

    private FormulaText() { }

    internal static FormulaText Current =>
        _current ?? throw new InvalidOperationException("a formula becomes text only inside a FormulaText.");

    /// <summary>Numbers the text leaves open, as parameters <c>c0</c>, <c>c1</c>, …: one text serves all host scalars, whatever they are.</summary>
    public IReadOnlyList<Scalar> Constants => _constants;

    /// <summary>The statements so far, one line each, without the inputs.</summary>
    public string Lines => _lines.ToString();

    /// <summary>Starts a text; dispose it when done.</summary>
    public static FormulaText Begin() => _current = new FormulaText();

    /// <summary>A variable that the surrounding text declares.</summary>
    public Sym Input(string name) => Known(name, name);

    internal Sym Constant(Scalar value)
    {
        // Small whole numbers stand in the text, so that the compiler sees them.
        double number = value.ToDouble();
        bool whole = number is 1 or -1 or 2 || (number == 0 && !double.IsNegative(number));
        if (whole) return Known($"((T){(int)number})", $"((T){(int)number})");
        if (!_literals.TryGetValue(value, out Sym literal)) _literals[value] = literal = Open(value);
        return literal;
    }

    /// <summary>A parameter of its own, even where another holds the same number: the text must not depend on it.</summary>
    internal Sym Open(Scalar value)
    {
        _constants.Add(value);
        return Known($"c{_constants.Count - 1}", $"c{_constants.Count - 1}");
    }

    internal Sym Add(string expression)
    {
        if (_known.TryGetValue(expression, out Sym same)) return same;
        string name = $"t{_names.Count}";
        _lines.Append("  T ").Append(name).Append(" = ").Append(expression).Append(";\n");
        return Known(expression, name);
    }

    internal string NameOf(int id) => _names[id];

    private Sym Known(string key, string name)
    {
        if (_known.TryGetValue(key, out Sym same)) return same;
        _names.Add(name);
        return _known[key] = new Sym(_names.Count - 1);
    }

    /// <summary>Ends the text.</summary>
    public void Dispose() => _current = null;
}
