using System.Buffers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Ballast.Cli.Data;

/// <summary>A training text: built in, a file, or a folder's files.</summary>
public sealed class Corpus
{
    /// <summary>Name of the text that is built into the tool.</summary>
    public const string BuiltInName = "built-in corpus";

    private const string ResourcePrefix = "corpus/";
    private static readonly string[] s_extensions = [".cs", ".md", ".txt"];

    private Corpus(string name, string text, int files)
    {
        Name = name;
        Text = text;
        Files = files;
    }

    /// <summary>Where the text is from, for people: "built-in corpus" or the path as given.</summary>
    public string Name { get; }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>Number of files it was made of.</summary>
    public int Files { get; }

    /// <summary>SHA-256 of the UTF-8 text, as 64 hexadecimal digits: a resumed run must see the same text.</summary>
    public string Fingerprint => field ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>The text built into the tool: Ballast's own sources and docs by ordinal path, each under a line with its path.</summary>
    public static Corpus BuiltIn()
    {
        Assembly assembly = typeof(Corpus).Assembly;
        string[] names = Array.FindAll(assembly.GetManifestResourceNames(), n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal));
        Array.Sort(names, StringComparer.Ordinal);
        var parts = new List<(string, string)>();
        foreach (string name in names)
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            // A checkout may have CRLF line ends; the corpus must not depend on that.
            parts.Add((name[ResourcePrefix.Length..], Decode(bytes, name).Replace("\r\n", "\n", StringComparison.Ordinal)));
        }
        return new Corpus(BuiltInName, Join(parts), names.Length);
    }

    /// <summary>The text of a UTF-8 file, or of a folder's *.cs, *.md and *.txt files in ordinal path order, subfolders included.</summary>
    /// <exception cref="UserError">Nothing is there, or it is empty, or it is not UTF-8 text.</exception>
    public static Corpus Load(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                string text = Decode(File.ReadAllBytes(path), path);
                if (text.Length == 0) throw new UserError($"'{path}' is empty: there is no text to train on");
                return new Corpus(path, text, 1);
            }
            if (!Directory.Exists(path)) throw UserError.Usage($"there is no file or folder '{path}' to read text from");
            var parts = new List<(string Name, string Text)>();
            foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            {
                string name = Path.GetRelativePath(path, file).Replace('\\', '/');
                if (!s_extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)) continue;
                parts.Add((name, Decode(File.ReadAllBytes(file), file)));
            }
            if (parts.All(part => part.Text.Length == 0))
                throw new UserError($"the folder '{path}' has no text: it is searched for *.cs, *.md and *.txt, subfolders included");
            parts.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            return new Corpus(path, Join(parts), parts.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"cannot read '{path}': {e.Message}");
        }
    }

    private static string Join(List<(string Name, string Text)> parts)
    {
        var text = new StringBuilder();
        foreach ((string name, string part) in parts)
        {
            text.Append("=== ").Append(name).Append(" ===\n").Append(part);
            if (!part.EndsWith('\n')) text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Strict UTF-8 without its byte order mark; a NUL byte or a broken sequence is an error that names its place.</summary>
    private static string Decode(ReadOnlySpan<byte> bytes, string path)
    {
        int start = bytes.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        int nul = bytes.IndexOf((byte)0);
        if (nul >= 0) throw new UserError($"'{path}' is not text: it has a zero byte at offset {nul}");
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes[start..]);
        int at = start;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int used) == OperationStatus.Done) at += used;
        throw new UserError($"'{path}' is not UTF-8 text: byte 0x{bytes[at]:x2} at offset {at} begins no character");
    }
}
