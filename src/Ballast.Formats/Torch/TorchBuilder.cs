using System.Numerics;
using System.Text;

namespace Ballast.Formats;

/// <summary>Makes what a pickle may make: storages by their ids, tensors over them, and a few plain values.</summary>
internal sealed class TorchBuilder(string file)
{
    private readonly OrderedDictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>The file, for errors.</summary>
    public string File => file;

    /// <summary>The storages that own bytes of the file, by key, in the order in which they were first named.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <summary>The storage of a persistent id: ('storage', class, key, location, elements), in old files with a view at the end.</summary>
    public TorchStorage Storage(object? id, long place)
    {
        if (id is not TorchSequence { Kind: TorchSequenceKind.Tuple, Count: 5 or 6 } tuple || tuple[0] is not "storage")
        {
            throw Fail(place, $"{TorchTree.Describe(id)} stands where a storage is named; "
                + "expected ('storage', class, key, device, elements).");
        }
        if (tuple[1] is not PickleGlobal { Call: PickleCall.Storage, Element: { } element })
            throw Fail(place, $"a storage is of the class {TorchTree.Describe(tuple[1])}; expected a class such as torch.FloatStorage.");
        string key = tuple[2] as string ?? (tuple[2] is long number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : throw Fail(place, "a storage's key is not a text."));
        string location = tuple[3] as string ?? throw Fail(place, $"the device of storage {Quote(key)} is not a text.");
        long elements = Whole(tuple[4], $"the length of storage {Quote(key)}", place);
        if (elements > long.MaxValue / 16)
            throw Fail(place, $"storage {Quote(key)} has {elements} elements, more than any file.");
        TorchStorage root = Root(key, location, element, elements, place);
        return tuple.Count == 5 || tuple[5] is null ? root : View(root, tuple[5], place);
    }

    /// <summary>The items of the only argument, a list.</summary>
    public List<object?> Single(TorchSequence arguments, PickleGlobal callee, long place)
    {
        if (arguments.Count == 0)
            return [];
        return arguments is [TorchSequence { Kind: TorchSequenceKind.List } list]
            ? [.. list]
            : throw Fail(place, $"{callee.Name} is called with {Arguments(arguments)}; expected one list.");
    }

    /// <summary>What calling one of the allowed names gives.</summary>
    public object Call(PickleGlobal callee, TorchSequence arguments, long place) => callee.Call switch
    {
        PickleCall.Bytes when arguments.Count == 0 => Array.Empty<byte>(),
        PickleCall.Complex when arguments is [double re, double im] => new Complex(re, im),
        PickleCall.Encode when arguments is [string text, "latin1" or "latin-1"]
            && text.All(c => c < 256) => Encoding.Latin1.GetBytes(text),
        PickleCall.Size => Size(arguments, place),
        PickleCall.Device when arguments is [string device] => new TorchName("device", device),
        PickleCall.Device when arguments is [string device, long index] => new TorchName("device", $"{device}:{index}"),
        PickleCall.RebuildTensor when arguments.Count == 4 => Tensor(arguments, false, null, place),
        PickleCall.RebuildTensor2 when arguments.Count is 6 or 7 => Tensor(arguments, Flag(arguments[4], place), null, place),
        PickleCall.RebuildTensor3 when arguments.Count is 7 or 8 => Tensor(arguments, Flag(arguments[4], place), arguments[6], place),
        PickleCall.RebuildParameter when arguments is [TorchTensor data, bool grad, TorchDictionary or null] => new TorchTensor(data, grad),
        PickleCall.RebuildParameterWithState when arguments is [TorchTensor data, bool grad, TorchDictionary or null, _] =>
            new TorchTensor(data, grad),
        _ => throw Fail(place, $"{callee.Name} is called with {Arguments(arguments)}, which it does not take."),
    };

    /// <summary>A failure at a place of the file.</summary>
    public TorchFormatException Fail(long place, string problem) => new(file, place, problem);

    private TorchStorage Root(string key, string location, TorchElement element, long elements, long place)
    {
        if (!_storages.TryGetValue(key, out TorchStorage? root))
        {
            root = new TorchStorage(file, key, location, element, elements);
            _storages.Add(key, root);
        }
        else if (root.Element != element || root.Elements != elements)
        {
            throw Fail(place, $"storage {Quote(key)} is named twice: as {root.Elements} elements of {root.ElementType}, "
                + $"and as {elements} of {element.Name}.");
        }
        return root;
    }

