namespace Ballast.PtxEmulation;

/// <summary>The live blocks of a device in the order of their addresses: what a kernel may touch.</summary>
internal sealed class AllocationTable
{
    public required ulong[] Starts { get; init; }

    public required ulong[] Lengths { get; init; }

    public required nint[] Hosts { get; init; }

    public required bool[] ReadOnly { get; init; }

    /// <summary>One byte per byte of a block, nonzero once written; null where that is not watched.</summary>
    public required nint[] Shadows { get; init; }

    /// <summary>Blocks that were given back, for the report.</summary>
    public required (ulong Start, ulong Length)[] Freed { get; init; }

    /// <summary>The block of an address, or -1.</summary>
    public int Find(ulong address, int guess)
    {
        if ((uint)guess < (uint)Starts.Length && address - Starts[guess] < Lengths[guess]) return guess;
        int low = 0, high = Starts.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (Starts[middle] <= address)
            {
                if (address - Starts[middle] < Lengths[middle]) return middle;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }
        return -1;
    }

    /// <summary>Where an address lies with respect to the blocks.</summary>
    public string Describe(ulong address)
    {
        foreach ((ulong start, ulong length) in Freed)
        {
            if (address - start < length) return $"it lies in a block of {length} bytes that was freed";
        }
        int best = -1;
        for (int n = 0; n < Starts.Length && Starts[n] <= address; n++) best = n;
        if (best < 0) return "it lies below every block";
        ulong past = address - Starts[best] - Lengths[best];
        return address - Starts[best] < Lengths[best]
            ? $"it starts at byte {address - Starts[best]} of a block of {Lengths[best]} bytes"
                + (ReadOnly[best] ? ", which is constant" : "")
            : $"it lies {past} bytes behind a block of {Lengths[best]} bytes";
    }
}
