using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Ballast.Cpu;

namespace Ballast.Lab.Products;

/// <summary>Ways to multiply one row by a matrix that did not win, over any register width. The depth is a multiple of four registers.</summary>
internal static unsafe class GemvVersions<V, L>
    where L : struct, IGemmLanes<float, V>
{
    /// <summary>Elements of a depth, or of a row, that all versions take.</summary>
    public static int Step => 4 * L.Width;

    /// <summary>y[j] = x·W[j], a row of W at a time in four accumulators; the line so many bytes ahead is asked for if not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneRow(float* x, float* w, float* y, int n, int k, int ahead)
    {
        for (var j = 0; j < n; j++, w += k)
        {
            V s0 = L.Zero, s1 = L.Zero, s2 = L.Zero, s3 = L.Zero;
            for (var p = 0; p < k; p += 4 * L.Width)
            {
                if (ahead != 0 && Sse.IsSupported)
                    for (var line = 0; line < 4 * L.Width; line += 16) Sse.Prefetch0((byte*)(w + p + line) + ahead);
                s0 = L.MultiplyAdd(L.Load(x + p), L.Load(w + p), s0);
                s1 = L.MultiplyAdd(L.Load(x + p + L.Width), L.Load(w + p + L.Width), s1);
                s2 = L.MultiplyAdd(L.Load(x + p + (2 * L.Width)), L.Load(w + p + (2 * L.Width)), s2);
                s3 = L.MultiplyAdd(L.Load(x + p + (3 * L.Width)), L.Load(w + p + (3 * L.Width)), s3);
            }
            y[j] = L.Sum(L.Add(L.Add(s0, s1), L.Add(s2, s3)));
        }
    }

    /// <summary>The same, four rows of W side by side: x is loaded once for the four, but memory is read in four places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourRows(float* x, float* w, float* y, int n, int k)
    {
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4L * k)
        {
            float* w1 = w + k, w2 = w1 + k, w3 = w2 + k;
            V s0 = L.Zero, s1 = L.Zero, s2 = L.Zero, s3 = L.Zero;
            for (var p = 0; p < k; p += L.Width)
            {
                var a = L.Load(x + p);
                s0 = L.MultiplyAdd(a, L.Load(w + p), s0);
                s1 = L.MultiplyAdd(a, L.Load(w1 + p), s1);
                s2 = L.MultiplyAdd(a, L.Load(w2 + p), s2);
                s3 = L.MultiplyAdd(a, L.Load(w3 + p), s3);
            }
            y[j] = L.Sum(s0);
            y[j + 1] = L.Sum(s1);
            y[j + 2] = L.Sum(s2);
            y[j + 3] = L.Sum(s3);
        }
        if (j < n) OneRow(x, w, y + j, n - j, k, 0);
    }

    /// <summary>y += x·W for W [K, N] (row stride ld), four rows of W in a pass over so many columns; the columns end with a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourSteps(float* x, float* w, long ld, float* y, int n, int k, int block)
    {
        new Span<float>(y, n).Clear();
        for (var first = 0; first < n; first += block)
        {
            var last = Math.Min(first + block, n);
            for (var p = 0; p < k; p += 4)
            {
                float* w0 = w + (p * ld), w1 = w0 + ld, w2 = w1 + ld, w3 = w2 + ld;
                V v0 = L.Broadcast(x[p]), v1 = L.Broadcast(x[p + 1]), v2 = L.Broadcast(x[p + 2]), v3 = L.Broadcast(x[p + 3]);
                for (var j = first; j < last; j += L.Width)
                {
                    var s = L.MultiplyAdd(v0, L.Load(w0 + j), L.Load(y + j));
                    s = L.MultiplyAdd(v1, L.Load(w1 + j), s);
                    s = L.MultiplyAdd(v2, L.Load(w2 + j), s);
                    L.Store(L.MultiplyAdd(v3, L.Load(w3 + j), s), y + j);
                }
            }
        }
    }
}
