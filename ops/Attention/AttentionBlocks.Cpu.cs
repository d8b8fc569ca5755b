using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Cpu;

/// <summary>Runs of elements as they lie in memory (S) and as they are computed with (T).</summary>
internal static unsafe class StoredRows<S, T> where S : unmanaged where T : unmanaged
{
    /// <summary>True where rows with neighbouring columns can be used where they are.</summary>
    public static bool SameType => typeof(S) == typeof(T);

    /// <summary>Rows with any strides as dense rows, <paramref name="stride"/> elements apart.</summary>
    public static void Pack(S* from, long row, long column, int rows, int columns, T* to, long stride)
    {
        for (int i = 0; i < rows; i++, from += row, to += stride)
        {
            if (column == 1) Widen(from, to, columns);
            else for (int j = 0; j < columns; j++) Widen(from + j * column, to + j, 1);
        }
    }

    public static void Widen(S* from, T* to, int count)
    {
        if (typeof(S) == typeof(T)) new ReadOnlySpan<T>(from, count).CopyTo(new Span<T>(to, count));
        else if (typeof(S) == typeof(BFloat16)) DenseConvert.Run((BFloat16*)from, (float*)to, count);
        else DenseConvert.Run((Half*)from, (float*)to, count);
    }

    public static void Narrow(T* from, S* to, int count)
    {
        if (typeof(S) == typeof(T)) new ReadOnlySpan<T>(from, count).CopyTo(new Span<T>(to, count));
        else if (typeof(S) == typeof(BFloat16)) DenseConvert.Run((float*)from, (BFloat16*)to, count);
        else DenseConvert.Run((float*)from, (Half*)to, count);
    }

    /// <summary>One element.</summary>
    public static T Value(S* from)
    {
        T value;
        Widen(from, &value, 1);
        return value;
    }
}

/// <summary>Transposed copies between dense blocks.</summary>
internal static unsafe class BlockTranspose<T> where T : unmanaged
{
    /// <summary>to[j, i] = from[i, j]; strides are from row to row.</summary>
    public static void Run(T* from, long strideFrom, int rows, int columns, T* to, long strideTo)
    {
        int wholeRows = 0, wholeColumns = 0;
        if (typeof(T) == typeof(float) && Vector128.IsHardwareAccelerated)
        {
            (wholeRows, wholeColumns) = (rows & ~3, columns & ~3);
            for (int i = 0; i < wholeRows; i += 4)
                for (int j = 0; j < wholeColumns; j += 4)
                    Four((float*)(from + i * strideFrom + j), strideFrom, (float*)(to + j * strideTo + i), strideTo);
        }
        for (int i = 0; i < rows; i++)
            for (int j = i < wholeRows ? wholeColumns : 0; j < columns; j++) to[j * strideTo + i] = from[i * strideFrom + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(float* from, long strideFrom, float* to, long strideTo)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + strideFrom), c = Vector128.Load(from + 2 * strideFrom),
            d = Vector128.Load(from + 3 * strideFrom);
        // Pairs first: (a0 b0 a1 b1), (a2 b2 a3 b3); then pairs of pairs.
        Vector128<float> low = Low(a, b), high = High(a, b), low2 = Low(c, d), high2 = High(c, d);
        Vector128.Store(Vector128.Create(low.GetLower(), low2.GetLower()), to);
        Vector128.Store(Vector128.Create(low.GetUpper(), low2.GetUpper()), to + strideTo);
        Vector128.Store(Vector128.Create(high.GetLower(), high2.GetLower()), to + 2 * strideTo);
        Vector128.Store(Vector128.Create(high.GetUpper(), high2.GetUpper()), to + 3 * strideTo);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);
}
