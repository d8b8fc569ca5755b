using Ballast.DeviceRunner.Reports;

namespace Ballast.DeviceRunner.Benchmarks;

/// <summary>Single ops and copies. bench/cuda/peers.py measures the same names with PyTorch: keep names and sizes alike.</summary>
internal static class MicroBenchmarks
{
    private sealed record Bench(string Name, double Work, string Unit, Func<Action> Prepare);

    /// <summary>Measures what the options want; a line for each.</summary>
    public static IEnumerable<BenchResult> Run(Device device, RunnerOptions options, TextWriter output)
    {
        output.WriteLine($"\n{"benchmark",-44}{"ms",12}{"rate",14}  {"",-10}{"launches",8}");
        var meter = new Meter(device);
        Bench[] all = [.. Operations(device, options), .. options.Gpt2 ? GptBenchmarks.All(device, options.Quick).Select(g =>
            new Bench(g.Name, g.Tokens, "tokens/s", g.Prepare)) : []];
        foreach (Bench bench in all.Where(b => options.Wants(b.Name)))
        {
            BenchResult result = meter.Measure(bench.Name, bench.Work, bench.Unit, bench.Prepare());
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{result.Name,-44}{result.Milliseconds,12:0.0000}{result.Rate,14:0.0}  {result.Unit,-10}{result.Launches,8:0.#}"));
            yield return result;
        }
    }

    private static IEnumerable<Bench> Operations(Device device, RunnerOptions options)
    {
        const double Giga = 1e9;
        foreach (int n in options.Quick ? [128] : options.Gemm)
        {
            foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16])
            {
                yield return new Bench($"gemm {dtype.Name} {n}", 2.0 * n * n * n / Giga, "GFLOP/s", () =>
                {
                    Tensor a = Draw(device, dtype, n, n), b = Draw(device, dtype, n, n);
                    return () => a.MatMul(b);
                });
            }
        }
        int rows = options.Quick ? 64 : 4096, width = options.Quick ? 256 : 4096;
        yield return new Bench($"softmax float32 {rows}x{width}", 8.0 * rows * width / Giga, "GB/s", () =>
        {
            Tensor x = Draw(device, DType.Float32, rows, width);
            return () => x.Softmax(-1);
        });
        int lines = options.Quick ? 64 : 8192;
        yield return new Bench($"layer_norm float32 {lines}x768", 8.0 * lines * 768 / Giga, "GB/s", () =>
        {
            Tensor x = Draw(device, DType.Float32, lines, 768), weight = Draw(device, DType.Float32, 768), bias = Draw(device, DType.Float32, 768);
            return () => x.LayerNorm([768], weight, bias);
        });
        (int batch, int heads, int length) = options.Quick ? (1, 2, 64) : (8, 12, 1024);
        foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16])
        {
            // Half of the products are hidden by the mask.
            yield return new Bench($"attention {dtype.Name} causal {batch}x{heads}x{length}x64", 2.0 * batch * heads * length * length * 64 / Giga, "GFLOP/s", () =>
            {
                Tensor q = Draw(device, dtype, batch, heads, length, 64), k = Draw(device, dtype, batch, heads, length, 64);
                Tensor v = Draw(device, dtype, batch, heads, length, 64);
                return () => Tensor.ScaledDotProductAttention(q, k, v, causal: true);
            });
        }
        (int count, int edge) = options.Quick ? (4, 64) : (32, 1024);
        double parameters = (double)count * edge * edge;
        yield return new Bench(string.Create(CultureInfo.InvariantCulture, $"adamw float32 {count}x{edge}x{edge}"), 28 * parameters / Giga, "GB/s", () =>
        {
            Parameter[] weights = [.. Enumerable.Range(0, count).Select(_ => new Parameter(Draw(device, DType.Float32, edge, edge)))];
            foreach (Parameter weight in weights) weight.Value.Grad = Draw(device, DType.Float32, edge, edge);
            var optimizer = new Optimizers.AdamW(weights, 1e-3);
            return optimizer.Step;
        });
        int bytes = options.Quick ? 1 << 20 : 64 << 20;
        string size = $"{bytes >> 20} MiB";
        yield return new Bench($"copy to device {size}", bytes / Giga, "GB/s", () =>
        {
            Tensor host = Tensor.Ones([bytes / 4], DType.Float32, Device.Cpu), there = Tensor.Empty([bytes / 4], DType.Float32, device);
            return () => there.CopyFrom(host);
        });
        yield return new Bench($"copy to host {size}", bytes / Giga, "GB/s", () =>
        {
            Tensor there = Tensor.Ones([bytes / 4], DType.Float32, device), host = Tensor.Empty([bytes / 4], DType.Float32, Device.Cpu);
            return () => host.CopyFrom(there);
        });
    }

    private static Tensor Draw(Device device, DType dtype, params int[] shape)
    {
        var random = new Random(1);
        long count = 1;
        foreach (int d in shape) count *= d;
        var values = new float[count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() * 2 - 1);
        return Tensor.From(values, shape).To(device).To(dtype);
    }
}
