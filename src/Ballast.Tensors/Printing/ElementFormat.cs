using System.Globalization;

namespace Ballast;

/// <summary>The common style of a tensor's printed elements: collect the shown ones, then write each at one width.</summary>
/// <remarks>
/// Floats print as "1." when every finite non-zero one is whole, else with fixed digits; in scientific notation when they span a factor of
/// more than 1000, exceed 1e8, or (unless all whole) go below 1e-4. Zeros, infinities and NaN take no part in the choice.
/// </remarks>
internal struct ElementFormat(ElementKind kind, PrintOptions options)
{
    private readonly string _fixed = "F" + options.Precision.ToString(CultureInfo.InvariantCulture);
    private readonly string _exponential = "E" + options.Precision.ToString(CultureInfo.InvariantCulture);
    private double _smallest = double.PositiveInfinity, _largest;
    private bool _whole = true, _scientific;
    private int _width = 1;

    /// <summary>Width in columns of every element; known after the measuring pass.</summary>
    internal readonly int Width => _width;

    /// <summary>First pass over the shown floats: what range they span.</summary>
    internal void Collect(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return;
        double magnitude = Math.Abs(value);
        _smallest = Math.Min(_smallest, magnitude);
        _largest = Math.Max(_largest, magnitude);
        _whole &= value == Math.Ceiling(value);
    }

    /// <summary>Between the passes: settles the notation.</summary>
    internal void Choose()
    {
        bool wide = _largest > 0 && (_largest / _smallest > 1000 || _largest > 1e8 || (!_whole && _smallest < 1e-4));
        _scientific = options.Scientific ?? wide;
    }

    /// <summary>Second pass over the shown floats: how wide they are.</summary>
    internal void Measure(double value)
    {
        if (value != 0 && double.IsFinite(value)) _width = Math.Max(_width, Text(value).Length);
    }

    /// <summary>The only pass over shown integers.</summary>
    internal void Measure(long value) => _width = Math.Max(_width, Text(value).Length);

    internal readonly string Text(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (_scientific) return ShortenExponent(value.ToString(_exponential, CultureInfo.InvariantCulture));
        return _whole ? value.ToString("F0", CultureInfo.InvariantCulture) + "." : value.ToString(_fixed, CultureInfo.InvariantCulture);
    }

    internal readonly string Text(long value) => kind switch
    {
        ElementKind.Boolean => value != 0 ? "True" : "False",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    // .NET writes at least three exponent digits (1.0E-005); C and PyTorch two (1.0e-05).
    private static string ShortenExponent(string text)
    {
        int mark = text.LastIndexOf('E');
        string digits = text[(mark + 2)..].TrimStart('0').PadLeft(2, '0');
        return string.Concat(text.AsSpan(0, mark), "e", text.AsSpan(mark + 1, 1), digits);
    }
}
