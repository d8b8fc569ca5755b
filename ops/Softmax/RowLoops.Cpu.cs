using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ballast.Cpu;

/// <summary>Loops over dense runs for lanes of one width. Ends of runs take part of a register, so every element has the bits of the lanes.</summary>
/// <remarks>Four sums side by side hide the latency of the additions.</remarks>
internal static unsafe class RowLoops<L, T> where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Count;
    }

    /// <summary>
    /// Whether two exponentials side by side fit in the registers: there are 32 of 512 bits, but 16 of the others, where one at a time is
    /// faster and the processor runs ahead into the next.
    /// </summary>
    private static bool Pairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Count * sizeof(T) == 64;
    }

    /// <summary>The largest element; −∞ for none. Elements that are NaN may be passed over.</summary>
    public static T Max(T* x, long n)
    {
        L a = L.All(T.NegativeInfinity), b = a, c = a, d = a;
        long i = 0;
        for (; i <= n - 4 * Width; i += 4 * Width)
        {
            a = L.Larger(a, L.Load(x + i));
            b = L.Larger(b, L.Load(x + i + Width));
            c = L.Larger(c, L.Load(x + i + 2 * Width));
            d = L.Larger(d, L.Load(x + i + 3 * Width));
        }
        for (; i <= n - Width; i += Width) a = L.Larger(a, L.Load(x + i));
        if (i < n) b = L.Larger(b, L.LoadPart(x + i, n - i, L.All(T.NegativeInfinity)));
        return L.Largest(L.Larger(L.Larger(a, b), L.Larger(c, d)));
    }

    /// <summary>y = exp(x − shift), and its sum.</summary>
    public static T ExpSum(T* x, T shift, T* y, long n)
    {
        L shifts = L.All(shift), a = L.All(T.Zero), b = a;
        long i = 0;
        for (; Pairs && i <= n - 2 * Width; i += 2 * Width)
        {
            L p = L.Exp(L.Load(x + i) - shifts), q = L.Exp(L.Load(x + i + Width) - shifts);
            L.Store(p, y + i);
            L.Store(q, y + i + Width);
            a += p;
            b += q;
        }
        for (; i <= n - Width; i += Width)
        {
            L p = L.Exp(L.Load(x + i) - shifts);
            L.Store(p, y + i);
            a += p;
        }
        if (i < n)
        {
            // The lanes beyond the end add e^−∞.
            L p = L.Exp(L.LoadPart(x + i, n - i, L.All(T.NegativeInfinity)) - shifts);
            L.StorePart(p, y + i, n - i);
            b += p;
        }
        return L.Sum(a + b);
    }

    /// <summary>The sum of exp(x − shift).</summary>
    public static T SumExp(T* x, T shift, long n)
    {
        L shifts = L.All(shift), a = L.All(T.Zero), b = a;
        long i = 0;
        for (; Pairs && i <= n - 2 * Width; i += 2 * Width)
        {
            a += L.Exp(L.Load(x + i) - shifts);
            b += L.Exp(L.Load(x + i + Width) - shifts);
        }
        for (; i <= n - Width; i += Width) a += L.Exp(L.Load(x + i) - shifts);
        if (i < n) b += L.Exp(L.LoadPart(x + i, n - i, L.All(T.NegativeInfinity)) - shifts);
        return L.Sum(a + b);
    }

    /// <summary>y = exp(x − shift) · factor.</summary>
    public static void ExpScale(T* x, T shift, T factor, T* y, long n)
    {
        L shifts = L.All(shift), factors = L.All(factor);
        long i = 0;
        for (; Pairs && i <= n - 2 * Width; i += 2 * Width)
        {
            L p = L.Exp(L.Load(x + i) - shifts), q = L.Exp(L.Load(x + i + Width) - shifts);
            L.Store(p * factors, y + i);
            L.Store(q * factors, y + i + Width);
        }
        for (; i <= n - Width; i += Width) L.Store(L.Exp(L.Load(x + i) - shifts) * factors, y + i);
        if (i < n) L.StorePart(L.Exp(L.LoadPart(x + i, n - i, shifts) - shifts) * factors, y + i, n - i);
    }

    /// <summary>y = x · factor.</summary>
    public static void Scale(T* x, T factor, T* y, long n)
    {
        L factors = L.All(factor);
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.Load(x + i) * factors, y + i);
        if (i < n) L.StorePart(L.LoadPart(x + i, n - i, factors) * factors, y + i, n - i);
    }

    /// <summary>The same past the caches, for results that are larger than they are.</summary>
    public static void ScaleStreaming(T* x, T factor, T* y, long n)
    {
        long bytes = Width * sizeof(T), lead = (bytes - (long)((nuint)y % (nuint)bytes)) % bytes / sizeof(T);
        L factors = L.All(factor);
        long i = Math.Min(lead, n);
        if (i > 0) L.StorePart(L.LoadPart(x, i, factors) * factors, y, i);
        for (; i <= n - Width; i += Width) L.StoreStreaming(L.Load(x + i) * factors, y + i);
        if (i < n) L.StorePart(L.LoadPart(x + i, n - i, factors) * factors, y + i, n - i);
    }

    /// <summary>y = x − first − second.</summary>
    public static void Shift(T* x, T first, T second, T* y, long n)
    {
        L a = L.All(first), b = L.All(second);
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.Load(x + i) - a - b, y + i);
        if (i < n) L.StorePart(L.LoadPart(x + i, n - i, a) - a - b, y + i, n - i);
    }

    /// <summary>y += x.</summary>
    public static void Add(T* x, T* y, long n)
    {
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.Load(y + i) + L.Load(x + i), y + i);
        if (i < n) L.StorePart(L.LoadPart(y + i, n - i, L.All(T.Zero)) + L.LoadPart(x + i, n - i, L.All(T.Zero)), y + i, n - i);
    }

    /// <summary>z = x · y.</summary>
    public static void Multiply(T* x, T* y, T* z, long n)
    {
        L one = L.All(T.One);
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.Load(x + i) * L.Load(y + i), z + i);
        if (i < n) L.StorePart(L.LoadPart(x + i, n - i, one) * L.LoadPart(y + i, n - i, one), z + i, n - i);
    }

    /// <summary>z += x · y.</summary>
    public static void MulAdd(T* x, T* y, T* z, long n)
    {
        L zero = L.All(T.Zero);
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.MulAdd(L.Load(x + i), L.Load(y + i), L.Load(z + i)), z + i);
        if (i == n) return;
        L sum = L.MulAdd(L.LoadPart(x + i, n - i, zero), L.LoadPart(y + i, n - i, zero), L.LoadPart(z + i, n - i, zero));
        L.StorePart(sum, z + i, n - i);
    }

    /// <summary>Σ x.</summary>
    public static T Sum(T* x, long n)
    {
        L a = L.All(T.Zero), b = a, c = a, d = a;
        long i = 0;
        for (; i <= n - 4 * Width; i += 4 * Width)
        {
            a += L.Load(x + i);
            b += L.Load(x + i + Width);
            c += L.Load(x + i + 2 * Width);
            d += L.Load(x + i + 3 * Width);
        }
        for (; i <= n - Width; i += Width) a += L.Load(x + i);
        if (i < n) b += L.LoadPart(x + i, n - i, L.All(T.Zero));
        return L.Sum(a + b + (c + d));
    }

    /// <summary>Σ (x − shift)².</summary>
    public static T SumSquares(T* x, T shift, long n)
    {
        L shifts = L.All(shift), a = L.All(T.Zero), b = a, c = a, d = a;
        long i = 0;
        for (; i <= n - 4 * Width; i += 4 * Width)
        {
            L p = L.Load(x + i) - shifts, q = L.Load(x + i + Width) - shifts;
            L r = L.Load(x + i + 2 * Width) - shifts, s = L.Load(x + i + 3 * Width) - shifts;
            a = L.MulAdd(p, p, a);
            b = L.MulAdd(q, q, b);
            c = L.MulAdd(r, r, c);
            d = L.MulAdd(s, s, d);
        }
        for (; i < n; i += Width)
        {
            L p = L.LoadPart(x + i, Math.Min(n - i, Width), shifts) - shifts;
            a = L.MulAdd(p, p, a);
        }
        return L.Sum(a + b + (c + d));
    }

    /// <summary>Σ x · y.</summary>
    public static T Dot(T* x, T* y, long n)
    {
        L zero = L.All(T.Zero), a = zero, b = zero, c = zero, d = zero;
        long i = 0;
        for (; i <= n - 4 * Width; i += 4 * Width)
        {
            a = L.MulAdd(L.Load(x + i), L.Load(y + i), a);
            b = L.MulAdd(L.Load(x + i + Width), L.Load(y + i + Width), b);
            c = L.MulAdd(L.Load(x + i + 2 * Width), L.Load(y + i + 2 * Width), c);
            d = L.MulAdd(L.Load(x + i + 3 * Width), L.Load(y + i + 3 * Width), d);
        }
        for (; i < n; i += Width)
        {
            long count = Math.Min(n - i, Width);
            a = L.MulAdd(L.LoadPart(x + i, count, zero), L.LoadPart(y + i, count, zero), a);
        }
        return L.Sum(a + b + (c + d));
    }

    /// <summary>best = max(best, x), elementwise.</summary>
    public static void MaxInto(T* best, T* x, long n)
    {
        L none = L.All(T.NegativeInfinity);
        long i = 0;
        for (; i <= n - Width; i += Width) L.Store(L.Larger(L.Load(best + i), L.Load(x + i)), best + i);
        if (i < n) L.StorePart(L.Larger(L.LoadPart(best + i, n - i, none), L.LoadPart(x + i, n - i, none)), best + i, n - i);
    }

    /// <summary>y = exp(x − shift) and sum += y, elementwise.</summary>
    public static void ExpInto(T* x, T* shift, T* y, T* sum, long n)
    {
        L zero = L.All(T.Zero);
        for (long i = 0; i < n; i += Width)
        {
            long count = Math.Min(n - i, Width);
            L e = L.Exp(L.LoadPart(x + i, count, zero) - L.LoadPart(shift + i, count, zero));
            L.StorePart(e, y + i, count);
            L.StorePart(L.LoadPart(sum + i, count, zero) + e, sum + i, count);
        }
    }
}

/// <summary>The work of a kernel, written for lanes of any width.</summary>
internal interface ILaneKernel<TOp>
{
    /// <summary>Runs the op in those lanes.</summary>
    static abstract void Run<L, T>(in TOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Picks the widest lanes that the processor has.</summary>
internal static class Widest
{
    /// <summary>Runs a kernel that computes in float32 or float64.</summary>
    /// <exception cref="DTypeException">Another dtype: the dispatcher widens those before a kernel sees them.</exception>
    public static void Run<TKernel, TOp>(DType dtype, in TOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where TKernel : ILaneKernel<TOp>
    {
        if (dtype == DType.Float64) TKernel.Run<F64Lanes, double>(op, inputs, outputs);
        else if (dtype != DType.Float32) throw new DTypeException($"{typeof(TOp).Name}: the kernel computes in float32 and float64, given {dtype}.");
        else if (Vector512.IsHardwareAccelerated) TKernel.Run<F32Wide, float>(op, inputs, outputs);
        else TKernel.Run<F32Lanes, float>(op, inputs, outputs);
    }
}
