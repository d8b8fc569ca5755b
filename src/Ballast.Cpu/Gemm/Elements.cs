using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>How the elements of a factor lie in memory.</summary>
internal enum ElementKind : byte
{
    /// <summary>As the product computes.</summary>
    Native,

    /// <summary>bfloat16, widened to float32 on the way into a register or a packed strip.</summary>
    BFloat16,

    /// <summary>float16, widened likewise.</summary>
    Float16,
}

/// <summary>Reading and writing elements of any kind where no kernel of its own is worth it.</summary>
internal static unsafe class Elements
{
    /// <summary>The kind of a dtype in a product computed in <typeparamref name="T"/>.</summary>
    public static ElementKind Of<T>(DType dtype)
        where T : unmanaged
    {
        if (dtype == DTypes.Of<T>()) return ElementKind.Native;
        if (typeof(T) == typeof(float) && dtype == DType.BFloat16) return ElementKind.BFloat16;
        if (typeof(T) == typeof(float) && dtype == DType.Float16) return ElementKind.Float16;
        throw new ArgumentException(
            $"A product in {DTypes.Of<T>().Name} was given a factor in {dtype.Name}; it takes its own dtype, and in float32 also half types.");
    }

    /// <summary>Bytes of one element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size<T>(ElementKind kind)
        where T : unmanaged =>
        kind == ElementKind.Native ? sizeof(T) : sizeof(ushort);

    /// <summary>Rounds one element to its kind.</summary>
    public static void Store<T>(ElementKind kind, T value, void* target, long index)
        where T : unmanaged
    {
        if (kind == ElementKind.Native) ((T*)target)[index] = value;
        else if (kind == ElementKind.BFloat16) ((BFloat16*)target)[index] = (BFloat16)Unsafe.As<T, float>(ref value);
        else ((Half*)target)[index] = (Half)Unsafe.As<T, float>(ref value);
    }

    /// <summary>Gathers elements that lie <paramref name="stride"/> apart into dense ones of the computing type.</summary>
    public static void Widen<T>(ElementKind kind, void* source, long stride, int count, T* target)
        where T : unmanaged
    {
        if (kind == ElementKind.Native)
        {
            var from = (T*)source;
            if (stride == 1) Unsafe.CopyBlockUnaligned(target, from, checked((uint)count * (uint)sizeof(T)));
            else for (var i = 0; i < count; i++) target[i] = from[i * stride];
        }
        else if (kind == ElementKind.BFloat16)
        {
            if (stride == 1) DenseConvert.Run((BFloat16*)source, (float*)target, count);
            else for (var i = 0; i < count; i++) ((float*)target)[i] = ((BFloat16*)source)[i * stride];
        }
        else if (stride == 1) DenseConvert.Run((Half*)source, (float*)target, count);
        else
        {
            for (var i = 0; i < count; i++) ((float*)target)[i] = (float)((Half*)source)[i * stride];
        }
    }

    /// <summary>Rounds a dense row of the computing type to a kind.</summary>
    public static void Narrow<T>(ElementKind kind, T* source, int count, void* target)
        where T : unmanaged
    {
        if (kind == ElementKind.BFloat16) DenseConvert.Run((float*)source, (BFloat16*)target, count);
        else if (kind == ElementKind.Float16) DenseConvert.Run((float*)source, (Half*)target, count);
        else Unsafe.CopyBlockUnaligned(target, source, checked((uint)count * (uint)sizeof(T)));
    }
}
