using System.Numerics;

namespace Ballast.Formats;

/// <summary>
/// The form before PyTorch 1.6: five pickles (magic number, protocol, system, object, storage keys), then each storage in the order of
/// the keys: its number of elements (8 bytes) and its elements.
/// </summary>
internal static class TorchLegacy
{
    private const long Protocol = 1001;
    private static readonly BigInteger s_magic = BigInteger.Parse(
        "0119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads the objects and lays their storages over the file.</summary>
    public static object? Read(TorchBytes bytes, bool map)
    {
        long at = 0;
        TorchBuilder none = new(bytes.File);
        if (Next(bytes, none, ref at) is not BigInteger magic || magic != s_magic)
        {
            throw bytes.Fail(0, "the file starts with a pickle, and not with PyTorch's magic number. "
                + "It was written by pickle.dump, not by torch.save; save it with torch.save.");
        }
        long start = at;
        if (Next(bytes, none, ref at) is not long protocol || protocol != Protocol)
            throw bytes.Fail(start, $"the file's protocol is not {Protocol}, the only one that PyTorch has ever written.");
        start = at;
        if (Next(bytes, none, ref at) is TorchDictionary system && system.TryGetValue("little_endian", out object? little)
            && little is not true)
            throw bytes.Fail(start, "the values are stored in the byte order big; only little is read.");
        TorchBuilder builder = new(bytes.File);
        object? root = Next(bytes, builder, ref at);
        start = at;
        object? keys = Next(bytes, none, ref at);
        if (none.Storages.Count > 0)
            throw bytes.Fail(null, "a storage is named outside the saved object.");
        Bind(bytes, map, builder, keys, start, at);
        return root;
    }

    private static object? Next(TorchBytes bytes, TorchBuilder builder, ref long at)
    {
        object? value = Unpickler.Load(bytes.Pickle(at, bytes.Length), builder, at, out int consumed);
        at += consumed;
        return value;
    }

    private static void Bind(TorchBytes bytes, bool map, TorchBuilder builder, object? keys, long place, long at)
    {
        if (keys is not TorchSequence { Kind: TorchSequenceKind.List } list || list.Any(key => key is not string))
            throw bytes.Fail(place, "the list of storage keys is not a list of texts.");
        if (list.Count != builder.Storages.Count)
            throw bytes.Fail(place, $"the file lists {list.Count} storages; its tensors need {builder.Storages.Count}.");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (object? item in list)
        {
            string key = (string)item!;
            if (!builder.Storages.TryGetValue(key, out TorchStorage? storage) || !seen.Add(key))
                throw bytes.Fail(place,
                    $"the list of storages names {SafetensorsFormatException.Quote(key)}, which no tensor needs, or twice.");
            long elements = bytes.Place(at);
            if (elements != storage.Elements)
            {
                throw bytes.Fail(at, $"storage {SafetensorsFormatException.Quote(key)} has {elements} elements here; "
                    + $"its tensors were saved over {storage.Elements}.");
            }
            at += sizeof(long);
            storage.Bind(bytes.Address(at, storage.Bytes), bytes.Mapping, map, at);
            at += storage.Bytes;
        }
    }
}
