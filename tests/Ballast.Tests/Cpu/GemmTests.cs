using System.Numerics;
using Ballast.Cpu;

namespace Ballast.Tests.Cpu;

public sealed unsafe class GemmTests
{
    private static readonly int[] _sizes = [0, 1, 2, 3, 5, 7, 8, 13, 14, 15, 16, 17, 31, 32, 33, 64, 65, 100];

    [Fact]
    public void Float_product_matches_a_double_reference_for_every_kind_of_size_and_stride() => SampleSizes<float>(1500, 2e-5);

    [Fact]
    public void Double_product_matches_a_double_reference_for_every_kind_of_size_and_stride() => SampleSizes<double>(1500, 1e-13);

    [Theory]
    [InlineData(1, 700, 900)]
    [InlineData(6, 333, 900)]
    [InlineData(700, 3, 333)]
    [InlineData(300, 2100, 40)]
    [InlineData(350, 130, 800)]
    [InlineData(14, 32, 5000)]
    [InlineData(1, 1, 20000)]
    [InlineData(129, 257, 513)]
    public void Sizes_beyond_one_cache_block_match_the_reference(int m, int n, int k)
    {
        var random = new Random(m + n + k);
        for (var i = 0; i < 6; i++)
        {
            Check<float>(random, m, n, k, i, 2e-5);
            Check<double>(random, m, n, k, i, 1e-13);
        }
    }

    [Fact]
    public void Beta_zero_overwrites_NaN_and_no_k_leaves_beta_times_C()
    {
        foreach (var (m, n, k) in new[] { (3, 5, 0), (1, 7, 9), (4, 33, 12), (20, 40, 50), (5, 1, 3), (2, 2, 5000) })
        {
            float[] a = Filled(m * k, 1), b = Filled(k * n, 1), c = Filled(m * n, float.NaN);
            fixed (float* pa = a, pb = b, pc = c)
            {
                Gemm.Run(m, n, k, 1, pa, k, 1, pb, n, 1, 0, pc, n);
                Assert.All(c, x => Assert.Equal(k, x));
                Gemm.Run(m, n, 0, 1, pa, k, 1, pb, n, 1, 0.5f, pc, n);
                Assert.All(c, x => Assert.Equal(k * 0.5f, x));
            }
        }
    }

    [Fact]
    public void Values_that_are_not_finite_in_A_or_B_reach_C()
    {
        float[] a = Filled(20 * 30, 0), b = Filled(30 * 40, 1), c = new float[20 * 40];
        b[7 * 40 + 5] = float.PositiveInfinity;
        fixed (float* pa = a, pb = b, pc = c) Gemm.Run(20, 40, 30, 1, pa, 30, 1, pb, 40, 1, 0, pc, 40);
        for (var i = 0; i < c.Length; i++) Assert.Equal(i % 40 == 5, float.IsNaN(c[i]));
    }

    [Theory]
    [InlineData(1, 17, 19, 23)]
    [InlineData(7, 16, 32, 8)]
    [InlineData(48, 64, 64, 32)]
    [InlineData(5, 1, 40, 12)]
    [InlineData(3, 200, 180, 190)]
    public void Batched_products_match_products_one_by_one(int batch, int m, int n, int k)
    {
        var random = new Random(batch);
        float[] a = Draw<float>(random, batch * m * k), b = Draw<float>(random, batch * k * n);
        foreach (var repeatB in new[] { false, true })
        {
            float[] one = Draw<float>(random, batch * m * n), all = [.. one];
            long strideB = repeatB ? 0 : k * n;
            fixed (float* pa = a, pb = b, p1 = one, pn = all)
            {
                Gemm.RunBatched(batch, m, n, k, 0.5f, pa, m * k, k, 1, pb, strideB, 1, k, 2, pn, m * n, n);
                for (var i = 0; i < batch; i++)
                    Gemm.Run(m, n, k, 0.5f, pa + (i * m * k), k, 1, pb + (i * strideB), 1, k, 2, p1 + (i * m * n), n);
            }
            for (var i = 0; i < one.Length; i++) Assert.Equal(one[i], all[i], 1e-4);
        }
    }

    [Fact]
    public void The_same_product_gives_the_same_bits_alone_and_beside_three_others()
    {
        foreach (var (m, n, k) in new[] { (100, 150, 200), (4, 300, 700), (1, 500, 300), (10, 20, 4096) })
        {
            var random = new Random(m);
            float[] a = Draw<float>(random, m * k), b = Draw<float>(random, k * n), expected = Multiply(m, n, k, a, b);
            var failures = 0;
            var threads = new Thread[4];
            for (var t = 0; t < threads.Length; t++)
            {
                threads[t] = new Thread(() =>
                {
                    for (var i = 0; i < 40; i++)
                        if (!Multiply(m, n, k, a, b).AsSpan().SequenceEqual(expected)) Interlocked.Increment(ref failures);
                });
                threads[t].Start();
            }
            foreach (var thread in threads) thread.Join();
            Assert.Equal(0, failures);
        }
    }

