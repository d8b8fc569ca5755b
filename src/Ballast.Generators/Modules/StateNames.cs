using System.Text;

namespace Ballast.Generators.Modules;

/// <summary>The state name of a member: <c>RunningMean</c> is <c>running_mean</c>, <c>QKVProj</c> is <c>qkv_proj</c>.</summary>
internal static class StateNames
{
    /// <summary>
    /// The snake_case form of a C# name. A word starts at an upper-case letter after a lower-case one, and at the last upper-case letter
    /// of a run (digits included) before a lower-case one; digits stay with the word before them (<c>Norm1</c>, <c>W2Bias</c>).
    /// </summary>
    public static string From(string member)
    {
        var name = member.TrimStart('_');
        if (name.Length == 0) return member;
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && StartsWord(name, i)) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }

    private static bool StartsWord(string name, int i)
    {
        if (!char.IsUpper(name[i])) return false;
        var previous = name[i - 1];
        if (char.IsLower(previous)) return true;
        return (char.IsUpper(previous) || char.IsDigit(previous)) && i + 1 < name.Length && char.IsLower(name[i + 1]);
    }
}
