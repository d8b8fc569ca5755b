using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Ballast.Cli.Commands;

/// <summary>Options whose errors say what was given and what is expected.</summary>
internal static class OptionRules
{
    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public static Option<int?> Whole(string name, string description, int least, string placeholder = "N") => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = result => Parse<int>(result, $"a whole number of at least {least}", text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least ? value : null),
    };

    /// <summary>A seed: 0 .. 2^64-1.</summary>
    public static Option<ulong?> Seed(string description) => new("--seed")
    {
        Description = description,
        HelpName = "S",
        CustomParser = result => Parse<ulong>(result, "a whole number of at least 0", text =>
            ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null),
    };

    /// <summary>A finite number above <paramref name="above"/>, or of at least it.</summary>
    public static Option<double?> Number(string name, string description, double above, string placeholder, bool orEqual = false) =>
        new(name)
        {
            Description = description,
            HelpName = placeholder,
            CustomParser = result => Parse<double>(result,
                string.Create(CultureInfo.InvariantCulture, $"a number {(orEqual ? "of at least" : "above")} {above}"),
                text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                    && double.IsFinite(value) && (value > above || (orEqual && value == above)) ? value : null),
        };

    /// <summary>A path or name, as given.</summary>
    public static Option<string?> Text(string name, string description, string placeholder) =>
        new(name) { Description = description, HelpName = placeholder };

    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    private static T? Parse<T>(ArgumentResult result, string expected, Func<string, T?> parse) where T : struct
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        T? value = parse(text);
        if (value is null) result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes {expected}, not '{text}'");
        return value;
    }
}
