namespace Ballast;

/// <summary>What a cast of its module does to a buffer's floating value; integers and bools keep their dtype always.</summary>
/// <remarks>A single handle is cast against its policy with <c>Cast(dtype, lossy: true)</c>, a module with
/// <see cref="MoveOptions.CastKept"/>.</remarks>
public readonly record struct DTypePolicy
{
    private readonly Mode _mode;
    private readonly DType _dtype;

    private DTypePolicy(Mode mode, DType dtype)
    {
        _mode = mode;
        _dtype = dtype;
    }

    private enum Mode : byte
    {
        Follow,
        Keep,
        Fixed,
        AtLeast,
    }

    /// <summary>It takes the dtype that its module is cast to.</summary>
    public static DTypePolicy Follow => default;

    /// <summary>It keeps the dtype that it has.</summary>
    public static DTypePolicy Keep => new(Mode.Keep, default);

    /// <summary>It has this dtype always: values of other dtypes are refused.</summary>
    public static DTypePolicy Fixed(DType dtype) => new(Mode.Fixed, dtype);

    /// <summary>It follows to wider dtypes, and never below this one.</summary>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public static DTypePolicy AtLeast(DType dtype) => dtype.IsFloating ? new(Mode.AtLeast, dtype)
        : throw new DTypeException($"DTypePolicy.AtLeast: {dtype.Name} is not floating; only floating values are cast with their module.");

    /// <summary>True if it takes whatever dtype its module is cast to.</summary>
    public bool IsFollow => _mode == Mode.Follow;

    /// <summary>The only dtype allowed; null unless fixed.</summary>
    public DType? FixedTo => _mode == Mode.Fixed ? _dtype : null;

    /// <summary>The least dtype allowed; null if there is none.</summary>
    public DType? Least => _mode == Mode.AtLeast ? _dtype : null;

    /// <summary>The dtype that a value of <paramref name="now"/> gets when its module is cast to <paramref name="asked"/>.</summary>
    public DType Target(DType now, DType asked)
    {
        if (!now.IsFloating || !asked.IsFloating) return now;
        return _mode switch
        {
            Mode.Follow => asked,
            Mode.AtLeast => asked.SizeBytes < _dtype.SizeBytes ? _dtype : asked,
            _ => now,
        };
    }

    /// <summary>Whether a value of that dtype may be held.</summary>
    public bool Allows(DType dtype) => _mode switch
    {
        Mode.Fixed => dtype == _dtype,
        Mode.AtLeast => dtype.IsFloating && dtype.SizeBytes >= _dtype.SizeBytes,
        _ => true,
    };

    /// <summary>The policy in words: <c>follows</c>, <c>keeps its dtype</c>, <c>always float32</c>, <c>float32 at least</c>.</summary>
    public override string ToString() => _mode switch
    {
        Mode.Follow => "follows",
        Mode.Keep => "keeps its dtype",
        Mode.Fixed => $"always {_dtype.Name}",
        _ => $"{_dtype.Name} at least",
    };
}

/// <summary>What an average over time (<see cref="Optimizers.Ema"/>, <see cref="Optimizers.AveragedModel{TModule}"/>) does with a
/// buffer.</summary>
public enum AverageRule : byte
{
    /// <summary>The average takes the newest value.</summary>
    Copy,

    /// <summary>Averaged like a parameter; integers and bools are copied all the same.</summary>
    Average,

    /// <summary>The average keeps the value it began with.</summary>
    Keep,
}

/// <summary>What data-parallel replicas do with a buffer before they use it; a declaration for whoever trains in parallel.</summary>
public enum ReplicaRule : byte
{
    /// <summary>All take the first replica's value.</summary>
    BroadcastFirst,

    /// <summary>All take the mean of the replicas.</summary>
    Mean,

    /// <summary>All take the sum over the replicas.</summary>
    Sum,

    /// <summary>Each keeps its own.</summary>
    Local,
}
