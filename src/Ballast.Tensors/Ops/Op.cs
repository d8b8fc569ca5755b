using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>Runs ops: checks devices, infers, allocates, finds the kernel, records the gradient.</summary>
public static class Op
{
    /// <summary>Runs an op with one output.</summary>
    public static Tensor Run<TOp>(in TOp op, params ReadOnlySpan<Tensor> inputs) where TOp : struct, IOp<TOp>
    {
        Device device = inputs.Length == 1 ? inputs[0].Device : CommonDevice(TOp.Traits, inputs);
        TensorSpec spec = default;
        Infer(op, inputs, new Span<TensorSpec>(ref spec));
        bool isMeta = device.IsMeta;
        if (op is IDecomposable decomposable && !isMeta && KernelTable<TOp>.Find(device) is null) return decomposable.Decompose(inputs);
        Tensor output = New<TOp>(spec, device);
        if (!isMeta) Execute(op, device, inputs, new ReadOnlySpan<Tensor>(ref output));
        if (Autograd.Enabled && TOp.Traits.Differentiable && Autograd.AnyRequires(inputs))
            OpNode<TOp>.Record(op, inputs, new ReadOnlySpan<Tensor>(ref output));
        return output;
    }

    private static Tensor New<TOp>(in TensorSpec spec, Device device) where TOp : struct, IOp<TOp> =>
        new(Storage.New(device, spec.Shape.Elements * spec.DType.SizeBytes), Ballast.Layout.Dense(spec.Shape), spec.DType)
        {
            Producer = TOp.Traits.Name,
        };

    /// <summary>Runs an op with several outputs.</summary>
    public static Tensor[] RunMany<TOp>(in TOp op, params ReadOnlySpan<Tensor> inputs) where TOp : struct, IOp<TOp>
    {
        var outputs = new Tensor[TOp.Traits.Outputs];
        RunAll(op, inputs, outputs.AsSpan()!);
        return outputs;
    }

    private static void RunAll<TOp>(in TOp op, ReadOnlySpan<Tensor> inputs, Span<Tensor?> outputs) where TOp : struct, IOp<TOp>
    {
        OpTraits traits = TOp.Traits;
        Device device = CommonDevice(traits, inputs);
        SpecBuffer buffer = default;
        Span<TensorSpec> specs = ((Span<TensorSpec>)buffer)[..outputs.Length];
        Infer(op, inputs, specs);
        for (int i = 0; i < outputs.Length; i++) outputs[i] = New<TOp>(specs[i], device);
        if (!device.IsMeta) Execute(op, device, inputs, outputs!);
        if (traits.Differentiable && Autograd.Enabled && Autograd.AnyRequires(inputs)) OpNode<TOp>.Record(op, inputs, outputs!);
    }

    /// <summary>Runs an op that only looks at the same elements differently.</summary>
    public static Tensor View<TOp>(in TOp op, Tensor x) where TOp : struct, IViewOp<TOp>
    {
        Tensor view = x.Alias(Layout(op, x));
        view.Producer = TOp.Traits.Name;
        view.MarkView();
        if (x.RequiresGrad && Autograd.Enabled) OpNode<TOp>.Record(op, [x], [view]);
        return view;
    }

    private static Layout Layout<TOp>(in TOp op, Tensor x) where TOp : struct, IViewOp<TOp>
    {
        try
        {
            return op.View(x.Layout);
        }
        catch (BallastException e) when (OperandErrors.Adds(e, [x]))
        {
            throw e.With(x);
        }
    }

    /// <summary>Infers, and names the operands if they do not fit.</summary>
    private static void Infer<TOp>(in TOp op, ReadOnlySpan<Tensor> inputs, Span<TensorSpec> specs) where TOp : struct, IOp<TOp>
    {
        try
        {
            op.Infer(inputs, specs);
        }
        catch (BallastException e) when (OperandErrors.Adds(e, inputs!))
        {
            throw e.With(inputs!);
        }
    }

    /// <summary>Runs an op that gives several views of its input, one for each layout.</summary>
    internal static Tensor[] Views<TOp>(in TOp op, Tensor x, ReadOnlySpan<Layout> layouts) where TOp : struct, IOp<TOp>
    {
        var views = new Tensor[layouts.Length];
        for (int i = 0; i < views.Length; i++)
        {
            views[i] = x.Alias(layouts[i]);
            views[i].Producer = TOp.Traits.Name;
            views[i].MarkView();
        }
        if (x.RequiresGrad && Autograd.Enabled) OpNode<TOp>.Record(op, [x], views);
        return views;
    }

