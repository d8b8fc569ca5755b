using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Dense copies in another dtype.</summary>
internal sealed class CastCpu : IKernel<CastOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CastOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) => CopyDriver.Copy(inputs[0], outputs[0]);
}

/// <summary>Copies into an existing tensor.</summary>
internal sealed class CopyCpu : IKernel<CopyOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in CopyOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) => CopyDriver.Copy(inputs[1], outputs[0]);
}

/// <summary>Sets all elements.</summary>
internal sealed unsafe class FillCpu : IKernel<FillOp>
{
    private const long Grain = 64 * 1024;

    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in FillOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        if (outputs[0] is { IsContiguous: true, DType: DType.Float32 } dense)
        {
            var body = new FillBody(dense.PointerOf<float>(), (float)op.Value.ToDouble());
            WorkerPool.For(dense.Elements, Grain, ref body);
            return;
        }
        // One element in the target's dtype, stretched over the target.
        Tensor value = op.Value.Kind == ScalarKind.Real ? Tensor.From(op.Value.ToDouble()) : Tensor.From(op.Value.ToInt64());
        Tensor typed = Tensor.Empty(Shape.Scalar, outputs[0].DType);
        CopyDriver.Copy(value, typed);
        CopyDriver.Copy(typed, outputs[0]);
    }

    private readonly struct FillBody(float* start, float value) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (long i = begin; i < end; i += int.MaxValue) new Span<float>(start + i, (int)Math.Min(int.MaxValue, end - i)).Fill(value);
        }
    }
}

/// <summary>Strided copies and conversions between any two dtypes; the source is broadcast to the target.</summary>
internal static unsafe class CopyDriver
{
    private const long Grain = 32 * 1024;

    public static void Copy(Tensor source, Tensor target)
    {
        if (source.DType == target.DType)
        {
            switch (source.DType.SizeBytes)
            {
                case 1: Loop(new MoveLoop<byte>(), source, target); break;
                case 2: Loop(new MoveLoop<short>(), source, target); break;
                case 4: Loop(new MoveLoop<int>(), source, target); break;
                default: Loop(new MoveLoop<long>(), source, target); break;
            }
            return;
        }
        switch (source.DType)
        {
            case DType.Float32: From<float>(source, target); break;
            case DType.Float64: From<double>(source, target); break;
            case DType.BFloat16: From<BFloat16>(source, target); break;
            case DType.Float16: From<Half>(source, target); break;
            case DType.Int64: From<long>(source, target); break;
            case DType.Int32: From<int>(source, target); break;
            case DType.Int16: From<short>(source, target); break;
            case DType.Int8: From<sbyte>(source, target); break;
            case DType.UInt8: From<byte>(source, target); break;
            case DType.Bool: From<bool>(source, target); break;
        }
    }

    private static void From<TFrom>(Tensor source, Tensor target) where TFrom : unmanaged
    {
        switch (target.DType)
        {
            case DType.Float32: Loop(new ConvertLoop<TFrom, float>(), source, target); break;
            case DType.Float64: Loop(new ConvertLoop<TFrom, double>(), source, target); break;
            case DType.BFloat16: Loop(new ConvertLoop<TFrom, BFloat16>(), source, target); break;
            case DType.Float16: Loop(new ConvertLoop<TFrom, Half>(), source, target); break;
            case DType.Int64: Loop(new ConvertLoop<TFrom, long>(), source, target); break;
            case DType.Int32: Loop(new ConvertLoop<TFrom, int>(), source, target); break;
            case DType.Int16: Loop(new ConvertLoop<TFrom, short>(), source, target); break;
            case DType.Int8: Loop(new ConvertLoop<TFrom, sbyte>(), source, target); break;
            case DType.UInt8: Loop(new ConvertLoop<TFrom, byte>(), source, target); break;
            case DType.Bool: Loop(new ConvertLoop<TFrom, bool>(), source, target); break;
        }
    }

    private static void Loop<TInner>(TInner inner, Tensor source, Tensor target) where TInner : struct, IInnerLoop
    {
        var loop = new StridedLoop(target.Shape, source, target);
        loop.Run(ref inner, Grain);
        // The loop holds addresses only; a temporary must not be collected while it runs.
        GC.KeepAlive(source);
        GC.KeepAlive(target);
    }

