using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ballast.Bench.Measuring;
using Ballast.Cpu;
using Ballast.Lab.Rows;

namespace Ballast.Lab.Products;

/// <summary>What follows a product of a feed-forward part: GELU behind the first, the residual behind the second, as operations of their own
/// or in the product's last pass over C.</summary>
internal sealed class EpilogueLaboratory : ILaboratory
{
    private const string Gelu = "gelu", Residual = "residual";

    public string Name => "epilogue";

    public string Purpose => "x·Wᵀ + b, then GELU by tanh or + r: as two operations, in place, and in the product's last pass; rows x columns x depth";

    public IReadOnlyList<LabSize> Odd { get; } =
    [
        .. from tag in new[] { Gelu, Residual }
        from axes in new[] { (1, 37, 70), (5, 131, 20), (17, 33, 900), (180, 70, 400), (40, 4200, 31) }
        select Size(tag, axes.Item1, axes.Item2, axes.Item3),
    ];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        .. from rows in new[] { 1, 8, 128, 512 }
        from tag in new[] { Gelu, Residual }
        select tag == Gelu ? Size(tag, rows, 3072, 768) : Size(tag, rows, 768, 3072),
    ];

    public ILabTrial Prepare(LabSize size) => Vector512.IsHardwareAccelerated
        ? Make<Vector512<float>, Lanes512<float>>(size)
        : Vector256.IsHardwareAccelerated ? Make<Vector256<float>, Lanes256<float>>(size) : Make<Vector128<float>, Lanes128<float>>(size);

    private static LabSize Size(string tag, int rows, int columns, int depth) =>
        new(Rate.Flops(2.0 * rows * columns * depth), tag, rows, columns, depth);

    private static ILabTrial Make<V, L>(LabSize size)
        where L : struct, IGemmLanes<float, V>
    {
        int m = size.Axes[0], n = size.Axes[1], k = size.Axes[2];
        bool gelu = size.Tag == Gelu;
        Tensor x = RowTrial.Normal(1, m, k), weight = RowTrial.Normal(2, n, k), bias = RowTrial.Normal(3, n);
        Tensor? residual = gelu ? null : RowTrial.Normal(4, m, n);
        weight.MulInPlace(1 / Math.Sqrt(k));
        double[] Reference()
        {
            double[] left = RowTrial.Doubles(x), right = RowTrial.Doubles(weight), add = RowTrial.Doubles(bias), other = gelu ? [] : RowTrial.Doubles(residual!);
            var c = new double[m * n];
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++)
                {
                    double sum = add[j];
                    for (int p = 0; p < k; p++) sum += left[(i * k) + p] * right[(j * k) + p];
                    c[(i * n) + j] = gelu ? 0.5 * sum * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (sum + (0.044715 * sum * sum * sum)))) : sum + other[(i * n) + j];
                }
            return c;
        }

        // Each version takes its result's memory from the allocator, as operations do.
        Tensor made = bias;
        void Two() => made = gelu ? Tensor.Linear(x, weight, bias).Gelu(tanh: true) : Tensor.Linear(x, weight, bias) + residual!;
        void InPlace()
        {
            made = Tensor.Linear(x, weight, bias);
            if (gelu) Op.RunInPlace(new UnaryOp<GeluTanhFormula>(default), made);
            else made.AddInPlace(residual!);
        }
        void Alone() => made = Tensor.Linear(x, weight, bias);
        void Fused()
        {
            made = Tensor.Empty([m, n]);
            FusedProduct<V, L>.Run(x, weight, bias, residual, made);
        }
        List<LabVersion> versions = [new("library", Two), new("in place", InPlace), new("fused", Fused)];
        if (n is 3072 or 768) versions.Add(new("product alone", Alone)); // a bound, not a version
        return new Trial(versions, () => made, Reference);
    }

    private sealed class Trial(IReadOnlyList<LabVersion> versions, Func<Tensor> made, Func<double[]> reference) : ILabTrial
    {
        public IReadOnlyList<LabVersion> Versions => versions;

        public double Tolerance => 1e-5;

        public void Spoil() { }

        public double[] Result() => RowTrial.Doubles(made());

        public double[]? Reference() => reference();

        public void Dispose() { }
    }
}

