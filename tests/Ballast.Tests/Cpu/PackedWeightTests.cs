using Ballast.Cpu;
using Ballast.Formats;
using Ballast.Models;
using Ballast.Optimizers;
using Ballast.Tests.Modules;

namespace Ballast.Tests.Cpu;

/// <summary>Copies of weights in the order of the tiles: the same bits, and never those of contents that are gone.</summary>
[Collection(Allocation.AllocationCollection.Name)]
public sealed class PackedWeightTests
{
    private const int Rows = 40;

    public static TheoryData<DType> DTypes => [DType.Float32, DType.Float64, DType.BFloat16, DType.Float16];

    [Theory]
    [MemberData(nameof(DTypes))]
    public void Packed_products_give_the_same_bits_for_every_size_and_layout(DType dtype)
    {
        var random = new Random(5);
        (int Rows, int Columns, int Depth)[] large = [(16, 2100, 450), (530, 70, 900), (64, 300, 1200), (200, 4200, 40)];
        for (int i = 0; i < 120; i++)
        {
            (int rows, int columns, int depth) = i < large.Length ? large[i] : (random.Next(1, 200), random.Next(1, 150), random.Next(1, 500));
            Tensor x = Drawn([rows, depth], dtype, i), wide = Drawn([columns + 3, depth + 2], dtype, i + 1), bias = Drawn([columns], dtype, i + 2);
            Tensor tall = Drawn([depth + 2, columns + 3], dtype, i + 3);
            // As it comes, inside a larger matrix, transposed, inside a transposed one.
            Tensor[] weights = [wide.Narrow(0, 3, columns).Narrow(1, 1, depth), Drawn([columns, depth], dtype, i + 4), tall.T.Narrow(0, 1, columns).Narrow(1, 2, depth)];
            foreach (Tensor weight in weights)
            {
                using (Autograd.NoGrad())
                {
                    Func<Tensor>[] products = [() => Tensor.Linear(x, weight, bias), () => Tensor.Linear(x, weight), () => x.MatMul(weight.T)];
                    double[][] plain = [.. products.Select(p => Values(p()))];
                    Assert.True(weight.Storage.KeepCopies());
                    for (int again = 0; again < 2; again++)
                        for (int p = 0; p < products.Length; p++) Assert.Equal(plain[p], Values(products[p]()));
                    weight.Storage.EndCopies();
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(DTypes))]
    public void A_product_of_more_than_a_few_rows_packs_once(DType dtype)
    {
        Linear layer = Layer(dtype);
        long size = layer.Weight.Value.Bytes;
        Assert.Equal(0, layer.PackedBytes);
        Run(layer, 4);
        Assert.Equal(0, layer.PackedBytes);
        Run(layer, Rows);
        long packed = layer.PackedBytes;
        Assert.InRange(packed, size, (dtype == DType.Float16 ? 2 : 1) * size * 5 / 4);
        Run(layer, 3 * Rows);
        Assert.Equal(packed, layer.PackedBytes);
        layer.UnpackWeights();
        Assert.Equal(0, layer.PackedBytes);
        Run(layer, Rows);
        Assert.Equal(0, layer.PackedBytes);
    }

    public static TheoryData<string> Writes => [.. _writes.Keys];

    private static readonly Dictionary<string, Action<Linear>> _writes = new()
    {
        ["in place"] = layer => layer.Weight.Value.MulInPlace(1.5),
        ["operator"] = layer => { Tensor value = layer.Weight; value += 1; },
        ["CopyFrom"] = layer => layer.Weight.Value.CopyFrom(Tensor.Ones(layer.Weight.Shape)),
        ["Assign"] = layer => layer.Weight.Assign(Tensor.Ones(layer.Weight.Shape)),
        ["fill"] = layer => layer.Weight.Value.FillInPlace(0.25),
        ["indexer"] = layer => layer.Weight[3, 5] = Tensor.From(9f),
        ["row"] = layer => layer.Weight[2..5] = Tensor.Full([3, layer.InFeatures], 2),
        ["view"] = layer => layer.Weight.Value.T.Narrow(0, 2, 5).FillInPlace(1),
        ["detached"] = layer => layer.Weight.Value.Detach().Flatten().AddInPlace(1),
        ["masked"] = layer => layer.Weight.Value.CopyFrom(layer.Weight.Value.MaskedFill(layer.Weight.Value > 0, 3)),
        ["index add"] = layer => layer.Weight.Value.IndexAddInPlace(0, Tensor.From(1L).Reshape(1), Tensor.Ones(1, layer.InFeatures)),
        ["draws"] = layer => Init.Normal(layer.Weight, 0, 1),
        ["reset"] = layer => layer.ResetParameters(),
        ["load"] = layer => layer.Load(Other(layer).Snapshot()),
        ["SGD"] = layer => Step(layer, new Sgd(layer.NamedParameters(), 0.1)),
        ["SGD with momentum"] = layer => Step(layer, new Sgd(layer.NamedParameters(), 0.1, 0.9)),
        ["AdamW"] = layer => Step(layer, new AdamW(layer.NamedParameters(), 0.1)),
        ["clip"] = layer => Tensor.ClipToNorm([layer.Weight.Value, layer.Bias!.Value], Tensor.From(10f), 1),
        ["average"] = layer => new Ema(Other(layer), 0.5).CopyTo(layer),
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void Every_write_drops_the_copy(string write)
    {
        Linear layer = Layer(DType.Float32);
        double[] before = Run(layer, Rows);
        Assert.True(layer.PackedBytes > 0);
        using (Autograd.NoGrad()) _writes[write](layer);
        Assert.Equal(0, layer.PackedBytes);
        double[] after = Run(layer, Rows);
        Assert.NotEqual(before, after);
        Assert.Equal(Run(layer.Clone().UnpackWeights(), Rows), after);
        Assert.True(layer.PackedBytes > 0);
    }

    [Fact]
    public void A_write_that_fails_half_way_leaves_no_copy()
    {
        Linear layer = Layer(DType.Float32);
        Run(layer, Rows);
        Assert.True(layer.PackedBytes > 0);
        Tensor wrong = Tensor.From<long>([0, 1, 10_000], [3]);
        using (Autograd.NoGrad())
            Assert.ThrowsAny<Exception>(() => layer.Weight.Value.IndexAddInPlace(0, wrong, Tensor.Ones(3, layer.InFeatures)));
        Assert.Equal(Run(layer.Clone().UnpackWeights(), Rows), Run(layer, Rows));
    }

    [Fact]
    public void Training_packs_nothing()
    {
        Linear layer = Layer(DType.Float32);
        Tensor x = Drawn([Rows, layer.InFeatures], DType.Float32, 1).WithGrad();
        layer.Forward(x).Sum().Backward();
        Assert.NotNull(x.Grad);
        Assert.Equal(0, layer.PackedBytes);
    }

    [Fact]
    public void What_others_may_write_is_never_packed()
    {
        var values = new float[96 * 64];
        var layer = new Linear(new Parameter(Tensor.FromMemory<float>(values, [96, 64]))).PackWeights();
        Tensor x = Tensor.Ones(Rows, 64);
        using (Autograd.NoGrad())
        {
            Assert.Equal(0, layer.Forward(x).Max().Item());
            values.AsSpan().Fill(1);
            Assert.Equal(64, layer.Forward(x).Min().Item());
        }
        Assert.Equal(0, layer.PackedBytes);
    }

    [Fact]
    public void A_mapped_file_is_packed_until_it_is_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("layer.safetensors");
        Linear saved = Layer(DType.Float32), layer;
        saved.Save(path);
        using (Device.Meta.AsDefault()) layer = new Linear(saved.InFeatures, saved.OutFeatures).PackWeights();
        layer.Load(path);
        Assert.Equal(Run(saved, Rows), Run(layer, Rows));
        Assert.True(layer.PackedBytes > 0);
        using (Autograd.NoGrad())
        {
            saved.Weight.Value.MulInPlace(2);
            layer.Weight.Value.MulInPlace(2);
        }
        Assert.Equal(0, layer.PackedBytes);
        Assert.Equal(Run(saved, Rows), Run(layer, Rows));
    }

    [Fact]
    public void The_wish_follows_the_handle_through_casts_and_clones()
    {
        Linear layer = Layer(DType.Float32);
        Run(layer, Rows);
        layer.To(DType.BFloat16);
        Assert.Equal(0, layer.PackedBytes);
        Assert.Equal(Run(layer.Clone().UnpackWeights(), Rows), Run(layer, Rows));
        long packed = layer.PackedBytes;
        Assert.True(packed > 0);
        Linear clone = layer.Clone();
        Assert.Equal(0, clone.PackedBytes);
        Assert.Equal(Run(layer, Rows), Run(clone, Rows));
        Assert.Equal((packed, packed), (layer.PackedBytes, clone.PackedBytes));
    }

    [Fact]
    public void A_filter_chooses_and_tied_weights_count_once()
    {
        var config = new GptConfig { VocabularySize = 100, BlockLength = 64, Width = 64, Heads = 4, Layers = 2, Positions = PositionKind.Learned };
        Gpt model = new Gpt(config, new Generator(3)).Eval(), plain = model.Clone();
        Tensor tokens = Tensor.From([.. Enumerable.Range(0, Rows).Select(i => (long)(i % 100))], [1, Rows]);
        double[] expected, actual;
        using (Autograd.NoGrad())
        {
            expected = Values(plain.Forward(tokens));
            actual = Values(model.PackWeights().Forward(tokens));
        }
        Assert.Equal(expected, actual);
        long all = model.PackedBytes;
        const long blocks = 2 * 12 * 64 * 64 * sizeof(float), table = 64 * sizeof(float);
        Assert.InRange(all - blocks, 100 * table, 128 * table); // the tied table, its 100 rows made up to whole strips
        model.UnpackWeights(StateFilter.Under("token_embedding"));
        Assert.Equal(blocks, model.PackedBytes);
        using GptSession one = plain.StartSession(), other = model.StartSession();
        Assert.Equal(Values(one.Prefill(tokens)), Values(other.Prefill(tokens)));
        Assert.Equal(Values(one.Step(7)), Values(other.Step(7)));
    }

    [Fact]
    public void A_copy_outlives_the_scope_it_was_made_in_and_not_its_weight()
    {
        long before = Settled();
        Inside();
        Assert.Equal(before, Settled());

        static void Inside()
        {
            Linear layer = Layer(DType.Float32);
            double[] first;
            using (TensorScope.Begin()) first = Run(layer, Rows);
            long packed = layer.PackedBytes;
            Assert.True(packed > 0);
            for (int i = 0; i < 8; i++) Tensor.Full([(int)(packed / 4)], 7);
            Assert.Equal(first, Run(layer, Rows));
            Assert.Equal(packed, layer.PackedBytes);
        }
    }

    [Fact]
    public void The_copy_is_among_the_live_bytes_until_it_is_dropped()
    {
        Linear layer = Layer(DType.Float32);
        using (Autograd.NoGrad())
        {
            Tensor x = Tensor.Ones(Rows, layer.InFeatures);
            Tensor y = layer.Forward(x);
            long with = Settled(), packed = CachingAllocator.RoundUp(layer.PackedBytes);
            layer.UnpackWeights();
            Assert.Equal(with - packed, Settled());
            GC.KeepAlive((x, y, layer));
        }
    }

    [Fact]
    public void Copies_are_given_up_before_memory_is_called_exhausted()
    {
        Linear layer = Layer(DType.Float32);
        double[] expected = Run(layer, Rows);
        DeviceRuntime runtime = Device.Cpu.Runtime;
        int thread = Environment.CurrentManagedThreadId;
        runtime.Refuses = bytes => Environment.CurrentManagedThreadId == thread && bytes > 100 << 20 && layer.Weight.Value.Storage.Copies!.Bytes > 0;
        try
        {
            Assert.Equal(30 << 20, Tensor.Empty([30 << 20]).Elements);
        }
        finally
        {
            runtime.Refuses = null;
        }
        Assert.Equal(0, layer.PackedBytes);
        Assert.Equal(expected, Run(layer, Rows));
        Assert.Equal(0, layer.PackedBytes);
        Assert.Equal(expected, Run(layer.PackWeights(), Rows));
        Assert.True(layer.PackedBytes > 0);
    }

    [Fact]
    public void Without_memory_for_a_copy_the_product_reads_the_weight()
    {
        Linear layer = Layer(DType.Float32);
        DeviceRuntime runtime = Device.Cpu.Runtime;
        int thread = Environment.CurrentManagedThreadId;
        long size = layer.Weight.Value.Bytes;
        double[] expected = Run(layer.Clone().UnpackWeights(), Rows), actual;
        runtime.Allocator.Trim();
        runtime.Refuses = bytes => Environment.CurrentManagedThreadId == thread && bytes >= size;
        try
        {
            actual = Run(layer, Rows);
            Assert.Equal(0, layer.PackedBytes);
        }
        finally
        {
            runtime.Refuses = null;
        }
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Threads_share_one_copy_while_another_drops_it()
    {
        Linear layer = Layer(DType.Float32);
        double[] expected = Run(layer.Clone().UnpackWeights(), Rows);
        using var stop = new CancellationTokenSource();
        int[] products = new int[3];
        Thread[] readers = [.. Enumerable.Range(0, products.Length).Select(i => new Thread(() =>
        {
            while (!stop.IsCancellationRequested && Run(layer, Rows).AsSpan().SequenceEqual(expected)) products[i]++;
        }))];
        foreach (Thread reader in readers) reader.Start();
        // What is dropped goes to the cache, and from there to a tensor that is filled: a reader would see it.
        for (int i = 0; i < 400; i++)
        {
            layer.Weight.Value.Storage.BeforeWrite();
            Tensor.Full([layer.OutFeatures, layer.InFeatures], float.NaN);
            if (i % 50 == 0) layer.UnpackWeights().PackWeights();
            Thread.Yield();
        }
        Assert.All(readers, r => Assert.True(r.IsAlive));
        stop.Cancel();
        foreach (Thread reader in readers) reader.Join();
        Assert.All(products, p => Assert.True(p > 0));
    }

    private static Linear Layer(DType dtype) => new Linear(200, 300, generator: new Generator(11)).To(dtype).PackWeights();

    private static Linear Other(Linear layer) => new(layer.InFeatures, layer.OutFeatures, generator: new Generator(12));

    private static void Step(Linear layer, Optimizer optimizer)
    {
        using (Autograd.EnableGrad()) layer.Forward(Tensor.Ones(2, layer.InFeatures)).Sum().Backward();
        optimizer.Step();
    }

    private static double[] Run(Linear layer, int rows)
    {
        using (Autograd.NoGrad()) return Values(layer.Forward(Drawn([rows, layer.InFeatures], layer.Weight.DType, 1)));
    }

    private static Tensor Drawn(Shape shape, DType dtype, int seed)
    {
        var random = new Random(seed);
        var values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++) values[i] = (2 * random.NextSingle()) - 1;
        return Tensor.From(values, shape).To(dtype);
    }

    private static double[] Values(Tensor x) => x.To(DType.Float64).ToArray<double>();

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Device.Cpu.Memory.LiveBytes;
    }
}
