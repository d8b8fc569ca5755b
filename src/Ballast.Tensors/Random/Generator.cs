using System.Runtime.Intrinsics;

namespace Ballast;

/// <summary>A stream of random numbers: PyTorch's CPU generator (MT19937), draw for draw.</summary>
/// <remarks>
/// "Draw" below means one 32-bit output of the engine. Every fill makes the draws of PyTorch 1.13 on CPU (builds without MKL): uniforms,
/// integers,
/// permutations and samples come out equal, float32 normals to 1e-6, float64 normals and exponentials to 1e-14. The values do not depend on
/// the processor or its SIMD width. Devices that draw by themselves do so from a second, counter-based stream under the same seed
/// (<see cref="DrawOp"/>), whose position is part of the state. Every public member takes the generator's lock, so a fill is never
/// interleaved with another thread's. Source: conformance group U; PyTorch's "torch.Generator" and "Reproducibility" pages.
/// </remarks>
public sealed partial class Generator
{
    /// <summary>The seed of a generator that was given none; PyTorch's.</summary>
    public const ulong DefaultSeed = 67280421310721;

    private readonly Lock _gate = new();
    private readonly MersenneTwister _engine = new();
    private ulong _seed;
    private double? _cachedNormal;
    private ulong _deviceOffset;

    /// <summary>A generator with <see cref="DefaultSeed"/>.</summary>
    public Generator() : this(DefaultSeed)
    {
    }

    /// <summary>A generator with this seed; a negative one is taken as its 64-bit two's complement.</summary>
    public Generator(long seed) : this(unchecked((ulong)seed))
    {
    }

    /// <summary>A generator with this seed, of which the low 32 bits determine the stream.</summary>
    public Generator(ulong seed) => SeedLocked(seed);

    private Generator(GeneratorState state) => SetState(state);

    /// <summary>The generator that every random function uses when it is given none.</summary>
    public static Generator Default { get; } = new();

    /// <summary>The seed last set, all 64 bits, although only the low 32 matter.</summary>
    public ulong InitialSeed
    {
        get
        {
            lock (_gate) return _seed;
        }
    }

    /// <summary>Starts the stream anew from a seed; a negative one is taken as its 64-bit two's complement. Drops a cached
    /// normal.</summary>
    /// <returns>This generator.</returns>
    public Generator Seed(long seed) => Seed(unchecked((ulong)seed));

    /// <summary>Starts the stream anew from a seed, of which only the low 32 bits determine the stream. Drops a cached normal.</summary>
    /// <returns>This generator.</returns>
    public Generator Seed(ulong seed)
    {
        lock (_gate) SeedLocked(seed);
        return this;
    }

    /// <summary>The present point of the stream.</summary>
    public GeneratorState GetState()
    {
        lock (_gate) return new GeneratorState(_seed, _engine.State, _engine.Left, _engine.Next, _cachedNormal, _deviceOffset);
    }

    /// <summary>Continues from a saved point: the next draws are those that followed <see cref="GetState"/>, a cached normal
    /// included.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="state"/> is null.</exception>
    public void SetState(GeneratorState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_gate)
        {
            _seed = state.InitialSeed;
            _engine.Restore(state.Words, state.Left, state.Next);
            _cachedNormal = state.CachedNormal;
            _deviceOffset = state.DeviceOffset;
        }
    }

    /// <summary>An independent generator at the same point: both give the same draws from here, neither moves the other.</summary>
    public Generator Fork() => new(GetState());

    /// <summary>Remembers the present point; disposing the scope returns to it, so draws inside leave no trace in the stream.</summary>
    /// <example><code>using (Generator.Default.ForkScope()) { ... }</code></example>
    public GeneratorScope ForkScope() => new(this, GetState());

    /// <summary>One draw: a uniform 32-bit integer.</summary>
    public uint NextUInt32()
    {
        lock (_gate) return _engine.Draw();
    }

    /// <summary>Two draws: a uniform 64-bit integer, the first draw being its high half.</summary>
    public ulong NextUInt64()
    {
        lock (_gate) return _engine.Draw64();
    }

    /// <summary>One draw: a uniform in [0, 1), a multiple of 2^-24.</summary>
    public float NextFloat32()
    {
        lock (_gate) return Uniform32();
    }

    /// <summary>Two draws: a uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextFloat64()
    {
        lock (_gate) return Uniform64();
    }

    /// <summary>A standard normal: the cached one if there is one, else the first of a new pair (four draws) whose second is
    /// cached.</summary>
    public double NextNormal()
    {
        lock (_gate) return Normal();
    }

    private void SeedLocked(ulong seed)
    {
        _seed = seed;
        _engine.Seed((uint)seed);
        _cachedNormal = null;
        _deviceOffset = 0;
    }

    /// <summary>Takes blocks of the stream that devices draw from (<see cref="Philox"/>): its key is the seed, all 64 bits, and blocks are
    /// counted from 0. The host's own stream does not move.</summary>
    /// <param name="count">How many blocks, one for each element.</param>
    internal (ulong Seed, ulong Offset) TakeBlocks(long count)
    {
        lock (_gate)
        {
            ulong offset = _deviceOffset;
            _deviceOffset += (ulong)count;
            return (_seed, offset);
        }
    }

    private float Uniform32() => (_engine.Draw() & Mask32) * Scale32;

    private double Uniform64() => (_engine.Draw64() & Mask64) * Scale64;

    private double Normal()
    {
        if (_cachedNormal is double cached)
        {
            _cachedNormal = null;
            return cached;
        }

        double u1 = Uniform64(), u2 = Uniform64();
        // 1 - u2 is exact, so its logarithm is log1p(-u2).
        (Vector256<double> cos, Vector256<double> sin) = NormalMath.BoxMuller(Vector256.Create(1 - u2), Vector256.Create(2 * Math.PI * u1));
        _cachedNormal = sin.ToScalar();
        return cos.ToScalar();
    }
}
