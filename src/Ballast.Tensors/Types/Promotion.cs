namespace Ballast;

/// <summary>PyTorch's type promotion.</summary>
/// <remarks>Source: the "Type Promotion" section of PyTorch's tensor attributes page.</remarks>
public static class Promotion
{
    /// <summary>The common dtype of two operands of equal standing (both with dimensions, or both without).</summary>
    public static DType Common(DType a, DType b)
    {
        if (a == b) return a;
        if (a == DType.Bool) return b;
        if (b == DType.Bool) return a;
        if (a.IsFloating && b.IsFloating)
        {
            if (a == DType.Float64 || b == DType.Float64) return DType.Float64;
            return DType.Float32; // float16 with bfloat16 has no common half type
        }
        if (a.IsFloating) return a;
        if (b.IsFloating) return b;
        if (a == DType.UInt8) return b == DType.Int8 ? DType.Int16 : b;
        if (b == DType.UInt8) return a == DType.Int8 ? DType.Int16 : a;
        return a.SizeBytes >= b.SizeBytes ? a : b;
    }

    /// <summary>The result dtype of an operation on two tensors; a 0-d operand only raises the category.</summary>
    public static DType Result(Tensor a, Tensor b)
    {
        bool aScalar = a.Rank == 0, bScalar = b.Rank == 0;
        if (a.DType == b.DType) return a.DType;
        if (aScalar == bScalar) return Common(a.DType, b.DType);
        return aScalar ? WithWeaker(b.DType, a.DType) : WithWeaker(a.DType, b.DType);
    }

    /// <summary>The result dtype of a tensor of <paramref name="tensor"/> dtype with a host scalar.</summary>
    public static DType Result(DType tensor, Scalar scalar) => scalar.Kind switch
    {
        ScalarKind.Bool => tensor,
        ScalarKind.Integer => tensor == DType.Bool ? DType.Int64 : tensor,
        _ => tensor.IsFloating ? tensor : DType.Float32,
    };

    /// <summary>The dtype of true division and of the floating functions applied to <paramref name="dtype"/>.</summary>
    public static DType Floating(DType dtype) => dtype.IsFloating ? dtype : DType.Float32;

    private static DType WithWeaker(DType strong, DType weak) =>
        Category(weak) > Category(strong) ? Common(strong, weak) : strong;

    private static int Category(DType dtype) => dtype == DType.Bool ? 0 : dtype.IsInteger ? 1 : 2;
}