    [Fact]
    public void Integer_products_wrap_like_the_type_and_match_the_plain_loop()
    {
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            int m = Size(random), n = Size(random), k = Size(random);
            CheckGeneric<int>(random, m, n, k);
            CheckGeneric<long>(random, m, n, k);
            CheckGeneric<byte>(random, m, n, k);
        }
    }

    [Fact]
    public void A_negative_size_is_an_error_that_names_the_sizes()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Gemm.Run(2, -1, 3, 1f, null, 1, 1, null, 1, 1, 0f, null, 1));
        Assert.Contains("n = -1", e.Message);
    }

    private static int Size(Random random) => _sizes[random.Next(_sizes.Length)];

    private static void SampleSizes<T>(int samples, double tolerance)
        where T : unmanaged, INumber<T>
    {
        var random = new Random(42);
        for (var i = 0; i < samples; i++) Check<T>(random, Size(random), Size(random), Size(random), i, tolerance);
    }

    /// <summary>One product with sampled layouts, alpha and beta; what lies between and after the rows of C must stay untouched.</summary>
    private static void Check<T>(Random random, int m, int n, int k, int sample, double tolerance)
        where T : unmanaged, INumber<T>
    {
        var (rsA, csA) = Layout(random, m, k, sample % 3);
        var (rsB, csB) = Layout(random, k, n, sample / 3 % 3);
        var ldc = n + random.Next(3);
        T[] a = Draw<T>(random, Length(m, rsA, k, csA)), b = Draw<T>(random, Length(k, rsB, n, csB)), c = Draw<T>(random, (m * ldc) + 8);
        T alpha = T.CreateChecked(random.Next(2) == 0 ? 1 : -1.5), beta = T.CreateChecked(new[] { 0, 1, 0.5 }[random.Next(3)]);
        T[] result = [.. c];
        fixed (T* pa = a, pb = b, pc = result) Run(m, n, k, alpha, pa, rsA, csA, pb, rsB, csB, beta, pc, ldc);

        for (var i = 0; i < result.Length; i++)
        {
            int row = i / Math.Max(ldc, 1), column = i - (row * ldc);
            if (row >= m || column >= n)
            {
                Assert.Equal(c[i], result[i]);
                continue;
            }
            double sum = 0, size = 1;
            for (var p = 0; p < k; p++)
            {
                var term = double.CreateChecked(a[(row * rsA) + (p * csA)]) * double.CreateChecked(b[(p * rsB) + (column * csB)]);
                sum += term;
                size += Math.Abs(term);
            }
            var expected = (double.CreateChecked(alpha) * sum) + (double.CreateChecked(beta) * double.CreateChecked(c[i]));
            var error = Math.Abs(expected - double.CreateChecked(result[i]));
            if (error <= tolerance * size) continue;
            Assert.Fail(
                $"{typeof(T).Name} {m}x{n}x{k}, A strides {rsA},{csA}, B strides {rsB},{csB}: "
                + $"C[{row},{column}] is {result[i]}, expected {expected}.");
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
        (int)((Math.Max(rows - 1, 0) * rowStride) + (Math.Max(columns - 1, 0) * columnStride) + 1);

    private static void Run<T>(
        int m, int n, int k, T alpha, T* a, long rsA, long csA, T* b, long rsB, long csB, T beta, T* c, long ldc)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            Gemm.Run(m, n, k, (float)(object)alpha, (float*)a, rsA, csA, (float*)b, rsB, csB, (float)(object)beta, (float*)c, ldc);
        else
            Gemm.Run(m, n, k, (double)(object)alpha, (double*)a, rsA, csA, (double*)b, rsB, csB, (double)(object)beta, (double*)c, ldc);
    }

    private static void CheckGeneric<T>(Random random, int m, int n, int k)
        where T : unmanaged, INumber<T>
    {
        var (rsA, csA) = Layout(random, m, k, random.Next(3));
        var (rsB, csB) = Layout(random, k, n, random.Next(3));
        T[] a = Integers<T>(random, Length(m, rsA, k, csA)), b = Integers<T>(random, Length(k, rsB, n, csB));
        var c = Integers<T>(random, m * n);
        T alpha = T.CreateChecked(1 + random.Next(2)), beta = T.CreateChecked(random.Next(3));
        T[] result = [.. c];
        fixed (T* pa = a, pb = b, pc = result) Gemm.RunGeneric(m, n, k, alpha, pa, rsA, csA, pb, rsB, csB, beta, pc, n);
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = beta * c[(i * n) + j];
                for (var p = 0; p < k; p++) sum += alpha * a[(i * rsA) + (p * csA)] * b[(p * rsB) + (j * csB)];
                Assert.Equal(sum, result[(i * n) + j]);
            }
        }
    }

    private static float[] Multiply(int m, int n, int k, float[] a, float[] b)
    {
        var c = new float[m * n];
        fixed (float* pa = a, pb = b, pc = c) Gemm.Run(m, n, k, 1, pa, k, 1, pb, 1, k, 0, pc, n);
        return c;
    }

    private static float[] Filled(int count, float value)
    {
        var values = new float[Math.Max(count, 1)];
        values.AsSpan().Fill(value);
        return values;
    }

    private static T[] Draw<T>(Random random, int count)
        where T : INumber<T>
    {
        var values = new T[Math.Max(count, 1)];
        for (var i = 0; i < values.Length; i++) values[i] = T.CreateChecked((random.NextDouble() * 2) - 1);
        return values;
    }

    private static T[] Integers<T>(Random random, int count)
        where T : INumber<T>
    {
        var values = new T[Math.Max(count, 1)];
        for (var i = 0; i < values.Length; i++) values[i] = T.CreateTruncating(random.NextInt64());
        return values;
    }
}
