using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Reads and writes of lanes for any stride: dense runs directly, everything else through a small buffer.</summary>
internal static unsafe class LaneAccess
{
    /// <summary>Enough bytes for the widest register.</summary>
    public const int BufferBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Gather<T, L>(byte* source, long stride, int count, T* buffer) where T : unmanaged where L : struct, ILanes<L, T>
    {
        for (int i = 0; i < count; i++) buffer[i] = *(T*)(source + i * stride);
        // The lanes beyond the count repeat the last element, so no function meets a value that the tensor does not hold.
        for (int i = count; i < L.Count; i++) buffer[i] = buffer[count - 1];
        return L.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scatter<T, L>(L value, byte* target, long stride, int count, T* buffer) where T : unmanaged where L : struct, ILanes<L, T>
    {
        L.Store(value, buffer);
        for (int i = 0; i < count; i++) *(T*)(target + i * stride) = buffer[i];
    }
}

internal readonly unsafe struct UnaryLoop<F, T, L>(F formula) : IInnerLoop
    where F : struct, IUnaryFormula where T : unmanaged where L : struct, ILanes<L, T>
{
    private readonly F _formula = formula;

    public void Run(long n, byte** pointers, long* strides)
    {
        F f = _formula;
        byte* x = pointers[0], y = pointers[1];
        long sx = strides[0], sy = strides[1], i = 0;
        if (sx == sizeof(T) && sy == sizeof(T))
        {
            T* from = (T*)x, to = (T*)y;
            for (; i <= n - L.Count; i += L.Count) L.Store(f.Of(L.Load(from + i)), to + i);
        }
        T* buffer = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
        for (; i < n; i += L.Count)
        {
            int count = (int)Math.Min(L.Count, n - i);
            L value = f.Of(LaneAccess.Gather<T, L>(x + i * sx, sx, count, buffer));
            LaneAccess.Scatter(value, y + i * sy, sy, count, buffer);
        }
    }
}

internal readonly unsafe struct UnaryGradLoop<F, T, L>(F formula) : IInnerLoop
    where F : struct, IUnaryFormula where T : unmanaged where L : struct, ILanes<L, T>
{
    private readonly F _formula = formula;

    public void Run(long n, byte** pointers, long* strides)
    {
        F f = _formula;
        byte* saved = pointers[0], dy = pointers[1], dx = pointers[2];
        long ss = strides[0], sg = strides[1], sx = strides[2], i = 0;
        if (ss == sizeof(T) && sg == sizeof(T) && sx == sizeof(T))
        {
            T* from = (T*)saved, grad = (T*)dy, to = (T*)dx;
            for (; i <= n - L.Count; i += L.Count) L.Store(f.Slope(L.Load(from + i)) * L.Load(grad + i), to + i);
        }
        T* buffer = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
        for (; i < n; i += L.Count)
        {
            int count = (int)Math.Min(L.Count, n - i);
            L slope = f.Slope(LaneAccess.Gather<T, L>(saved + i * ss, ss, count, buffer));
            L value = slope * LaneAccess.Gather<T, L>(dy + i * sg, sg, count, buffer);
            LaneAccess.Scatter(value, dx + i * sx, sx, count, buffer);
        }
    }
}

internal readonly unsafe struct BinaryLoop<F, T, L>(F formula) : IInnerLoop
    where F : struct, IBinaryFormula where T : unmanaged where L : struct, ILanes<L, T>
{
    private readonly F _formula = formula;

    public void Run(long n, byte** pointers, long* strides)
    {
        F f = _formula;
        byte* a = pointers[0], b = pointers[1], y = pointers[2];
        long sa = strides[0], sb = strides[1], sy = strides[2], i = 0;
        T* buffer = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
        if (sy == sizeof(T))
        {
            T* first = (T*)a, second = (T*)b, to = (T*)y;
            if (sa == sizeof(T) && sb == sizeof(T))
            {
                for (; i <= n - L.Count; i += L.Count) L.Store(f.Of(L.Load(first + i), L.Load(second + i)), to + i);
            }
            else if (sa == sizeof(T) && sb == 0)
            {
                L fixedB = LaneAccess.Gather<T, L>(b, 0, L.Count, buffer);
                for (; i <= n - L.Count; i += L.Count) L.Store(f.Of(L.Load(first + i), fixedB), to + i);
            }
            else if (sa == 0 && sb == sizeof(T))
            {
                L fixedA = LaneAccess.Gather<T, L>(a, 0, L.Count, buffer);
                for (; i <= n - L.Count; i += L.Count) L.Store(f.Of(fixedA, L.Load(second + i)), to + i);
            }
        }
        for (; i < n; i += L.Count)
        {
            int count = (int)Math.Min(L.Count, n - i);
            L left = LaneAccess.Gather<T, L>(a + i * sa, sa, count, buffer);
            L right = LaneAccess.Gather<T, L>(b + i * sb, sb, count, buffer);
            LaneAccess.Scatter(f.Of(left, right), y + i * sy, sy, count, buffer);
        }
    }
}

internal readonly unsafe struct CompareLoop<F, T, L>(F formula) : IInnerLoop
    where F : struct, ICompareFormula where T : unmanaged where L : struct, ILanes<L, T>
{
    private readonly F _formula = formula;

    public void Run(long n, byte** pointers, long* strides)
    {
        F f = _formula;
        byte* a = pointers[0], b = pointers[1], y = pointers[2];
        T* buffer = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
        for (long i = 0; i < n; i += L.Count)
        {
            int count = (int)Math.Min(L.Count, n - i);
            L left = LaneAccess.Gather<T, L>(a + i * strides[0], strides[0], count, buffer);
            L right = LaneAccess.Gather<T, L>(b + i * strides[1], strides[1], count, buffer);
            L.Store(f.Of(left, right), buffer);
            for (int j = 0; j < count; j++) y[(i + j) * strides[2]] = IsSet(buffer[j]);
        }
    }

    /// <summary>The formula gives 1 or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte IsSet(T value) => EqualityComparer<T>.Default.Equals(value, default) ? (byte)0 : (byte)1;
}

internal readonly unsafe struct CompareScalarLoop<F, T, L>(F formula, Scalar scalar) : IInnerLoop
    where F : struct, ICompareFormula where T : unmanaged where L : struct, ILanes<L, T>
{
    private readonly F _formula = formula;
    private readonly Scalar _scalar = scalar;

    public void Run(long n, byte** pointers, long* strides)
    {
        F f = _formula;
        L right = L.Const(_scalar);
        byte* a = pointers[0], y = pointers[1];
        T* buffer = stackalloc T[LaneAccess.BufferBytes / sizeof(T)];
        for (long i = 0; i < n; i += L.Count)
        {
            int count = (int)Math.Min(L.Count, n - i);
            L.Store(f.Of(LaneAccess.Gather<T, L>(a + i * strides[0], strides[0], count, buffer), right), buffer);
            for (int j = 0; j < count; j++) y[(i + j) * strides[1]] = CompareLoop<F, T, L>.IsSet(buffer[j]);
        }
    }
}
