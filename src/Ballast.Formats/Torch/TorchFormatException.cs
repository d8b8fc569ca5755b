using System.Globalization;
using System.Text;

namespace Ballast.Formats;

/// <summary>
/// A PyTorch file is not sound, or holds something other than data: the message names file, place, what is there and the fix.
/// </summary>
public sealed class TorchFormatException : FormatException
{
    internal TorchFormatException(string file, long? position, string problem, Exception? inner = null)
        : base(Compose(file, position, problem), inner)
    {
        FileName = file;
        BytePosition = position;
    }

    /// <summary>The file that was read, as the caller named it.</summary>
    public string FileName { get; }

    /// <summary>The offset in bytes from the start of the file; null when the error has no single place.</summary>
    public long? BytePosition { get; }

    private static string Compose(string file, long? position, string problem)
    {
        StringBuilder text = new(file);
        if (position is { } at)
            text.Append(CultureInfo.InvariantCulture, $", byte {at}");
        return text.Append(": ").Append(problem).ToString();
    }
}
