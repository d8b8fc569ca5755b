using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Cpu;

/// <summary>
/// Copies a strip of a matrix into the order in which the register tile reads it: target[step·width + item]. The loops are compiled
/// optimised at once: without that the first hundred milliseconds of a program would spend most of their time here.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>
    /// Packs <paramref name="items"/> rows of A (or columns of B) over <paramref name="steps"/> steps of k. The strides of the source are
    /// in elements; places items..width of every step become zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Strip<T>(T* source, long itemStride, long stepStride, int items, int steps, T* target, int width)
        where T : unmanaged
    {
        if (itemStride == 1 && items > 1) Copy(source, stepStride, items, steps, target, width);
        else if (stepStride == 1) Transpose(source, itemStride, items, steps, target, width);
        else
            for (var p = 0; p < steps; p++)
                for (var i = 0; i < items; i++)
                    target[((long)p * width) + i] = source[(i * itemStride) + (p * stepStride)];

        if (items == width) return;
        for (var p = 0; p < steps; p++) new Span<T>(target + ((long)p * width) + items, width - items).Clear();
    }

    /// <summary>The same for elements of any kind: half types are widened strip by strip, on their way.</summary>
    public static void Strip<T>(ElementKind kind, byte* source, long itemStride, long stepStride, int items, int steps, T* target, int width)
        where T : unmanaged
    {
        if (kind == ElementKind.Native)
        {
            Strip((T*)source, itemStride, stepStride, items, steps, target, width);
        }
        else if (itemStride == 1 && items > 1)
        {
            for (var p = 0; p < steps; p++, source += stepStride * sizeof(ushort), target += width)
            {
                Elements.Widen(kind, source, 1, items, target);
                if (items < width) new Span<T>(target + items, width - items).Clear();
            }
        }
        else
        {
            var wide = Scratch.Get<T>(Scratch.Slot.Wide, (long)items * steps);
            for (var i = 0; i < items; i++)
                Elements.Widen(kind, source + (i * itemStride * sizeof(ushort)), stepStride, steps, wide + ((long)i * steps));
            Strip(wide, steps, 1, items, steps, target, width);
        }
    }

    /// <summary>
    /// Packs <paramref name="count"/> whole strips of a matrix whose rows lie together. A few strips at a time, so that each row is read
    /// in long pieces: rows a power of two apart would otherwise push each other out of the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RowStrips<T>(T* source, long rowStride, int count, int steps, T* target, int width)
        where T : unmanaged
    {
        const int group = 4;
        var bytes = (uint)(width * sizeof(T));
        for (var first = 0; first < count; first += group)
        {
            var last = Math.Min(first + group, count);
            for (var p = 0; p < steps; p++)
            {
                for (var s = first; s < last; s++)
                {
                    var from = source + (p * rowStride) + (s * width);
                    var to = target + ((((long)s * steps) + p) * width);
                    if (Vector512.IsHardwareAccelerated && bytes == 128)
                    {
                        Vector512.Load((byte*)from).Store((byte*)to);
                        Vector512.Load((byte*)from + 64).Store((byte*)to + 64);
                    }
                    else Unsafe.CopyBlockUnaligned(to, from, bytes);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<T>(T* source, long stride, int items, int steps, T* target, int width)
        where T : unmanaged
    {
        var bytes = items * sizeof(T);
        if (Vector512.IsHardwareAccelerated && bytes == 2 * sizeof(Vector512<byte>))
        {
            for (var p = 0; p < steps; p++, source += stride, target += width)
            {
                var x = Vector512.Load((byte*)source);
                var y = Vector512.Load((byte*)source + 64);
                x.Store((byte*)target);
                y.Store((byte*)target + 64);
            }
        }
        else if (bytes is > 32 and <= 64)
        {
            // The two halves overlap where the row is not a whole number of registers.
            for (var p = 0; p < steps; p++, source += stride, target += width)
            {
                var x = Vector256.Load((byte*)source);
                var y = Vector256.Load((byte*)source + bytes - 32);
                x.Store((byte*)target);
                y.Store((byte*)target + bytes - 32);
            }
        }
        else
        {
            for (var p = 0; p < steps; p++, source += stride, target += width)
                Unsafe.CopyBlockUnaligned(target, source, (uint)bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose<T>(T* source, long stride, int items, int steps, T* target, int width)
        where T : unmanaged
    {
        if (Avx512F.IsSupported && sizeof(T) == 4 && items >= 16 && steps >= 16)
            TransposeBlocks<T, Block16>(source, stride, items, steps, target, width);
        else if (Avx.IsSupported && sizeof(T) == 4 && items >= 8 && steps >= 8)
            TransposeBlocks<T, Block8>(source, stride, items, steps, target, width);
        else if (Sse.IsSupported && sizeof(T) == 4 && items >= 4 && steps >= 4)
            TransposeBlocks<T, Block4>(source, stride, items, steps, target, width);
        else if (Avx.IsSupported && sizeof(T) == 8 && items >= 4 && steps >= 4)
            TransposeBlocks<T, Block4Wide>(source, stride, items, steps, target, width);
        else
            for (var p = 0; p < steps; p++)
                for (var i = 0; i < items; i++)
                    target[((long)p * width) + i] = source[(i * stride) + p];
    }

    /// <summary>The last block of an axis is moved back to end with it: some items are written twice, with the same values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeBlocks<T, TBlock>(T* source, long stride, int items, int steps, T* target, int width)
        where T : unmanaged
        where TBlock : struct, IBlock
    {
        var size = TBlock.Size;
        for (var i = 0; i < items; i += size)
        {
            var item = Math.Min(i, items - size);
            var from = source + (item * stride);
            var to = target + item;
            for (var p = 0; p < steps; p += size)
            {
                var step = Math.Min(p, steps - size);
                TBlock.Run(from + step, stride, to + ((long)step * width), width);
            }
        }
    }

    /// <summary>Transposes one square block.</summary>
    private interface IBlock
    {
        static abstract int Size { get; }
        static abstract void Run(void* source, long stride, void* target, long width);
    }

    /// <summary>4x4 elements of 4 bytes.</summary>
    private readonly struct Block4 : IBlock
    {
        public static int Size => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(void* source, long stride, void* target, long width)
        {
            float* s = (float*)source, t = (float*)target;
            Vector128<float> r0 = Sse.LoadVector128(s), r1 = Sse.LoadVector128(s + stride);
            Vector128<float> r2 = Sse.LoadVector128(s + (2 * stride)), r3 = Sse.LoadVector128(s + (3 * stride));
            Vector128<float> a = Sse.UnpackLow(r0, r1), b = Sse.UnpackLow(r2, r3);
            Vector128<float> c = Sse.UnpackHigh(r0, r1), d = Sse.UnpackHigh(r2, r3);
            Sse.Store(t, Sse.MoveLowToHigh(a, b));
            Sse.Store(t + width, Sse.MoveHighToLow(b, a));
            Sse.Store(t + (2 * width), Sse.MoveLowToHigh(c, d));
            Sse.Store(t + (3 * width), Sse.MoveHighToLow(d, c));
        }
    }

    /// <summary>4x4 elements of 8 bytes.</summary>
    private readonly struct Block4Wide : IBlock
    {
        public static int Size => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(void* source, long stride, void* target, long width)
        {
            double* s = (double*)source, t = (double*)target;
            Vector256<double> r0 = Avx.LoadVector256(s), r1 = Avx.LoadVector256(s + stride);
            Vector256<double> r2 = Avx.LoadVector256(s + (2 * stride)), r3 = Avx.LoadVector256(s + (3 * stride));
            Vector256<double> a = Avx.UnpackLow(r0, r1), b = Avx.UnpackHigh(r0, r1);
            Vector256<double> c = Avx.UnpackLow(r2, r3), d = Avx.UnpackHigh(r2, r3);
            Avx.Store(t, Avx.Permute2x128(a, c, 0x20));
            Avx.Store(t + width, Avx.Permute2x128(b, d, 0x20));
            Avx.Store(t + (2 * width), Avx.Permute2x128(a, c, 0x31));
            Avx.Store(t + (3 * width), Avx.Permute2x128(b, d, 0x31));
        }
    }

    /// <summary>8x8 elements of 4 bytes.</summary>
    private readonly struct Block8 : IBlock
    {
        public static int Size => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(void* source, long stride, void* target, long width)
        {
            float* s = (float*)source, t = (float*)target;

            // Rows i and i + 4 share a register, so that only in-lane moves are left.
            Vector256<float> r0 = Pair(s, stride), r1 = Pair(s + stride, stride);
            Vector256<float> r2 = Pair(s + (2 * stride), stride), r3 = Pair(s + (3 * stride), stride);
            Vector256<float> q0 = Pair(s + 4, stride), q1 = Pair(s + 4 + stride, stride);
            Vector256<float> q2 = Pair(s + 4 + (2 * stride), stride), q3 = Pair(s + 4 + (3 * stride), stride);
            Quarter(r0, r1, r2, r3, t, width);
            Quarter(q0, q1, q2, q3, t + (4 * width), width);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Pair(float* s, long stride) =>
            Avx.InsertVector128(Sse.LoadVector128(s).ToVector256Unsafe(), Sse.LoadVector128(s + (4 * stride)), 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Quarter(
            Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, float* t, long width)
        {
            Vector256<double> a = Avx.UnpackLow(r0, r1).AsDouble(), b = Avx.UnpackLow(r2, r3).AsDouble();
            Vector256<double> c = Avx.UnpackHigh(r0, r1).AsDouble(), d = Avx.UnpackHigh(r2, r3).AsDouble();
            Avx.Store(t, Avx.UnpackLow(a, b).AsSingle());
            Avx.Store(t + width, Avx.UnpackHigh(a, b).AsSingle());
            Avx.Store(t + (2 * width), Avx.UnpackLow(c, d).AsSingle());
            Avx.Store(t + (3 * width), Avx.UnpackHigh(c, d).AsSingle());
        }
    }

    /// <summary>
    /// 16x16 elements of 4 bytes. Every line of the source is loaded once, as a whole: rows a multiple of 4 KiB apart share a set of the
    /// first-level cache, which holds fewer than sixteen lines.
    /// </summary>
    private readonly struct Block16 : IBlock
    {
        public static int Size => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Run(void* source, long stride, void* target, long width)
        {
            float* s = (float*)source, t = (float*)target;
            Four(s, stride, out var a0, out var a1, out var a2, out var a3);
            Four(s + (4 * stride), stride, out var b0, out var b1, out var b2, out var b3);
            Four(s + (8 * stride), stride, out var c0, out var c1, out var c2, out var c3);
            Four(s + (12 * stride), stride, out var d0, out var d1, out var d2, out var d3);
            Put(a0, b0, c0, d0, t, width);
            Put(a1, b1, c1, d1, t + width, width);
            Put(a2, b2, c2, d2, t + (2 * width), width);
            Put(a3, b3, c3, d3, t + (3 * width), width);
        }

        /// <summary>Quarter q of register j: column 4q + j of four rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Four(
            float* s, long stride, out Vector512<float> q0, out Vector512<float> q1, out Vector512<float> q2, out Vector512<float> q3)
        {
            Vector512<float> r0 = Vector512.Load(s), r1 = Vector512.Load(s + stride);
            Vector512<float> r2 = Vector512.Load(s + (2 * stride)), r3 = Vector512.Load(s + (3 * stride));
            Vector512<double> a = Avx512F.UnpackLow(r0, r1).AsDouble(), b = Avx512F.UnpackLow(r2, r3).AsDouble();
            Vector512<double> c = Avx512F.UnpackHigh(r0, r1).AsDouble(), d = Avx512F.UnpackHigh(r2, r3).AsDouble();
            q0 = Avx512F.UnpackLow(a, b).AsSingle();
            q1 = Avx512F.UnpackHigh(a, b).AsSingle();
            q2 = Avx512F.UnpackLow(c, d).AsSingle();
            q3 = Avx512F.UnpackHigh(c, d).AsSingle();
        }

        /// <summary>Joins the quarters of four times four rows into every fourth column.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* t, long width)
        {
            Vector512<float> ab02 = Avx512F.Shuffle4x128(a, b, 0x88), ab13 = Avx512F.Shuffle4x128(a, b, 0xDD);
            Vector512<float> cd02 = Avx512F.Shuffle4x128(c, d, 0x88), cd13 = Avx512F.Shuffle4x128(c, d, 0xDD);
            Avx512F.Shuffle4x128(ab02, cd02, 0x88).Store(t);
            Avx512F.Shuffle4x128(ab13, cd13, 0x88).Store(t + (4 * width));
            Avx512F.Shuffle4x128(ab02, cd02, 0xDD).Store(t + (8 * width));
            Avx512F.Shuffle4x128(ab13, cd13, 0xDD).Store(t + (12 * width));
        }
    }
}
