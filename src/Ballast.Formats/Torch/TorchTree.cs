using System.Globalization;
using System.Numerics;

namespace Ballast.Formats;

/// <summary>Checks over, and walks along, the objects of a file.</summary>
internal static class TorchTree
{
    /// <summary>An object in words, for errors.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        string text => $"the text {SafetensorsFormatException.Quote(text)}",
        bool flag => flag ? "True" : "False",
        Complex c => string.Create(CultureInfo.InvariantCulture, $"the number {c.Real}{(c.Imaginary < 0 ? "" : "+")}{c.Imaginary}j"),
        long or double or BigInteger => $"the number {string.Format(CultureInfo.InvariantCulture, "{0}", value)}",
        byte[] bytes => $"{bytes.Length} bytes",
        PickleGlobal global => $"the name {global.Name}",
        TorchName name => name.Text,
        TorchTensor tensor => $"a tensor ({tensor})",
        TorchStorage storage => $"a storage of {storage.Elements} {storage.ElementType} elements",
        _ => $"a {value}",
    };

    /// <summary>
    /// Refuses what would make a walk endless, deep or far longer than the file: cycles, nesting, and sharing that multiplies.
    /// </summary>
    public static void Check(object? root, string file, long position)
    {
        // Depth and walk length of each finished container; an open one has none yet.
        Dictionary<object, (int Depth, long Walk)?> seen = new(ReferenceEqualityComparer.Instance);
        Stack<(object Node, bool Done)> open = new();
        if (IsContainer(root))
            open.Push((root!, false));
        else
            RefuseCallable(root, file, position);
        while (open.TryPop(out (object Node, bool Done) next))
        {
            if (next.Done)
            {
                Finish(next.Node, seen, file, position);
                continue;
            }
            if (!seen.TryAdd(next.Node, null))
                continue;
            open.Push((next.Node, true));
            foreach (object? child in Children(next.Node))
            {
                if (IsContainer(child))
                {
                    if (!seen.TryGetValue(child!, out (int, long)? known))
                        open.Push((child!, false));
                    else if (known is null)
                        throw new TorchFormatException(file, position,
                            $"{Describe(child)} contains itself; such an object has no end and is refused.");
                }
                else
                {
                    RefuseCallable(child, file, position);
                }
            }
        }
    }

    private static void Finish(object node, Dictionary<object, (int Depth, long Walk)?> seen, string file, long position)
    {
        int depth = 0;
        long walk = 1;
        foreach (object? child in Children(node))
        {
            if (!IsContainer(child))
            {
                walk++;
                continue;
            }
            if (seen[child!] is not { } below)
                throw new TorchFormatException(file, position,
                    $"{Describe(child)} contains itself; such an object has no end and is refused.");
            depth = Math.Max(depth, below.Depth);
            walk = Math.Min(walk + below.Walk, PickleLimits.Walk + 1);
        }
        if (depth >= PickleLimits.Depth)
            throw new TorchFormatException(file, position, $"the object is nested more than {PickleLimits.Depth} deep.");
        if (walk > PickleLimits.Walk)
            throw new TorchFormatException(file, position, $"the object repeats its parts to more than {PickleLimits.Walk} values.");
        seen[node] = (depth + 1, walk);
    }

    private static bool IsContainer(object? value) => value is TorchDictionary or TorchSequence;

    private static IEnumerable<object?> Children(object node)
    {
        if (node is TorchSequence sequence)
            return sequence;
        var dictionary = (TorchDictionary)node;
        return dictionary.Attributes is null ? dictionary.Values : dictionary.Values.Append(dictionary.Attributes);
    }

    /// <summary>A class or function that stands as a value says nothing that data could use.</summary>
    private static void RefuseCallable(object? value, string file, long position)
    {
        if (value is PickleGlobal global)
            throw new TorchFormatException(file, position,
                $"the object holds the Python name {global.Name} itself as a value; it is refused.");
    }
}
