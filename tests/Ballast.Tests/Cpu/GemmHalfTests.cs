using Ballast.Cpu;

namespace Ballast.Tests.Cpu;

/// <summary>Products whose factors and result lie in memory as half types, and products that start from a bias.</summary>
public sealed unsafe class GemmHalfTests
{
    private static readonly int[] _sizes = [1, 2, 3, 5, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 130];

    [Theory]
    [InlineData(DType.BFloat16, DType.BFloat16, DType.BFloat16)]
    [InlineData(DType.Float16, DType.Float16, DType.Float16)]
    [InlineData(DType.Float32, DType.BFloat16, DType.Float32)]
    [InlineData(DType.Float32, DType.Float16, DType.Float32)]
    [InlineData(DType.BFloat16, DType.Float32, DType.Float32)]
    [InlineData(DType.BFloat16, DType.Float16, DType.Float32)]
    [InlineData(DType.Float32, DType.Float32, DType.BFloat16)]
    [InlineData(DType.Float32, DType.Float32, DType.Float32)]
    public void Product_of_mixed_types_matches_a_double_reference_for_every_kind_of_size_and_stride(DType a, DType b, DType c)
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
            Check(random, _sizes[random.Next(_sizes.Length)], _sizes[random.Next(_sizes.Length)], _sizes[random.Next(_sizes.Length)], i, a, b, c);
    }

    [Theory]
    [InlineData(1, 2100, 900)]
    [InlineData(1, 9000, 131)]
    [InlineData(3, 700, 777)]
    [InlineData(700, 1, 900)]
    [InlineData(1, 3, 20000)]
    [InlineData(40, 2100, 450)]
    [InlineData(530, 70, 450)]
    public void Sizes_beyond_one_block_match_the_reference(int m, int n, int k)
    {
        var random = new Random(m + n + k);
        for (var i = 0; i < 9; i++)
        {
            Check(random, m, n, k, i, DType.BFloat16, DType.BFloat16, DType.BFloat16);
            Check(random, m, n, k, i, DType.Float32, DType.Float16, DType.Float32);
            Check(random, m, n, k, i, DType.Float32, DType.Float32, DType.Float32);
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(5, true)]
    [InlineData(40, true)]
    public void Float16_keeps_subnormals_infinities_and_NaN(int rows, bool alongK)
    {
        // A row that picks every value of B by itself: B's columns are all 65,536 halves.
        const int n = 65536;
        const int k = 2;
        var b = new Half[n * k];
        for (var j = 0; j < n; j++)
        {
            b[alongK ? j * k : j] = BitConverter.UInt16BitsToHalf((ushort)j);
            b[alongK ? (j * k) + 1 : n + j] = Half.Zero;
        }
        float[] a = new float[rows * k], c = new float[rows * n];
        for (var i = 0; i < rows; i++) a[i * k] = 1;
        fixed (Half* pb = b)
        fixed (float* pa = a, pc = c)
        {
            Gemm.Multiply<float>(
                1, rows, n, k, new(pa, DType.Float32, k, 1), new(pb, DType.Float16, alongK ? 1 : n, alongK ? k : 1),
                new(pc, DType.Float32, n, 1), null);
        }
        for (var i = 0; i < c.Length; i++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)(i % n));
            Assert.True(expected == c[i] || (float.IsNaN(expected) && float.IsNaN(c[i])), $"half {i % n:x4}: {c[i]} instead of {expected}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(40)]
    public void A_bias_is_the_result_where_there_is_no_k(int m)
    {
        var bias = Enumerable.Range(0, 37).Select(i => (float)i).ToArray();
        var c = new float[m * 37];
        fixed (float* pb = bias, pc = c)
            Gemm.Multiply(1, m, 37, 0, new(pb, DType.Float32, 0, 1), new(pb, DType.Float32, 1, 0), new(pc, DType.Float32, 37, 1), pb);
        for (var i = 0; i < c.Length; i++) Assert.Equal(i % 37, c[i]);
    }

    [Fact]
    public void A_float64_product_does_not_take_half_factors()
    {
        var e = Assert.Throws<ArgumentException>(Multiply);
        Assert.Contains("bfloat16", e.Message);

        static void Multiply()
        {
            double x = 0;
            Gemm.Multiply<double>(
                1, 1, 1, 1, new(&x, DType.BFloat16, 1, 1), new(&x, DType.Float64, 1, 1), new(&x, DType.Float64, 1, 1), null);
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(4, 1)]
    [InlineData(33, 2)]
    public void Linear_in_bfloat16_rounds_once(int rows, int batch)
    {
        var generator = new Generator(5);
        Tensor x = Normal(generator, batch, rows, 300).To(DType.BFloat16), w = Normal(generator, 70, 300).To(DType.BFloat16);
        Tensor bias = Normal(generator, 70).To(DType.BFloat16);
        Tensor exact = Tensor.Linear(x.To(DType.Float64), w.To(DType.Float64), bias.To(DType.Float64));
        Tensor y = Tensor.Linear(x, w, bias);
        Assert.Equal(DType.BFloat16, y.DType);
        double[] expected = exact.ToArray<double>(), result = y.To(DType.Float64).ToArray<double>();
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(result[i] - expected[i]) <= (Math.Abs(expected[i]) / 256) + 1e-4, $"{i}: {result[i]}, {expected[i]}");
    }

    private static Tensor Normal(Generator generator, params int[] shape)
    {
        Shape whole = Shape.Create(shape);
        var values = new float[whole.Elements];
        for (var i = 0; i < values.Length; i++) values[i] = (float)generator.NextNormal();
        return Tensor.From(values, whole);
    }

    /// <summary>One product with sampled layouts, batch and bias; what lies between and after the rows of C must stay untouched.</summary>
    private static void Check(Random random, int m, int n, int k, int sample, DType dtypeA, DType dtypeB, DType dtypeC)
    {
        var (rsA, csA) = Layout(random, m, k, sample % 3);
        var (rsB, csB) = Layout(random, k, n, sample / 3 % 3);
        var ldc = n + random.Next(3);
        var batch = m * (long)n * k < 100_000 ? 1 + random.Next(2) : 1;
        int lengthA = Length(m, rsA, k, csA), lengthB = random.Next(2) == 0 ? 0 : Length(k, rsB, n, csB), lengthC = m * ldc;
        byte[] a = Draw(random, dtypeA, batch * lengthA), b = Draw(random, dtypeB, batch * Length(k, rsB, n, csB));
        byte[] c = Draw(random, dtypeC, (batch * lengthC) + 8), result = [.. c];
        float[]? bias = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, n).Select(_ => random.NextSingle())];
        fixed (byte* pa = a, pb = b, pc = result)
        fixed (float* add = bias)
        {
            Gemm.Multiply(
                batch, m, n, k, new(pa, dtypeA, rsA, csA, lengthA), new(pb, dtypeB, rsB, csB, lengthB), new(pc, dtypeC, ldc, 1, lengthC), add);
        }
        var rounding = dtypeC == DType.BFloat16 ? 1.0 / 256 : dtypeC == DType.Float16 ? 1.0 / 2048 : 0;
        for (var i = 0; i < (batch * lengthC) + 8; i++)
        {
            int item = i / lengthC, row = i % lengthC / ldc, column = i % lengthC % ldc;
            if (item >= batch || column >= n)
            {
                Assert.Equal(Read(c, dtypeC, i), Read(result, dtypeC, i));
                continue;
            }
            double sum = bias?[column] ?? 0, size = 1;
            for (var p = 0; p < k; p++)
            {
                var term = Read(a, dtypeA, (item * lengthA) + (row * rsA) + (p * csA))
                    * Read(b, dtypeB, (item * lengthB) + (p * rsB) + (column * csB));
                sum += term;
                size += Math.Abs(term);
            }
            var error = Math.Abs(sum - Read(result, dtypeC, i));
            if (error <= (2e-5 * size) + (rounding * Math.Abs(sum))) continue;
            Assert.Fail(
                $"{batch} of {m}x{n}x{k}, A {dtypeA} strides {rsA},{csA}, B {dtypeB} strides {rsB},{csB}, C {dtypeC}: "
                + $"C[{item},{row},{column}] is {Read(result, dtypeC, i)}, expected {sum}.");
        }
    }

    /// <summary>0: rows lie together, 1: columns lie together (a transpose), 2: neither.</summary>
    private static (long Row, long Column) Layout(Random random, int rows, int columns, int kind) => kind switch
    {
        0 => (columns + random.Next(3), 1),
        1 => (1, rows + random.Next(3)),
        _ => ((columns * 2) + 1, 2),
    };

    private static int Length(int rows, long rowStride, int columns, long columnStride) =>
        (int)(((rows - 1) * rowStride) + ((columns - 1) * columnStride) + 1);

    private static byte[] Draw(Random random, DType dtype, int count)
    {
        var bytes = new byte[count * dtype.SizeBytes];
        fixed (byte* p = bytes)
        {
            for (var i = 0; i < count; i++)
            {
                var value = (random.NextSingle() * 2) - 1;
                if (dtype == DType.BFloat16) ((BFloat16*)p)[i] = (BFloat16)value;
                else if (dtype == DType.Float16) ((Half*)p)[i] = (Half)value;
                else ((float*)p)[i] = value;
            }
        }
        return bytes;
    }

    private static double Read(byte[] bytes, DType dtype, long index)
    {
        fixed (byte* p = bytes)
            return dtype == DType.BFloat16 ? ((BFloat16*)p)[index] : dtype == DType.Float16 ? (double)((Half*)p)[index] : ((float*)p)[index];
    }
}