/// <summary>A product whose threads apply what follows to each block of C as soon as its sums are done, while it is in their cache.</summary>
internal static unsafe class FusedProduct<V, L>
    where L : struct, IGemmLanes<float, V>
{
    private const int BlockRows = 168, BlockColumns = 2048;

    public static void Run(Tensor x, Tensor weight, Tensor bias, Tensor? residual, Tensor y)
    {
        int m = x.Shape[0], k = x.Shape[1], n = weight.Shape[0];
        var product = new Product<float>
        {
            M = m,
            N = n,
            K = k,
            Alpha = 1,
            Beta = 1,
            A = (byte*)x.Pointer,
            B = (byte*)weight.Pointer,
            C = (byte*)y.Pointer,
            Add = bias.PointerOf<float>(),
            RowStrideA = k,
            ColumnStrideA = 1,
            RowStrideB = 1,
            ColumnStrideB = k,
            RowStrideC = n,
            ColumnStrideC = 1,
            ColumnStrideAdd = 1,
        };
        var body = new Body(product, residual == null ? null : residual.PointerOf<float>());
        WorkerPool.For(body.Count, (64 * 1024 / ((long)m * k * 2 * L.Width)) + 1, ref body);
        GC.KeepAlive((x, weight, bias, residual, y));
    }

    private readonly struct Body(Product<float> whole, float* residual) : IRangeBody
    {
        private static int Width => 2 * L.Width;

        public long Count => (whole.N + Width - 1) / Width;

        public void Run(long begin, long end)
        {
            int from = (int)begin * Width, columns = (int)Math.Min(end * Width, whole.N) - from;
            Product<float> part = whole.Slice(0, whole.M, from, columns);
            if (part.M > ThinGemm<float, V, L>.MaxRows)
            {
                Blocks(in part, from);
                return;
            }
            ThinGemm<float, V, L>.Dots(in part);
            Finish((float*)part.C, from, 0, part.M, part.N);
        }

        /// <summary>The loops of the library's block product, for a weight [N, K].</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Blocks(in Product<float> part, int column)
        {
            int m = part.M, n = part.N, k = part.K, depth = BlockGemm<float, V, L>.Depth(k);
            int strips = (m + L.MaxRows - 1) / L.MaxRows, height = (m + strips - 1) / strips, rows = Math.Min(m, BlockRows / height * height);
            int columns = Math.Min((n + Width - 1) / Width * Width, BlockColumns);
            long lda = part.RowStrideA, ldb = part.ColumnStrideB, ldc = part.RowStrideC;
            float* a = (float*)part.A, b = (float*)part.B, c = (float*)part.C;
            float* panelsA = Scratch.Get<float>(Scratch.Slot.PanelsA, (long)rows * depth);
            float* panelsB = Scratch.Get<float>(Scratch.Slot.PanelsB, (long)columns * depth);
            for (int j = 0; j < n; j += columns)
            {
                int nc = Math.Min(columns, n - j);
                for (int p = 0; p < k; p += depth)
                {
                    int kc = Math.Min(depth, k - p);
                    for (int s = 0; s < nc; s += Width)
                        Packing.Strip(b + ((j + s) * ldb) + p, ldb, 1, Math.Min(Width, nc - s), kc, panelsB + ((long)s * kc), Width);
                    for (int i = 0; i < m; i += rows)
                    {
                        int mc = Math.Min(rows, m - i);
                        for (int s = 0; s < mc; s += height)
                        {
                            int strip = Math.Min(height, mc - s);
                            Packing.Strip(a + ((i + s) * lda) + p, lda, 1, strip, kc, panelsA + ((long)s * kc), strip);
                        }
                        float* block = c + (i * ldc) + j;
                        for (int t = 0; t < nc; t += Width)
                        {
                            for (int s = 0; s < mc; s += height)
                            {
                                int strip = Math.Min(height, mc - s);
                                float* target = block + (s * ldc) + t;
                                Tiles<float, V, L>.Run<NativeSource<float, V, L>>(
                                    strip, Math.Min(Width, nc - t), kc, panelsA + ((long)s * kc), strip, (byte*)(panelsB + ((long)t * kc)), Width,
                                    target, ldc, p > 0 ? target : part.Add + j + t, p > 0 ? ldc : 0, 1, 1);
                            }
                        }
                        if (p + kc == k) Finish(block, column + j, i, mc, nc);
                    }
                }
            }
        }

        private void Finish(float* block, int column, int row, int rows, int columns)
        {
            byte** pointers = stackalloc byte*[3];
            long* strides = stackalloc long[3];
            strides[0] = strides[1] = strides[2] = sizeof(float);
            for (int i = 0; i < rows; i++, block += whole.RowStrideC)
            {
                pointers[0] = pointers[1] = pointers[2] = (byte*)block;
                if (residual == null)
                {
                    if (Vector512.IsHardwareAccelerated) new UnaryLoop<GeluTanhFormula, float, F32Wide>(default).Run(columns, pointers, strides);
                    else new UnaryLoop<GeluTanhFormula, float, F32Lanes>(default).Run(columns, pointers, strides);
                }
                else
                {
                    pointers[1] = (byte*)(residual + ((row + i) * whole.RowStrideC) + column);
                    new BinaryLoop<AddFormula, float, F32Lanes>(default).Run(columns, pointers, strides);
                }
            }
        }
    }
}
