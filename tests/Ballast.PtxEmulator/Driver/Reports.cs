using System.Text;

namespace Ballast.PtxEmulation;

/// <summary>What the emulator found wrong: the log, and the last report for whoever asks.</summary>
internal static class Reports
{
    private static readonly Lock _gate = new();

    /// <summary>The text of the last report, or nothing.</summary>
    public static string Last { get; set; } = "";

    public static CuResult Fail(CuResult code, string message)
    {
        lock (_gate)
        {
            Last = message;
            string line = $"PTX emulator: {code}: {message}\n";
            if (Settings.LogFile is { } file) File.AppendAllText(file, line);
            else Console.Error.Write(line);
        }
        return code;
    }

    /// <summary>Writes UTF-8 with an ending zero into a buffer, cut to its size.</summary>
    public static unsafe int Copy(string text, byte* buffer, int size)
    {
        if (buffer == null || size <= 0) return 0;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int count = Math.Min(bytes.Length, size - 1);
        bytes.AsSpan(0, count).CopyTo(new Span<byte>(buffer, count));
        buffer[count] = 0;
        return count;
    }
}