    private TorchStorage View(TorchStorage root, object? view, long place)
    {
        if (view is not TorchSequence { Count: 3 } part || part[0] is not string key)
            throw Fail(place, "a part of a storage is not (key, first element, elements).");
        long start = Whole(part[1], "the start of a storage's part", place);
        long length = Whole(part[2], "the length of a storage's part", place);
        return start <= root.Elements - length
            ? new TorchStorage(root, key, start, length)
            : throw Fail(place, $"a part of storage {Quote(root.Key)} is {length} elements from {start}; the storage has {root.Elements}.");
    }

    private TorchTensor Tensor(TorchSequence arguments, bool requiresGrad, object? dtype, long place)
    {
        if (arguments[0] is not TorchStorage storage)
            throw Fail(place, $"a tensor lies over {TorchTree.Describe(arguments[0])}; expected a storage.");
        TorchElement element = dtype switch
        {
            null => storage.Element,
            TorchName { Kind: "dtype" } name when TorchElement.OfDType(name.Text["torch.".Length..]) is { } named => named,
            _ => throw Fail(place, $"a tensor's dtype is {TorchTree.Describe(dtype)}."),
        };
        long offset = Whole(arguments[1], "a tensor's offset", place);
        long[] shape = Wholes(arguments[2], "a tensor's shape", place), strides = Wholes(arguments[3], "a tensor's strides", place);
        if (shape.Length != strides.Length)
            throw Fail(place, $"a tensor has {shape.Length} axes and {strides.Length} strides.");
        if (shape.Length > Shape.MaxRank)
            throw Fail(place, $"a tensor has {shape.Length} axes; at most {Shape.MaxRank} are possible.");
        if (arguments.Count > 5 && arguments[5] is not (TorchDictionary or null))
            throw Fail(place, $"a tensor's hooks are {TorchTree.Describe(arguments[5])}; expected a dictionary.");
        CheckReach(storage, element, shape, strides, offset, place);
        return new TorchTensor(storage, element, shape, strides, offset, requiresGrad);
    }

    private void CheckReach(TorchStorage storage, TorchElement element, long[] shape, long[] strides, long offset, long place)
    {
        Int128 last = offset, elements = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            last += (Int128)(shape[i] - 1) * strides[i];
            elements *= shape[i];
        }
        long has = storage.Bytes / element.Bytes;
        string what = $"a tensor [{string.Join(", ", shape)}] with the strides [{string.Join(", ", strides)}] at {offset}";
        if (shape.Contains(0) ? offset > has : last >= has)
            throw Fail(place, $"{what} reaches beyond storage {Quote(storage.Key)}, which has {has} elements.");
        // A stretched axis (stride 0) may name one element many times, and a dense copy must still be possible.
        if (elements > long.MaxValue / 16)
            throw Fail(place, $"{what} has too many elements to address.");
        if (storage.Start * storage.Element.Bytes % element.Bytes != 0)
            throw Fail(place, $"{what} does not start at a multiple of its element size.");
    }

    private TorchSequence Size(TorchSequence arguments, long place)
    {
        if (arguments is not [TorchSequence { Kind: TorchSequenceKind.Tuple or TorchSequenceKind.List } lengths])
            throw Fail(place, $"torch.Size is called with {Arguments(arguments)}; expected a tuple of lengths.");
        foreach (object? length in lengths)
            Whole(length, "a length in torch.Size", place);
        return new TorchSequence(TorchSequenceKind.Size, [.. lengths]);
    }

    private bool Flag(object? value, long place) =>
        value is bool flag ? flag : throw Fail(place, $"a tensor's requires_grad is {TorchTree.Describe(value)}; expected a truth value.");

    private long[] Wholes(object? value, string what, long place)
    {
        if (value is not TorchSequence { Kind: TorchSequenceKind.Tuple or TorchSequenceKind.Size or TorchSequenceKind.List } items)
            throw Fail(place, $"{what} is {TorchTree.Describe(value)}; expected a tuple of whole numbers.");
        var numbers = new long[items.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = Whole(items[i], what, place);
        return numbers;
    }

    private long Whole(object? value, string what, long place) => value is long and >= 0
        ? (long)value
        : throw Fail(place, $"{what} is {(value is long negative ? negative : TorchTree.Describe(value))}; "
            + "expected a whole number from 0 to 2^63-1.");

    private static string Arguments(TorchSequence arguments) =>
        arguments.Count == 0 ? "nothing" : string.Join(", ", arguments.Take(8).Select(TorchTree.Describe));

    private static string Quote(string text) => SafetensorsFormatException.Quote(text);
}
