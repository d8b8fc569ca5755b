namespace Ballast;

/// <summary>Shape and dtype of a tensor: all that the meta device needs.</summary>
public readonly record struct TensorSpec(Shape Shape, DType DType);

/// <summary>What holds for an op whatever its attributes.</summary>
/// <param name="Name">The name in error messages and in the graph.</param>
/// <param name="Outputs">How many tensors it gives.</param>
/// <param name="Differentiable">False if no gradient passes through it.</param>
/// <param name="HostScalars">True if one 0-d CPU operand may meet operands of another device (PyTorch's rule for elementwise ops).</param>
/// <param name="KeepsOutput">True if the output's dtype does not follow the inputs' (a comparison's bool), so widening leaves it alone.</param>
public readonly record struct OpTraits(string Name, int Outputs = 1, bool Differentiable = true, bool HostScalars = false, bool KeepsOutput = false);

/// <summary>What a gradient rule needs from the forward pass. What is not named here is not kept.</summary>
[Flags]
public enum Saves
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The first input.</summary>
    Input0 = 1,
    /// <summary>The second input.</summary>
    Input1 = 2,
    /// <summary>The third input.</summary>
    Input2 = 4,
    /// <summary>The fourth input.</summary>
    Input3 = 8,
    /// <summary>The first output.</summary>
    Output0 = 256,
    /// <summary>The second output.</summary>
    Output1 = 512,
    /// <summary>The third output.</summary>
    Output2 = 1024,
}

/// <summary>An op: its attributes, what it makes of shapes, and its gradient. Kernels stand apart, one type per device.</summary>
/// <remarks>Broadcasting is undone by the engine: a gradient rule may give a gradient of the output's shape.</remarks>
public interface IOp<TSelf> where TSelf : struct, IOp<TSelf>
{
    /// <summary>Name and fixed facts.</summary>
    static abstract OpTraits Traits { get; }

    /// <summary>Shapes and dtypes of the outputs; throws the op's errors. Pure: reads no data.</summary>
    void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs);

    /// <summary>What the gradient of input <paramref name="input"/> needs.</summary>
    Saves SavedFor(int input);

    /// <summary>Gradients of the inputs that need one: <c>c.Set(i, …)</c> where <c>c.Needs(i)</c>. The rule keeps neither the gradients it
    /// is given nor those it gives: their memory is used again at once; what must last is a <c>Clone()</c>.</summary>
    void Vjp(ref VjpContext c);
}

/// <summary>An op that only changes the layout: its result shares the input's storage and it has no kernel.</summary>
public interface IViewOp<TSelf> : IOp<TSelf> where TSelf : struct, IViewOp<TSelf>
{
    /// <summary>The layout of the result.</summary>
    Layout View(in Layout layout);
}

/// <summary>An op that can be expressed in other ops on devices without a kernel of its own.</summary>
public interface IDecomposable
{
    /// <summary>The op in terms of others; these record the gradient.</summary>
    Tensor Decompose(ReadOnlySpan<Tensor> inputs);
}

/// <summary>The work of an op on one device family. Inputs may have any strides; outputs are allocated and, unless the op runs in place, dense.</summary>
public interface IKernel<TOp> where TOp : struct, IOp<TOp>
{
    /// <summary>The dtypes it computes in; half types outside it are computed in float32 by the dispatcher.</summary>
    DTypeSet DTypes { get; }

    /// <summary>Computes the outputs.</summary>
    void Run(in TOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs);
}

/// <summary>The kernels of one op, by device family.</summary>
public static class KernelTable<TOp> where TOp : struct, IOp<TOp>
{
    private static readonly IKernel<TOp>?[] _byKind = new IKernel<TOp>?[DeviceKind.MaxKinds];

    /// <summary>Makes a kernel known for a device's family.</summary>
    public static void Register(Device device, IKernel<TOp> kernel) => _byKind[device.Kind.Slot] = kernel;

    internal static IKernel<TOp>? Find(Device device) => _byKind[device.Kind.Slot];
}

/// <summary>A set of element types.</summary>
[Flags]
public enum DTypeSet
{
    /// <summary>float32 and float64.</summary>
    Floating = (1 << DType.Float32) | (1 << DType.Float64),
    /// <summary>bfloat16 and float16.</summary>
    Halves = (1 << DType.BFloat16) | (1 << DType.Float16),
    /// <summary>The signed and unsigned integers.</summary>
    Integers = (1 << DType.Int64) | (1 << DType.Int32) | (1 << DType.Int16) | (1 << DType.Int8) | (1 << DType.UInt8),
    /// <summary>bool.</summary>
    Bool = 1 << DType.Bool,
    /// <summary>Everything but half types, which the dispatcher widens.</summary>
    Computing = Floating | Integers | Bool,
    /// <summary>Every element type.</summary>
    All = Computing | Halves,
}

/// <summary>Reading a <see cref="DTypeSet"/>.</summary>
public static class DTypeSets
{
    /// <summary>True if the set has the type.</summary>
    public static bool Has(this DTypeSet set, DType dtype) => ((int)set & (1 << (int)dtype)) != 0;

    /// <summary>The names in the set, separated by commas.</summary>
    public static string Names(this DTypeSet set)
    {
        var names = new List<string>();
        for (int i = 0; i < DTypes.Count; i++)
            if (set.Has((DType)i)) names.Add(((DType)i).Name);
        return string.Join(", ", names);
    }
}
