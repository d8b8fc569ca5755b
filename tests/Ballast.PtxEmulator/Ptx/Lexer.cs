using System.Globalization;

namespace Ballast.PtxEmulation;

/// <summary>An error in a PTX text, with its line, as the loader reports it.</summary>
internal sealed class PtxException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}

internal enum TokenKind
{
    Word,
    Number,
    Text,
    Mark,
    End,
}

/// <summary>A word, a number (its bits; Float tells 32 or 64 for 0f and 0d literals), or a mark.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, ulong Bits = 0, int Float = 0)
{
    public bool Is(char mark) => Kind == TokenKind.Mark && Text[0] == mark;
}

/// <summary>Splits PTX into tokens; comments fall out.</summary>
internal static class Lexer
{
    private static readonly string[] _marks = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];

    public static List<Token> Split(string text)
    {
        List<Token> tokens = new(text.Length / 4);
        int at = 0, line = 1;
        while (true)
        {
            while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == 0))
            {
                if (text[at++] == '\n') line++;
            }
            if (at >= text.Length) break;
            char c = text[at];
            if (c == '/' && at + 1 < text.Length && text[at + 1] == '/')
            {
                while (at < text.Length && text[at] != '\n') at++;
            }
            else if (c == '/' && at + 1 < text.Length && text[at + 1] == '*')
            {
                int end = text.IndexOf("*/", at + 2, StringComparison.Ordinal);
                if (end < 0) throw new PtxException(line, "a comment does not end.");
                line += text.AsSpan(at, end - at).Count('\n');
                at = end + 2;
            }
            else if (c == '"')
            {
                int end = text.IndexOf('"', at + 1);
                if (end < 0) throw new PtxException(line, "a string does not end.");
                tokens.Add(new(TokenKind.Text, text[(at + 1)..end], line));
                at = end + 1;
            }
            else if (char.IsAsciiDigit(c))
            {
                int start = at;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.')) at++;
                tokens.Add(Number(text[start..at], line));
            }
            else if (IsWord(c) || c == '.')
            {
                int start = at++;
                while (at < text.Length && (IsWord(text[at]) || text[at] == '.' || char.IsAsciiDigit(text[at]))) at++;
                tokens.Add(new(TokenKind.Word, text[start..at], line));
            }
            else
            {
                tokens.Add(new(TokenKind.Mark, c < 128 ? _marks[c] : "?", line));
                at++;
            }
        }
        tokens.Add(new(TokenKind.End, "", line));
        return tokens;
    }

    private static bool IsWord(char c) => char.IsAsciiLetter(c) || c is '_' or '$' or '%';

    private static Token Number(string word, int line)
    {
        if (word.Length > 1 && word[0] == '0')
        {
            char form = char.ToLowerInvariant(word[1]);
            if (form is 'f' or 'd' && ulong.TryParse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits))
                return new(TokenKind.Number, word, line, bits, form == 'f' ? 32 : 64);
            if (form == 'x' && ulong.TryParse(word.AsSpan(2).TrimEnd('U'), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out bits))
                return new(TokenKind.Number, word, line, bits);
        }
        if (ulong.TryParse(word.AsSpan().TrimEnd('U'), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return new(TokenKind.Number, word, line, value);
        if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double real))
            return new(TokenKind.Number, word, line, BitConverter.DoubleToUInt64Bits(real), 64);
        throw new PtxException(line, $"\"{word}\" is not a number.");
    }
}