    /// <summary>Runs an op whose first input is also its output; the result must have the target's shape and a dtype that it can hold.</summary>
    /// <exception cref="AutogradException">The target is a leaf that requires a gradient, or a view whose history would be lost.</exception>
    public static Tensor RunInPlace<TOp>(in TOp op, Tensor target, params ReadOnlySpan<Tensor> others) where TOp : struct, IOp<TOp>
    {
        OpTraits traits = TOp.Traits;
        OperandBuffer buffer = default;
        Span<Tensor> inputs = others.Length < OperandBuffer.Length ? ((Span<Tensor>)buffer!)[..(others.Length + 1)] : new Tensor[others.Length + 1];
        inputs[0] = target;
        for (int i = 0; i < others.Length; i++)
        {
            // A partly overlapping source would be read after it was written.
            bool clash = others[i].MayOverlap(target) && !others[i].SameMemory(target);
            inputs[i + 1] = clash ? others[i].Clone() : others[i];
        }
        Device device = CommonDevice(traits, inputs);
        if (!ReferenceEquals(device, target.Device))
            throw new DeviceMismatchException($"{traits.Name} in place: the target is on {target.Device} and cannot take a result of {device}.");
        TensorSpec spec = default;
        Infer(op, inputs, new Span<TensorSpec>(ref spec));
        if (spec.Shape != target.Shape)
            throw new ShapeException($"{traits.Name} in place: the result {spec.Shape} does not fit the target {target.Shape}; only the other operand may stretch.").With(inputs!);
        CheckHold(traits.Name, target.DType, spec.DType);
        Autograd.CheckInPlace(traits.Name, target, inputs);
        bool record = traits.Differentiable && Autograd.Enabled && Autograd.AnyRequires(inputs);
        OpNode<TOp>? node = record ? OpNode<TOp>.CreateInPlace(op, inputs) : null;
        if (!device.IsMeta)
        {
            if (spec.DType == target.DType) Execute(op, device, inputs, [target]);
            else
            {
                Tensor result = Tensor.Empty(spec.Shape, spec.DType, device);
                Execute(op, device, inputs, [result]);
                Execute(new CastOp(target.DType), device, [result], [target]);
            }
        }
        target.Storage.Touch(traits.Name);
        node?.AttachInPlace(target);
        return target;
    }

    /// <summary>Runs the kernel of an op into given outputs, recording nothing.</summary>
    internal static void Execute<TOp>(in TOp op, Device device, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) where TOp : struct, IOp<TOp>
    {
        // Kernels work on the device of their operands, whatever the default for new tensors is.
        if (ReferenceEquals(device, Device.Default))
        {
            RunKernel(op, device, inputs, outputs);
            return;
        }
        using DeviceScope scope = new(device);
        RunKernel(op, device, inputs, outputs);
    }

    private static void RunKernel<TOp>(in TOp op, Device device, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) where TOp : struct, IOp<TOp>
    {
        DType primary = Primary(inputs, outputs);
        foreach (Tensor output in outputs) output.Storage.BeforeWrite();
        if (KernelTable<TOp>.Find(device) is { } kernel)
        {
            if (kernel.DTypes.Has(primary)) kernel.Run(op, inputs, outputs);
            else if (Wide(primary) != primary && kernel.DTypes.Has(Wide(primary))) ExecuteWidened(op, device, inputs, outputs);
            else throw Unsupported(TOp.Traits.Name, primary, device, kernel.DTypes);
        }
        else if (op is IFormulaOp formula && device.Runtime.Formulas is { } driver)
        {
            if (Wide(primary) != primary) ExecuteWidened(op, device, inputs, outputs);
            else formula.RunFormula(driver, inputs, outputs);
        }
        else
        {
            throw new KernelNotFoundException($"{TOp.Traits.Name}: {device} has no kernel for it (asked for {primary.Name}). Nothing is moved silently: run it on another device with To(device).");
        }
        foreach (Tensor input in inputs) GC.KeepAlive(input);
        foreach (Tensor output in outputs) GC.KeepAlive(output);
    }

