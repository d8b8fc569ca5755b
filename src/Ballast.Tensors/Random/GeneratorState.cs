using System.Buffers.Binary;

namespace Ballast;

/// <summary>A point in the stream of a <see cref="Generator"/>: the engine's 624 words, its position and the cached normal.
/// Immutable.</summary>
/// <remarks>The bytes are those of PyTorch's CPU <c>get_rng_state</c> (5,056 bytes, little endian), so a stream can go on in either
/// library. The position of the stream that devices draw from lies in the first normal's field, which PyTorch
/// neither sets nor reads.</remarks>
public sealed class GeneratorState : IEquatable<GeneratorState>
{
    /// <summary>Size of the serialised state in bytes.</summary>
    public const int SizeBytes = 5056;

    // Layout: seed u64, left i32, seeded i32, next u64, 624 words as u64, normal x, y, rho f64, normal valid i32, padding,
    // float32 normal f32, its flag u8, padding.
    private const int WordsAt = 24, NormalAt = WordsAt + 8 * MersenneTwister.Words, NormalValidAt = NormalAt + 24;
    private const int Normal32At = NormalValidAt + 8, Normal32ValidAt = Normal32At + 4;

    private readonly uint[] _words;

    internal GeneratorState(ulong seed, ReadOnlySpan<uint> words, int left, int next, double? cachedNormal,
        ulong deviceOffset = 0)
    {
        InitialSeed = seed;
        _words = words.ToArray();
        (Left, Next, CachedNormal, DeviceOffset) = (left, next, cachedNormal, deviceOffset);
    }

    /// <summary>The seed that the stream began with.</summary>
    public ulong InitialSeed { get; }

    internal ReadOnlySpan<uint> Words => _words;

    internal int Left { get; }

    internal int Next { get; }

    internal double? CachedNormal { get; }

    internal ulong DeviceOffset { get; }

    /// <summary>The state as <see cref="SizeBytes"/> bytes in PyTorch's layout.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, InitialSeed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Left);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), (ulong)Next);
        for (int j = 0; j < _words.Length; j++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(WordsAt + 8 * j), _words[j]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(NormalAt), DeviceOffset);
        if (CachedNormal is double normal)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(NormalAt + 8), normal);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(NormalValidAt), 1);
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> or PyTorch's CPU <c>get_rng_state</c> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no such state; the message names the field.</exception>
    public static GeneratorState FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes) throw Bad($"{bytes.Length} bytes were given; a state has {SizeBytes}");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) != 1) throw Bad("the 'seeded' flag at byte 12 is not 1");
        int left = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        ulong next = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        bool fresh = left == 1 && next == 0;
        if (!fresh && (next is < 1 or > MersenneTwister.Words || left != MersenneTwister.Words + 1 - (int)next))
            throw Bad(
                $"the position (left {left} at byte 8, next {next} at byte 16) is impossible; left + next is {MersenneTwister.Words + 1}");

        uint[] words = new uint[MersenneTwister.Words];
        for (int j = 0; j < words.Length; j++)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(WordsAt + 8 * j)..]);
            if (word > uint.MaxValue) throw Bad($"word {j} at byte {WordsAt + 8 * j} has more than 32 bits");
            words[j] = (uint)word;
        }

        if (!words.AsSpan().ContainsAnyExcept(0u)) throw Bad("all 624 words are zero, which the engine never leaves");
        if (bytes[Normal32ValidAt] != 0)
            throw Bad($"byte {Normal32ValidAt} announces a cached float32 normal, which no CPU draw makes or uses");
        double? cached = null;
        int valid = BinaryPrimitives.ReadInt32LittleEndian(bytes[NormalValidAt..]);
        if (valid is not (0 or 1)) throw Bad($"the 'normal valid' flag at byte {NormalValidAt} is {valid}, not 0 or 1");
        if (valid == 1)
        {
            double normal = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(NormalAt + 8)..]);
            if (!double.IsFinite(normal)) throw Bad($"the cached normal at byte {NormalAt + 8} is {normal}");
            cached = normal;
        }

        return new GeneratorState(BinaryPrimitives.ReadUInt64LittleEndian(bytes), words, left, (int)next, cached,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[NormalAt..]));
    }

    /// <summary>True when both continue with the same draws and report the same seed.</summary>
    public bool Equals(GeneratorState? other) =>
        other is not null && InitialSeed == other.InitialSeed && Left == other.Left && Next == other.Next
        && Nullable.Equals(CachedNormal, other.CachedNormal) && DeviceOffset == other.DeviceOffset && Words.SequenceEqual(other.Words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GeneratorState);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(InitialSeed, Next, _words[0], _words[^1], CachedNormal);

    private static FormatException Bad(string what) => new($"Not a generator state: {what}.");
}