    private readonly struct MoveLoop<T> : IInnerLoop where T : unmanaged
    {
        public void Run(long n, byte** pointers, long* strides)
        {
            byte* x = pointers[0], y = pointers[1];
            long sx = strides[0], sy = strides[1];
            if (sy == sizeof(T) && sx == sizeof(T)) System.Buffer.MemoryCopy(x, y, n * sizeof(T), n * sizeof(T));
            else if (sy == sizeof(T) && sx == 0) Fill((T*)y, n, *(T*)x);
            else for (long i = 0; i < n; i++) *(T*)(y + i * sy) = *(T*)(x + i * sx);
        }

        private static void Fill(T* target, long n, T value)
        {
            for (long i = 0; i < n; i += int.MaxValue) new Span<T>(target + i, (int)Math.Min(int.MaxValue, n - i)).Fill(value);
        }
    }

    private readonly struct ConvertLoop<TFrom, TTo> : IInnerLoop where TFrom : unmanaged where TTo : unmanaged
    {
        public void Run(long n, byte** pointers, long* strides)
        {
            byte* x = pointers[0], y = pointers[1];
            long sx = strides[0], sy = strides[1];
            if (sx == sizeof(TFrom) && sy == sizeof(TTo))
            {
                if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(BFloat16))
                {
                    DenseConvert.Run((float*)x, (BFloat16*)y, n);
                    return;
                }
                if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(double))
                {
                    DenseConvert.Run((float*)x, (double*)y, n);
                    return;
                }
                if (typeof(TFrom) == typeof(double) && typeof(TTo) == typeof(float))
                {
                    DenseConvert.Run((double*)x, (float*)y, n);
                    return;
                }
                if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(Half))
                {
                    DenseConvert.Run((float*)x, (Half*)y, n);
                    return;
                }
                if (typeof(TFrom) == typeof(Half) && typeof(TTo) == typeof(float))
                {
                    DenseConvert.Run((Half*)x, (float*)y, n);
                    return;
                }
                if (typeof(TFrom) == typeof(BFloat16) && typeof(TTo) == typeof(float))
                {
                    DenseConvert.Run((BFloat16*)x, (float*)y, n);
                    return;
                }
            }
            for (long i = 0; i < n; i++) *(TTo*)(y + i * sy) = Convert(*(TFrom*)(x + i * sx));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TTo Convert(TFrom value)
        {
            if (typeof(TFrom) == typeof(float)) return FromReal((float)(object)value);
            if (typeof(TFrom) == typeof(double)) return FromReal((double)(object)value);
            if (typeof(TFrom) == typeof(BFloat16)) return FromReal((float)(BFloat16)(object)value);
            if (typeof(TFrom) == typeof(Half)) return FromReal((double)(Half)(object)value);
            if (typeof(TFrom) == typeof(long)) return FromInteger((long)(object)value);
            if (typeof(TFrom) == typeof(int)) return FromInteger((int)(object)value);
            if (typeof(TFrom) == typeof(short)) return FromInteger((short)(object)value);
            if (typeof(TFrom) == typeof(sbyte)) return FromInteger((sbyte)(object)value);
            if (typeof(TFrom) == typeof(byte)) return FromInteger((byte)(object)value);
            return FromInteger((bool)(object)value ? 1 : 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TTo FromReal(double value)
        {
            if (typeof(TTo) == typeof(float)) return (TTo)(object)(float)value;
            if (typeof(TTo) == typeof(double)) return (TTo)(object)value;
            if (typeof(TTo) == typeof(BFloat16)) return (TTo)(object)(BFloat16)(float)value;
            if (typeof(TTo) == typeof(Half)) return (TTo)(object)(Half)(float)value;
            if (typeof(TTo) == typeof(bool)) return (TTo)(object)(value != 0);
            return FromInteger((long)value);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TTo FromInteger(long value)
        {
            if (typeof(TTo) == typeof(float)) return (TTo)(object)(float)value;
            if (typeof(TTo) == typeof(double)) return (TTo)(object)(double)value;
            if (typeof(TTo) == typeof(BFloat16)) return (TTo)(object)(BFloat16)(float)value;
            if (typeof(TTo) == typeof(Half)) return (TTo)(object)(Half)(float)value;
            if (typeof(TTo) == typeof(long)) return (TTo)(object)value;
            if (typeof(TTo) == typeof(int)) return (TTo)(object)unchecked((int)value);
            if (typeof(TTo) == typeof(short)) return (TTo)(object)unchecked((short)value);
            if (typeof(TTo) == typeof(sbyte)) return (TTo)(object)unchecked((sbyte)value);
            if (typeof(TTo) == typeof(byte)) return (TTo)(object)unchecked((byte)value);
            return (TTo)(object)(value != 0);
        }
    }
}
