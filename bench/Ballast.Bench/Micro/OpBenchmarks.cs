using BenchmarkDotNet.Attributes;

namespace Ballast.Bench.Micro;

/// <summary>Single operations, small enough to show what one call costs and large enough to show the kernel.</summary>
[MemoryDiagnoser]
public class OpBenchmarks
{
    private Tensor _a = null!, _b = null!;

    /// <summary>Elements of each operand.</summary>
    [Params(16, 4096, 1 << 20)]
    public int Elements { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        BallastRuntime.Start();
        float[] values = [.. Enumerable.Range(0, Elements).Select(i => MathF.Sin(i))];
        _a = Tensor.From(values);
        _b = Tensor.From(values);
    }

    /// <summary>a + b.</summary>
    [Benchmark]
    public Tensor Add() => _a + _b;

    /// <summary>GELU with tanh.</summary>
    [Benchmark]
    public Tensor Gelu() => _a.Gelu(tanh: true);

    /// <summary>Softmax over one row.</summary>
    [Benchmark]
    public Tensor Softmax() => _a.Softmax();
}
