using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>The MT19937 engine with PyTorch's bookkeeping (conformance C197): 624 words of state, tempered a block at a time.</summary>
internal sealed class MersenneTwister
{
    internal const int Words = 624;
    private const int Offset = 397;
    private const uint Matrix = 0x9908_b0df, Upper = 0x8000_0000, Lower = 0x7fff_ffff;

    private readonly uint[] _words = new uint[Words];
    private readonly uint[] _draws = new uint[Words];

    /// <summary>Draws until the state is regenerated, counting the one that regenerates: 1 means the next draw does it.</summary>
    internal int Left { get; private set; }

    /// <summary>Index of the next draw in the block.</summary>
    internal int Next { get; private set; }

    internal ReadOnlySpan<uint> State => _words;

    internal void Seed(uint seed)
    {
        _words[0] = seed;
        for (int j = 1; j < Words; j++) _words[j] = 1812433253 * (_words[j - 1] ^ (_words[j - 1] >> 30)) + (uint)j;
        (Left, Next) = (1, 0);
    }

    internal void Restore(ReadOnlySpan<uint> words, int left, int next)
    {
        words.CopyTo(_words);
        (Left, Next) = (left, next);
        Temper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Draw()
    {
        if (Left == 1) Regenerate();
        Left--;
        return _draws[Next++];
    }

    /// <summary>A 64-bit draw: two draws, the first being the high half (C199).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Draw64()
    {
        ulong high = Draw();
        return high << 32 | Draw();
    }

    /// <summary>Between 1 and <paramref name="most"/> draws at once: what is left of the current block. Valid until the next
    /// call.</summary>
    internal ReadOnlySpan<uint> DrawBlock(int most)
    {
        if (Left == 1) Regenerate();
        int count = Math.Min(most, Left - 1);
        ReadOnlySpan<uint> block = _draws.AsSpan(Next, count);
        Left -= count;
        Next += count;
        return block;
    }

    private void Regenerate()
    {
        Twist(0, Words - Offset, Offset);
        Twist(Words - Offset, Words - 1, Offset - Words);
        _words[Words - 1] = _words[Offset - 1] ^ Mix(_words[Words - 1], _words[0]);
        Temper();
        (Left, Next) = (Words + 1, 0);
    }

    // Words are read at least 227 places from where they are written, so a vector never reads what it is about to write.
    private void Twist(int from, int to, int distance)
    {
        Span<uint> w = _words;
        int k = from;
        for (; k <= to - Vector<uint>.Count; k += Vector<uint>.Count)
        {
            Vector<uint> y = (new Vector<uint>(w[k..]) & new Vector<uint>(Upper))
                | (new Vector<uint>(w[(k + 1)..]) & new Vector<uint>(Lower));
            Vector<uint> odd = (Vector<uint>.Zero - (y & Vector<uint>.One)) & new Vector<uint>(Matrix);
            (new Vector<uint>(w[(k + distance)..]) ^ (y >> 1) ^ odd).CopyTo(w[k..]);
        }

        for (; k < to; k++) w[k] = w[k + distance] ^ Mix(w[k], w[k + 1]);
    }

    private static uint Mix(uint high, uint low)
    {
        uint y = (high & Upper) | (low & Lower);
        return (y >> 1) ^ ((0 - (y & 1)) & Matrix);
    }

    private void Temper()
    {
        int k = 0;
        for (; k <= Words - Vector<uint>.Count; k += Vector<uint>.Count)
        {
            Vector<uint> y = new(_words, k);
            y ^= y >> 11;
            y ^= (y << 7) & new Vector<uint>(0x9d2c5680);
            y ^= (y << 15) & new Vector<uint>(0xefc60000);
            y ^= y >> 18;
            y.CopyTo(_draws, k);
        }

        for (; k < Words; k++)
        {
            uint y = _words[k];
            y ^= y >> 11;
            y ^= (y << 7) & 0x9d2c5680;
            y ^= (y << 15) & 0xefc60000;
            _draws[k] = y ^ (y >> 18);
        }
    }
}
