namespace Ballast.Cpu;

/// <summary>
/// Sorts keys that order as unsigned integers. Up to 32 bits, key and place share one 64-bit word, which makes any sort stable;
/// wider keys are sorted beside their places and runs of equal keys put right.
/// </summary>
internal sealed unsafe class SortCpu : IKernel<SortOp>
{
    public DTypeSet DTypes => DTypeSet.All;

    public void Run(in SortOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        switch (inputs[0].DType)
        {
            case DType.Float32: Run<float, Float32Key>(op, inputs[0], outputs); break;
            case DType.Float64: Run<double, Float64Key>(op, inputs[0], outputs); break;
            case DType.BFloat16: Run<BFloat16, BFloat16Key>(op, inputs[0], outputs); break;
            case DType.Float16: Run<Half, Float16Key>(op, inputs[0], outputs); break;
            case DType.Int64: Run<long, Int64Key>(op, inputs[0], outputs); break;
            case DType.Int32: Run<int, Int32Key>(op, inputs[0], outputs); break;
            case DType.Int16: Run<short, Int16Key>(op, inputs[0], outputs); break;
            case DType.Int8: Run<sbyte, Int8Key>(op, inputs[0], outputs); break;
            default: Run<byte, UInt8Key>(op, inputs[0], outputs); break;
        }
    }

    private static void Run<T, TKey>(in SortOp op, Tensor x, ReadOnlySpan<Tensor> outputs)
        where T : unmanaged where TKey : struct, ISortKey<T>
    {
        if (outputs[0].Elements == 0) return;
        int axis = op.Axis;
        long[] outer = Offsets.Of(x.Layout, 0, axis), inner = Offsets.Of(x.Layout, axis + 1, x.Rank);
        fixed (long* o = outer, i = inner)
        {
            var body = new Body<T, TKey>
            {
                Source = x.PointerOf<T>(),
                Values = outputs[0].PointerOf<T>(),
                Places = outputs[1].PointerOf<long>(),
                Outer = o,
                Inner = i,
                InnerCount = inner.Length,
                Length = x.Shape.Dims[axis],
                Count = op.Count,
                Stride = x.Strides[axis],
                Flip = op.Descending ? ulong.MaxValue : 0,
            };
            WorkerPool.For((long)outer.Length * inner.Length, Math.Max(1, Offsets.Grain / 8 / x.Shape.Dims[axis]), ref body);
        }
    }

    private struct Body<T, TKey> : IRangeBody where T : unmanaged where TKey : struct, ISortKey<T>
    {
        public T* Source, Values;
        public long* Places, Outer, Inner;
        public long Stride;
        public ulong Flip;
        public int InnerCount, Length, Count;

        public readonly void Run(long begin, long end)
        {
            // A few of many: a small buffer is cut back to the best ones whenever it is full.
            bool few = !TKey.IsWide && Count <= Length / 4;
            ulong[] keys = new ulong[few ? Math.Max(2 * Count, 64) : Length];
            int[] places = TKey.IsWide ? new int[Length] : [];
            for (long row = begin; row < end; row++)
            {
                long outer = row / InnerCount, inner = row % InnerCount;
                T* source = Source + Outer[outer] + Inner[inner];
                if (TKey.IsWide) SortWide(source, keys, places);
                else if (few) SelectFew(source, keys);
                else SortAll(source, keys);
                long at = outer * Count * InnerCount + inner;
                for (int i = 0; i < Count; i++, at += InnerCount)
                {
                    long place = TKey.IsWide ? places[i] : (uint)keys[i];
                    Values[at] = source[place * Stride];
                    Places[at] = place;
                }
            }
        }

        private readonly ulong Packed(T* source, int j) => ((TKey.Of(source[j * Stride]) ^ Flip) << 32) | (uint)j;

        private readonly void SortAll(T* source, ulong[] keys)
        {
            for (int j = 0; j < keys.Length; j++) keys[j] = Packed(source, j);
            Array.Sort(keys);
        }

        private readonly void SelectFew(T* source, ulong[] keys)
        {
            int held = 0;
            ulong limit = ulong.MaxValue;
            for (int j = 0; j < Length; j++)
            {
                ulong key = Packed(source, j);
                if (key >= limit) continue;
                keys[held++] = key;
                if (held < keys.Length) continue;
                Array.Sort(keys);
                held = Count;
                limit = keys[Count - 1];
            }
            Array.Sort(keys, 0, held);
        }

        private readonly void SortWide(T* source, ulong[] keys, int[] places)
        {
            for (int j = 0; j < keys.Length; j++)
            {
                keys[j] = TKey.Of(source[j * Stride]) ^ Flip;
                places[j] = j;
            }
            Array.Sort(keys, places);
            for (int first = 0, next = 1; first < keys.Length; first = next++)
            {
                while (next < keys.Length && keys[next] == keys[first]) next++;
                if (next - first > 1) Array.Sort(places, first, next - first);
            }
        }
    }

    /// <summary>An unsigned key that orders as the values do.</summary>
    private interface ISortKey<T> where T : unmanaged
    {
        /// <summary>True if the key needs more than 32 bits.</summary>
        static abstract bool IsWide { get; }

        static abstract ulong Of(T value);
    }

    private readonly struct Float32Key : ISortKey<float>
    {
        public static bool IsWide => false;

        public static ulong Of(float value)
        {
            if (float.IsNaN(value)) return uint.MaxValue;
            int bits = BitConverter.SingleToInt32Bits(value == 0 ? 0 : value);
            return (uint)(bits < 0 ? ~bits : bits | int.MinValue);
        }
    }

    private readonly struct Float64Key : ISortKey<double>
    {
        public static bool IsWide => true;

        public static ulong Of(double value)
        {
            if (double.IsNaN(value)) return ulong.MaxValue;
            long bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
            return (ulong)(bits < 0 ? ~bits : bits | long.MinValue);
        }
    }

    private readonly struct BFloat16Key : ISortKey<BFloat16>
    {
        public static bool IsWide => false;

        public static ulong Of(BFloat16 value) => Float32Key.Of((float)value);
    }

    private readonly struct Float16Key : ISortKey<Half>
    {
        public static bool IsWide => false;

        public static ulong Of(Half value) => Float32Key.Of((float)value);
    }

    private readonly struct Int64Key : ISortKey<long>
    {
        public static bool IsWide => true;

        public static ulong Of(long value) => (ulong)(value ^ long.MinValue);
    }

    private readonly struct Int32Key : ISortKey<int>
    {
        public static bool IsWide => false;

        public static ulong Of(int value) => (uint)(value ^ int.MinValue);
    }

    private readonly struct Int16Key : ISortKey<short>
    {
        public static bool IsWide => false;

        public static ulong Of(short value) => (uint)(value - short.MinValue);
    }

    private readonly struct Int8Key : ISortKey<sbyte>
    {
        public static bool IsWide => false;

        public static ulong Of(sbyte value) => (uint)(value - sbyte.MinValue);
    }

    private readonly struct UInt8Key : ISortKey<byte>
    {
        public static bool IsWide => false;

        public static ulong Of(byte value) => value;
    }
}
