using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>The drivers' libraries that were loaded, by the names that the bindings of this assembly use for them.</summary>
internal static class NativeLibraries
{
    private static readonly ConcurrentDictionary<string, nint> _handles = new();
    private static readonly Lock _gate = new();
    private static bool _resolves;

    /// <summary>Makes the bindings to a library call into this handle. An assembly has one resolver, so all libraries share it.</summary>
    public static void Use(string library, nint handle)
    {
        _handles[library] = handle;
        lock (_gate)
        {
            if (!_resolves) NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
            _resolves = true;
        }
    }

    /// <summary>The system's own words for why a library does not load.</summary>
    public static string Refusal(string name)
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(name));
            return "it loads now; start the program again";
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            string[] lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return lines.LastOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? lines[^1].TrimEnd('.');
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => _handles.GetValueOrDefault(name);
}
