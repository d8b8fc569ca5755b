namespace Ballast.Formats;

/// <summary>How large a pickle may be, so that no file can take more memory than these bound, whatever it says.</summary>
internal static class PickleLimits
{
    /// <summary>Bytes of the pickled object; the data of tensors is not part of it. A model of 10,000 tensors needs about 2 MB.</summary>
    public const int Bytes = 1 << 26;

    /// <summary>Instructions that are carried out.</summary>
    public const int Steps = 1 << 24;

    /// <summary>Dictionaries, lists, tuples, sets and tensors that are made.</summary>
    public const int Objects = 1 << 21;

    /// <summary>Containers inside one another.</summary>
    public const int Depth = 100;

    /// <summary>Values counted along every path that leads to them: what a walk over the tree meets.</summary>
    public const long Walk = 1 << 22;

    /// <summary>Characters in all paths of one walk.</summary>
    public const long PathCharacters = 1 << 26;

    /// <summary>Bytes of one whole number.</summary>
    public const int NumberBytes = 64;
}