    /// <summary>The type that a narrow type is computed in: half types in float32, small integers and bool in int32.</summary>
    private static DType Wide(DType dtype) => dtype.IsHalf ? DType.Float32
        : dtype is DType.Int16 or DType.Int8 or DType.UInt8 or DType.Bool ? DType.Int32 : dtype;

    /// <summary>Narrow types are stored as such and computed in a wider one.</summary>
    private static void ExecuteWidened<TOp>(in TOp op, Device device, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) where TOp : struct, IOp<TOp>
    {
        DType narrow = Primary(inputs, outputs);
        var wideInputs = new Tensor[inputs.Length];
        for (int i = 0; i < inputs.Length; i++) wideInputs[i] = Widen(inputs[i], narrow, copy: true);
        var wideOutputs = new Tensor[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            // An output that is also an input keeps the identity of the operands, so in-place kernels read what they write.
            int same = IndexOf(inputs, outputs[i]);
            wideOutputs[i] = same >= 0 ? wideInputs[same] : TOp.Traits.KeepsOutput ? outputs[i] : Widen(outputs[i], narrow, copy: false);
        }
        Execute(op, device, wideInputs, wideOutputs);
        for (int i = 0; i < outputs.Length; i++)
            if (!ReferenceEquals(wideOutputs[i], outputs[i])) Execute(new CastOp(outputs[i].DType), device, [wideOutputs[i]], [outputs[i]]);
    }

    private static int IndexOf(ReadOnlySpan<Tensor> tensors, Tensor tensor)
    {
        for (int i = 0; i < tensors.Length; i++)
            if (ReferenceEquals(tensors[i], tensor)) return i;
        return -1;
    }

    private static Tensor Widen(Tensor tensor, DType narrow, bool copy)
    {
        if (tensor.DType != narrow) return tensor;
        Tensor wide = Tensor.Empty(tensor.Shape, Wide(narrow), tensor.Device);
        if (copy) Execute(new CastOp(wide.DType), tensor.Device, [tensor], [wide]);
        return wide;
    }

    private static DType Primary(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        foreach (Tensor input in inputs)
            if (input.DType.IsFloating) return input.DType;
        return inputs.Length > 0 ? inputs[0].DType : outputs[0].DType;
    }

    /// <summary>PyTorch's rule for results stored in place: never to a lower category.</summary>
    internal static bool CanHold(DType target, DType result) =>
        target.IsFloating || (!result.IsFloating && (target != DType.Bool || result == DType.Bool));

    internal static void CheckHold(string op, DType target, DType result)
    {
        if (!CanHold(target, result))
            throw new DTypeException($"{op} in place: a {result.Name} result cannot be kept in a {target.Name} tensor; cast the tensor first.");
    }

    internal static KernelNotFoundException Unsupported(string op, DType dtype, Device device, DTypeSet available) =>
        new($"{op}: not for {dtype.Name} on {device}; available there: {available.Names()}. Cast with To(dtype) first.");

    private static Device CommonDevice(in OpTraits traits, ReadOnlySpan<Tensor> inputs)
    {
        if (inputs.Length == 0) return Device.Cpu;
        Device device = inputs[0].Device;
        for (int i = 1; i < inputs.Length; i++)
            if (!ReferenceEquals(inputs[i].Device, device)) return ResolveDevice(traits, inputs);
        return device;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Device ResolveDevice(in OpTraits traits, ReadOnlySpan<Tensor> inputs)
    {
        Device? device = null;
        int hostScalars = 0;
        foreach (Tensor input in inputs)
        {
            if (traits.HostScalars && input.Rank == 0 && input.Device.IsCpu) hostScalars++;
            else if (device is null) device = input.Device;
            else if (!ReferenceEquals(device, input.Device)) throw DeviceErrors.Mismatch(traits.Name, inputs);
        }
        return device is not null && hostScalars <= 1 ? device : throw DeviceErrors.Mismatch(traits.Name, inputs);
    }

    [InlineArray(Length)]
    private struct OperandBuffer
    {
        public const int Length = 4;

        private Tensor _first;
    }

    [InlineArray(4)]
    private struct SpecBuffer
    {
        private TensorSpec _first;
    }
}
