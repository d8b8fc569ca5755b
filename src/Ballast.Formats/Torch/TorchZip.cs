using System.Text;

namespace Ballast.Formats;

/// <summary>
/// The form of PyTorch 1.6 and later: a zip file with <c>NAME/data.pkl</c> and one stored entry <c>NAME/data/KEY</c> a storage.
/// </summary>
internal static class TorchZip
{
    private const string PickleName = "/data.pkl";

    /// <summary>Reads the objects and lays their storages over the file.</summary>
    public static object? Read(TorchBytes bytes, bool map)
    {
        OrderedDictionary<string, ZipEntry> entries = ZipDirectory.Read(bytes);
        string folder = Folder(bytes, entries);
        if (entries.TryGetValue(folder + "byteorder", out ZipEntry? order) && Text(bytes, order) is var said && said != "little")
            throw bytes.Fail(order.Start,
                $"the values are stored in the byte order {SafetensorsFormatException.Quote(said)}; only little is read.");
        TorchBuilder builder = new(bytes.File);
        ZipEntry pickle = Stored(bytes, entries[folder + PickleName[1..]]);
        if (pickle.Length > PickleLimits.Bytes)
            throw bytes.Fail(pickle.Start, $"the pickled object has {pickle.Length} bytes; at most {PickleLimits.Bytes} are read.");
        object? root = Unpickler.Load(bytes.Pickle(pickle.Start, pickle.Start + pickle.Length), builder, pickle.Start, out int consumed);
        if (consumed != pickle.Length)
            throw bytes.Fail(pickle.Start + consumed, $"{pickle.Length - consumed} bytes follow the pickled object; expected none.");
        foreach (TorchStorage storage in builder.Storages.Values)
        {
            if (!entries.TryGetValue($"{folder}data/{storage.Key}", out ZipEntry? entry))
                throw bytes.Fail(null,
                    $"storage {SafetensorsFormatException.Quote(storage.Key)} is named, and the file has no entry data/{storage.Key}.");
            Stored(bytes, entry);
            if (entry.Length != storage.Bytes)
            {
                throw bytes.Fail(entry.Start, $"storage {SafetensorsFormatException.Quote(storage.Key)} has {entry.Length} bytes; "
                    + $"its {storage.Elements} elements of {storage.ElementType} need {storage.Bytes}.");
            }
            storage.Bind(bytes.Address(entry.Start, entry.Length), bytes.Mapping, map, entry.Start);
        }
        return root;
    }

    /// <summary>The folder of the zip file that holds data.pkl, with its slash.</summary>
    private static string Folder(TorchBytes bytes, OrderedDictionary<string, ZipEntry> entries)
    {
        string[] found = [.. entries.Keys.Where(name => name.EndsWith(PickleName, StringComparison.Ordinal)
            && name.Count(c => c == '/') == 1)];
        if (found.Length != 1)
        {
            throw bytes.Fail(null, found.Length > 1
                ? "the zip file holds several data.pkl; expected one."
                : "the zip file holds no NAME/data.pkl, so torch.save did not write it.");
        }
        string folder = found[0][..^(PickleName.Length - 1)];
        if (entries.ContainsKey(folder + "constants.pkl"))
        {
            throw bytes.Fail(null, "this is a TorchScript program (it holds constants.pkl), not saved data. "
                + "In PyTorch: torch.save(torch.jit.load(path).state_dict(), other).");
        }
        return folder;
    }

    private static ZipEntry Stored(TorchBytes bytes, ZipEntry entry) => entry.IsStored ? entry : throw bytes.Fail(entry.Header,
        $"the entry {SafetensorsFormatException.Quote(entry.Name)} is compressed or encrypted; "
        + "torch.save stores entries as they are. Save the file again with it.");

    private static string Text(TorchBytes bytes, ZipEntry entry)
    {
        const int longest = 64;
        Stored(bytes, entry);
        return Encoding.Latin1.GetString(bytes.Slice(entry.Start, (int)Math.Min(entry.Length, longest))).Trim();
    }
}
