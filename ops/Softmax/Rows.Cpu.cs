using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>SIMD loops over dense runs that the row kernels (softmax, losses, norms, attention) share.</summary>
internal static unsafe class Rows<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Elements whose handling is worth a thread of its own.</summary>
    private const long GrainElements = 16 * 1024;

    private static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector<T>.Count;
    }

    /// <summary>How many rows of that many elements are worth a thread of their own.</summary>
    public static long Grain(long length) => Math.Max(1, GrainElements / Math.Max(1, length));

    /// <summary>The largest element; NaN if any is NaN; −∞ for none.</summary>
    public static T Max(T* x, long n)
    {
        T best = T.NegativeInfinity;
        long i = 0;
        if (n >= 2 * Width)
        {
            Vector<T> a = Vector.Load(x), b = Vector.Load(x + Width);
            for (i = 2 * Width; i <= n - 2 * Width; i += 2 * Width)
            {
                a = Vector.Max(a, Vector.Load(x + i));
                b = Vector.Max(b, Vector.Load(x + i + Width));
            }
            a = Vector.Max(a, b);
            for (int lane = 0; lane < Width; lane++) best = T.Max(best, a[lane]);
        }
        for (; i < n; i++) best = T.Max(best, x[i]);
        return best;
    }

    /// <summary>y = exp(x − shift), and its sum.</summary>
    public static T ExpSum(T* x, T shift, T* y, long n)
    {
        var shifts = new Vector<T>(shift);
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - 2 * Width; i += 2 * Width)
        {
            Vector<T> p = Exp(Vector.Load(x + i) - shifts), q = Exp(Vector.Load(x + i + Width) - shifts);
            Vector.Store(p, y + i);
            Vector.Store(q, y + i + Width);
            a += p;
            b += q;
        }
        T sum = Vector.Sum(a + b);
        for (; i < n; i++) sum += y[i] = Exp(x[i] - shift);
        return sum;
    }

    /// <summary>The sum of exp(x − shift).</summary>
    public static T SumExp(T* x, T shift, long n)
    {
        var shifts = new Vector<T>(shift);
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - 2 * Width; i += 2 * Width)
        {
            a += Exp(Vector.Load(x + i) - shifts);
            b += Exp(Vector.Load(x + i + Width) - shifts);
        }
        T sum = Vector.Sum(a + b);
        for (; i < n; i++) sum += Exp(x[i] - shift);
        return sum;
    }

    /// <summary>y = exp(x − shift) · factor.</summary>
    public static void ExpScale(T* x, T shift, T factor, T* y, long n)
    {
        var shifts = new Vector<T>(shift);
        long i = 0;
        for (; i <= n - Width; i += Width) Vector.Store(Exp(Vector.Load(x + i) - shifts) * factor, y + i);
        for (; i < n; i++) y[i] = Exp(x[i] - shift) * factor;
    }

    /// <summary>y = x · factor.</summary>
    public static void Scale(T* x, T factor, T* y, long n)
    {
        long i = 0;
        for (; i <= n - Width; i += Width) Vector.Store(Vector.Load(x + i) * factor, y + i);
        for (; i < n; i++) y[i] = x[i] * factor;
    }

    /// <summary>y = x − shift.</summary>
    public static void Shift(T* x, T shift, T* y, long n)
    {
        var shifts = new Vector<T>(shift);
        long i = 0;
        for (; i <= n - Width; i += Width) Vector.Store(Vector.Load(x + i) - shifts, y + i);
        for (; i < n; i++) y[i] = x[i] - shift;
    }

    /// <summary>y += x.</summary>
    public static void Add(T* x, T* y, long n)
    {
        long i = 0;
        for (; i <= n - Width; i += Width) Vector.Store(Vector.Load(y + i) + Vector.Load(x + i), y + i);
        for (; i < n; i++) y[i] += x[i];
    }

    /// <summary>Σ x.</summary>
    public static T Sum(T* x, long n)
    {
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - 2 * Width; i += 2 * Width)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + Width);
        }
        T sum = Vector.Sum(a + b);
        for (; i < n; i++) sum += x[i];
        return sum;
    }

    /// <summary>Σ (x − shift)².</summary>
    public static T SumSquares(T* x, T shift, long n)
    {
        var shifts = new Vector<T>(shift);
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - 2 * Width; i += 2 * Width)
        {
            Vector<T> p = Vector.Load(x + i) - shifts, q = Vector.Load(x + i + Width) - shifts;
            a += p * p;
            b += q * q;
        }
        T sum = Vector.Sum(a + b);
        for (; i < n; i++) sum += (x[i] - shift) * (x[i] - shift);
        return sum;
    }

    /// <summary>Σ x · y.</summary>
    public static T Dot(T* x, T* y, long n)
    {
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - 2 * Width; i += 2 * Width)
        {
            a += Vector.Load(x + i) * Vector.Load(y + i);
            b += Vector.Load(x + i + Width) * Vector.Load(y + i + Width);
        }
        T sum = Vector.Sum(a + b);
        for (; i < n; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>best = max(best, x), elementwise.</summary>
    public static void MaxInto(T* best, T* x, int n)
    {
        int i = 0;
        for (; i <= n - Width; i += Width) Vector.Store(Vector.Max(Vector.Load(best + i), Vector.Load(x + i)), best + i);
        for (; i < n; i++) best[i] = T.Max(best[i], x[i]);
    }

    /// <summary>y = exp(x − shift) and sum += y, elementwise.</summary>
    public static void ExpInto(T* x, T* shift, T* y, T* sum, int n)
    {
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector<T> e = Exp(Vector.Load(x + i) - Vector.Load(shift + i));
            Vector.Store(e, y + i);
            Vector.Store(Vector.Load(sum + i) + e, sum + i);
        }
        for (; i < n; i++) sum[i] += y[i] = Exp(x[i] - shift[i]);
    }

    /// <summary>e^x; float32 as in <see cref="F32Lanes"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Exp(Vector<T> x) => typeof(T) == typeof(float)
        ? F32Lanes.Exp(new F32Lanes(x.As<T, float>())).Value.As<float, T>()
        : Vector.Exp(x.As<T, double>()).As<double, T>();

    /// <summary>e^x of one element: the bits that it has in a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp(T x)
    {
        if (typeof(T) == typeof(float)) return (T)(object)F32.Exp(new F32((float)(object)x)).Value;
        return Exp(new Vector<T>(x))[0];
    }
}
