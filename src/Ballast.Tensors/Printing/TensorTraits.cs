namespace Ballast;

/// <summary>How elements are written: which of the <see cref="IElementReader"/> methods is asked, and the style of the result.</summary>
internal enum ElementKind
{
    Real,
    Integer,
    Boolean,
}

/// <summary>What a printed tensor says besides its values.</summary>
/// <param name="Kind">How elements are written.</param>
/// <param name="DType">The dtype's lowercase name; shown unless it is float32, int64 or bool, or cannot be told from the values.</param>
/// <param name="Device">The device, or null for the CPU, which is not shown.</param>
/// <param name="HasData">False on the meta device: the size is printed in place of values and the reader is not asked.</param>
/// <param name="RequiresGrad">Whether a gradient is wanted; shown when there is no <paramref name="Gradient"/>.</param>
/// <param name="Gradient">The name of the operation that made the tensor, or null.</param>
internal readonly record struct TensorTraits(
    ElementKind Kind, string DType, string? Device = null, bool HasData = true, bool RequiresGrad = false, string? Gradient = null);
