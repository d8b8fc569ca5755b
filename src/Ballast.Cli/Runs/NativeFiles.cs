using System.Runtime.InteropServices;

namespace Ballast.Cli.Runs;

/// <summary>What .NET's file classes lack for a checkpoint that survives: hard links and flushing a folder's entries.</summary>
internal static partial class NativeFiles
{
    /// <summary>Gives a file a second name without copying; copies where the file system has no links.</summary>
    public static void LinkOrCopy(string existing, string link)
    {
        File.Delete(link);
        bool linked = OperatingSystem.IsWindows() ? CreateHardLink(link, existing, 0) : Link(existing, link) == 0;
        if (linked) return;
        File.Copy(existing, link);
        FlushFile(link);
    }

    /// <summary>Waits until the file's bytes are on the disk.</summary>
    public static void FlushFile(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Waits until the names in a folder are on the disk. Windows writes them through by itself.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = Open(path, 0);
        // A file system that cannot open folders has no such flush; for a killed process the order of renames holds without it.
        if (descriptor < 0) return;
        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string link);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string existing, nint security);
}
