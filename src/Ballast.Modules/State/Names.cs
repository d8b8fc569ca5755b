namespace Ballast;

/// <summary>Suggestions for mistyped names.</summary>
internal static class Names
{
    private static readonly string[] _wrappers = ["module.", "model.", "_orig_mod."];

    /// <summary>The nearest of some names, or null if none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        string? best = null;
        int least = Math.Max(2, name.Length / 3);
        foreach (string candidate in known)
        {
            foreach (string wrapper in _wrappers)
                if (name == wrapper + candidate || candidate == wrapper + name) return candidate;
            int distance = Distance(name, candidate, least);
            if (distance <= least && (best is null || distance < least))
            {
                best = candidate;
                least = distance;
            }
        }
        return best;
    }

    /// <summary>True if a name fits a pattern in which * stands for any run of characters.</summary>
    public static bool Matches(string name, string pattern)
    {
        int n = 0, p = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') { star = p++; mark = n; }
            else if (p < pattern.Length && pattern[p] == name[n]) { p++; n++; }
            else if (star >= 0) { p = star + 1; n = ++mark; }
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>The edit distance, or more than <paramref name="limit"/> as soon as it must be.</summary>
    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit) return limit + 1;
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0], least = row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
                least = Math.Min(least, row[j]);
            }
            if (least > limit) return limit + 1;
        }
        return row[^1];
    }
}
