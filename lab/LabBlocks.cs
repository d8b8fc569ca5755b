using System.Runtime.InteropServices;
using Ballast.Bench.Measuring;

namespace Ballast.Lab;

/// <summary>
/// Blocks of floats for a trial. Each starts on a page's boundary and ends in values that nobody may write; <see cref="Check"/> finds who did.
/// </summary>
/// <param name="seed">The same seed draws the same values.</param>
internal sealed unsafe class LabBlocks(int seed = 1) : IDisposable
{
    private const int Guard = 64;
    private const float Mark = -12345.678f;

    private readonly List<(LargeBlock Block, long Elements)> _blocks = [];
    private readonly Random _random = new(seed);

    /// <summary>A block of values drawn evenly from -1..1.</summary>
    public float* Drawn(long elements)
    {
        float* block = Empty(elements);
        for (long i = 0; i < elements; i++) block[i] = 2 * _random.NextSingle() - 1;
        return block;
    }

    /// <summary>A block of NaN.</summary>
    public float* Empty(long elements)
    {
        var block = new LargeBlock((elements + Guard) * sizeof(float));
        _blocks.Add((block, elements));
        var start = (float*)block.Address;
        Fill(start, elements, float.NaN);
        Fill(start + elements, Guard, Mark);
        return start;
    }

    /// <summary>Sets all elements.</summary>
    public static void Fill(float* block, long elements, float value)
    {
        for (long i = 0; i < elements; i++) block[i] = value;
    }

    /// <summary>The elements as float64.</summary>
    public static double[] Read(float* block, long elements)
    {
        var values = new double[elements];
        for (long i = 0; i < elements; i++) values[i] = block[i];
        return values;
    }

    /// <summary>False if something was written behind the end of a block.</summary>
    public bool Check() => _blocks.TrueForAll(
        b => MemoryMarshal.CreateReadOnlySpan(ref ((float*)b.Block.Address)[b.Elements], Guard).IndexOfAnyExcept(Mark) < 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((LargeBlock block, _) in _blocks) block.Dispose();
        _blocks.Clear();
    }
}
