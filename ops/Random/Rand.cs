using System.Runtime.CompilerServices;

namespace Ballast;

/// <content>Random tensors. New ones are drawn on the CPU, whatever the device; nothing is drawn for meta.</content>
public sealed partial class Tensor
{
    /// <summary>Uniform in [0, 1), float32.</summary>
    /// <inheritdoc cref="Rand(Shape, DType, Device?, Generator?)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Rand(params ReadOnlySpan<int> shape) => Rand(Shape.Create(shape));

    /// <summary>Uniform in [0, 1), of a floating dtype, on a device.</summary>
    /// <remarks>Draw for draw what PyTorch's CPU generator gives, then copied to the device. Source: PyTorch's <c>torch.rand</c>
    /// page.</remarks>
    /// <param name="shape">Axis lengths.</param>
    /// <param name="dtype">A floating element type; the draws depend on it.</param>
    /// <param name="device">Where; the CPU unless told otherwise.</param>
    /// <param name="generator">What draws; <see cref="Generator.Default"/> unless told otherwise.</param>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public static Tensor Rand(Shape shape, DType dtype = DType.Float32, Device? device = null, Generator? generator = null) =>
        Made("rand", Empty(shape, dtype, device).UniformInPlace(0, 1, generator, onHost: true));

    /// <summary>Uniform in [0, 1), of the shape, dtype and device of another tensor, filled row-major.</summary>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public static Tensor RandLike(Tensor other, Generator? generator = null) => Rand(other.Shape, other.DType, other.Device, generator);

    /// <summary>Normal with mean 0 and standard deviation 1, float32.</summary>
    /// <inheritdoc cref="RandN(Shape, DType, Device?, Generator?)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor RandN(params ReadOnlySpan<int> shape) => RandN(Shape.Create(shape));

    /// <summary>Normal with mean 0 and standard deviation 1, of a floating dtype, on a device.</summary>
    /// <remarks>Draw for draw what PyTorch's CPU generator gives, then copied to the device. Source: PyTorch's <c>torch.randn</c>
    /// page.</remarks>
    /// <inheritdoc cref="Rand(Shape, DType, Device?, Generator?)"/>
    public static Tensor RandN(Shape shape, DType dtype = DType.Float32, Device? device = null, Generator? generator = null) =>
        Made("randn", Empty(shape, dtype, device).NormalInPlace(0, 1, generator, onHost: true));

    /// <summary>Normal with mean 0 and standard deviation 1, of the shape, dtype and device of another tensor, filled row-major.</summary>
    /// <exception cref="DTypeException">The dtype is not floating.</exception>
    public static Tensor RandNLike(Tensor other, Generator? generator = null) => RandN(other.Shape, other.DType, other.Device, generator);

    /// <summary>Integers from <paramref name="low"/> up to, not including, <paramref name="high"/>, all equally likely.</summary>
    /// <remarks>Draw for draw what PyTorch's CPU generator gives. Source: PyTorch's <c>torch.randint</c> page.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="high"/> is not above <paramref name="low"/>.</exception>
    /// <exception cref="DTypeException">The dtype cannot hold the range.</exception>
    public static Tensor RandInt(long low, long high, Shape shape, DType dtype = DType.Int64, Device? device = null,
        Generator? generator = null)
    {
        generator ??= Generator.Default;
        CheckIntegers(low, high, dtype);
        generator.FillIntegers([], low, high);
        if (device is { IsMeta: true }) return Made("randint", Empty(shape, dtype, device));
        var values = new long[shape.Elements];
        generator.FillIntegers(values, low, high);
        return Made("randint", FromHost(values, shape, dtype, device));
    }

    /// <summary>Integers from 0 up to, not including, <paramref name="high"/>, all equally likely.</summary>
    /// <inheritdoc cref="RandInt(long, long, Shape, DType, Device?, Generator?)"/>
    public static Tensor RandInt(long high, Shape shape, DType dtype = DType.Int64, Device? device = null, Generator? generator = null) =>
        RandInt(0, high, shape, dtype, device, generator);

    /// <summary>Integers in [low, high), of the shape, dtype and device of another tensor, filled row-major.</summary>
    /// <inheritdoc cref="RandInt(long, long, Shape, DType, Device?, Generator?)"/>
    public static Tensor RandIntLike(Tensor other, long low, long high, Generator? generator = null) =>
        RandInt(low, high, other.Shape, other.DType, other.Device, generator);

    /// <summary>The numbers 0 to n − 1 in a random order.</summary>
    /// <remarks>Shape: [n]. Draw for draw what PyTorch's CPU generator gives. Source: PyTorch's <c>torch.randperm</c> page.</remarks>
    /// <exception cref="ShapeException"><paramref name="n"/> is negative.</exception>
    /// <exception cref="DTypeException">The dtype cannot hold n − 1.</exception>
    public static Tensor RandPerm(int n, DType dtype = DType.Int64, Device? device = null, Generator? generator = null)
    {
        Shape shape = [n];
        CheckIntegers(0, Math.Max(1, n), dtype);
        if (device is { IsMeta: true }) return Made("randperm", Empty(shape, dtype, device));
        var values = new long[n];
        (generator ?? Generator.Default).Permutation(values);
        return Made("randperm", FromHost(values, shape, dtype, device));
    }

    private static Tensor Made(string by, Tensor tensor)
    {
        tensor.Producer = by;
        return tensor;
    }

    /// <summary>Refuses ranges that the dtype would wrap or round.</summary>
    private static void CheckIntegers(long low, long high, DType dtype)
    {
        (long least, long most) = dtype switch
        {
            DType.Int64 => (long.MinValue, long.MaxValue),
            DType.Int32 => (int.MinValue, int.MaxValue),
            DType.Int16 => (short.MinValue, short.MaxValue),
            DType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DType.UInt8 => (0L, byte.MaxValue),
            DType.Bool => (0L, 1L),
            DType.Float64 => (-(1L << 53), 1L << 53),
            DType.Float32 => (-(1L << 24), 1L << 24),
            DType.Float16 => (-(1L << 11), 1L << 11),
            _ => (-(1L << 8), 1L << 8),
        };
        if (low < least || (high > low && high - 1 > most))
            throw new DTypeException($"integers in [{low}, {high}) do not fit {dtype.Name}, which holds {least} to {most} exactly; take " +
                "a wider dtype, such as int64.");
    }
}
