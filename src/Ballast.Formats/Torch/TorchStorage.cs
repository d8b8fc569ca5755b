namespace Ballast.Formats;

/// <summary>A run of elements in a PyTorch file that one or more tensors lie over.</summary>
public sealed class TorchStorage
{
    private readonly TorchStorage? _root;
    private readonly long _start;
    private Storage? _memory;

    internal TorchStorage(string file, string key, string location, TorchElement element, long elements)
    {
        File = file;
        Key = key;
        Location = location;
        Element = element;
        Elements = elements;
    }

    /// <summary>A part of another storage, as PyTorch before 0.4 saved them.</summary>
    internal TorchStorage(TorchStorage root, string key, long start, long elements)
        : this(root.File, key, root.Location, root.Element, elements)
    {
        _root = root;
        _start = start;
    }

    /// <summary>The name under which the file keeps the bytes.</summary>
    public string Key { get; }

    /// <summary>
    /// The device that the values were on when they were saved, as <c>cpu</c> or <c>cuda:0</c>; they are read to the CPU.
    /// </summary>
    public string Location { get; }

    /// <summary>The element type's PyTorch name without <c>torch.</c>, as <c>float32</c>.</summary>
    public string ElementType => Element.Name;

    /// <summary>The number of elements.</summary>
    public long Elements { get; }

    /// <summary>The size in bytes.</summary>
    public long Bytes => Elements * Element.Bytes;

    /// <summary>All elements as a 1-d tensor over the same memory.</summary>
    /// <exception cref="TorchFormatException">No tensor can hold the element type, or there are more than an axis may have.</exception>
    public Tensor ToTensor() => TorchTensor.Over(this, Element, [Elements], [1], 0);

    internal string File { get; }

    internal TorchElement Element { get; }

    /// <summary>The first element, counted in the memory.</summary>
    internal long Start => _root is null ? _start : _root.Start + _start;

    /// <summary>The key of the storage that owns the bytes.</summary>
    internal string MemoryKey => _root?.MemoryKey ?? Key;

    internal Storage Memory => _root?.Memory ?? _memory ?? throw new InvalidOperationException($"the storage {Key} has no memory yet.");

    /// <summary>
    /// Lays the storage over memory that <paramref name="owner"/> keeps, or copies it where it is asked to or must be aligned.
    /// </summary>
    internal unsafe void Bind(nint address, object owner, bool map, long position)
    {
        if (Element.DType == DType.Bool)
            RequireTruthValues((byte*)address, position);
        if (map && address % Element.Bytes == 0)
        {
            _memory = Storage.Foreign(Device.Cpu, address, Bytes, owner);
            return;
        }
        _memory = Storage.New(Device.Cpu, Bytes);
        if (Bytes > 0)
            System.Buffer.MemoryCopy((void*)address, (void*)_memory.Handle, Bytes, Bytes);
    }

    /// <summary>A bool element is 0 or 1; any other byte would be true for one kernel and a count for another.</summary>
    private unsafe void RequireTruthValues(byte* data, long position)
    {
        const int piece = 1 << 26;
        for (long done = 0; done < Bytes; done += piece)
        {
            ReadOnlySpan<byte> part = new(data + done, (int)Math.Min(piece, Bytes - done));
            int bad = part.IndexOfAnyExceptInRange((byte)0, (byte)1);
            if (bad >= 0)
            {
                throw new TorchFormatException(File, position + done + bad,
                    $"an element of the bool storage '{Key}' is the byte {part[bad]}; expected 0 or 1.");
            }
        }
    }
}
