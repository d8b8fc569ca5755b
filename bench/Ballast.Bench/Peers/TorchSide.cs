using System.Runtime.InteropServices;
using Ballast.Bench.Measuring;
using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

/// <summary>Rows of single operations on libtorch, through TorchSharp, results disposed as its users do.</summary>
internal static class TorchSide
{
    /// <summary>Starts libtorch with so many threads; null when it runs, else the reason why it does not.</summary>
    public static string? Start(int threads)
    {
        // Asked first: TorchSharp would hide the loader's reason behind pages of advice and copy its packages about.
        if (WhyItDoesNotLoad() is { } reason) return reason;
        torch.set_num_threads(threads);
        return null;
    }

    /// <summary>libtorch's version, as the library reports it.</summary>
    public static string Version => $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {torch.__version__}";

    public static Workload Product(int rows, int columns, int depth)
    {
        torch.Tensor a = Normal(1, rows, depth), b = Normal(2, depth, columns);
        return Doing(() => a.matmul(b), a, b);
    }

    public static Workload Add(int elements)
    {
        torch.Tensor a = Normal(1, elements), b = Normal(2, elements);
        return Doing(() => a.add(b), a, b);
    }

    public static Workload Softmax(int rows, int columns)
    {
        torch.Tensor x = Normal(1, rows, columns);
        return Doing(() => Functional.softmax(x, -1), x);
    }

    public static Workload LayerNorm(int rows, int columns)
    {
        var layer = torch.nn.LayerNorm(columns);
        torch.Tensor x = Normal(1, rows, columns);
        return WithoutGradients(() => layer.forward(x), x, layer);
    }

    public static Workload Gelu(int rows, int columns)
    {
        torch.Tensor x = Normal(1, rows, columns);
        return Doing(() => Functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh), x);
    }

    /// <summary>y = x · Wᵀ, W [Out, In], with a bias or without.</summary>
    public static Workload Linear(int rows, int outFeatures, int inFeatures, bool bias)
    {
        var layer = torch.nn.Linear(inFeatures, outFeatures, hasBias: bias);
        torch.Tensor x = Normal(1, rows, inFeatures);
        using (torch.no_grad())
        {
            using torch.Tensor weight = Normal(2, outFeatures, inFeatures), shift = Normal(3, outFeatures);
            layer.weight!.copy_(weight);
            layer.bias?.copy_(shift);
        }
        return WithoutGradients(() => layer.forward(x), x, layer);
    }

    public static Workload Attention(int heads, int length, int headWidth)
    {
        torch.Tensor q = Normal(1, 1, heads, length, headWidth), k = Normal(2, 1, heads, length, headWidth);
        torch.Tensor v = Normal(3, 1, heads, length, headWidth);
        return Doing(() => Functional.scaled_dot_product_attention(q, k, v, is_casual: true), q, k, v);
    }

    /// <summary>Disposes them.</summary>
    public static Action Disposing(params IDisposable[] owned) => () => Array.ForEach(owned, o => o.Dispose());

    /// <summary>The values, or evenly spaced ones of a large result, as float32.</summary>
    public static float[] Compared(torch.Tensor result)
    {
        using torch.Tensor values = result.detach().to(torch.float32).contiguous();
        return Inputs.Compared(MemoryMarshal.Cast<byte, float>(values.bytes));
    }

    private static Workload WithoutGradients(Func<torch.Tensor> work, params IDisposable[] owned) => Doing(
        () =>
        {
            using IDisposable noGrad = torch.no_grad();
            return work();
        },
        owned);

    private static Workload Doing(Func<torch.Tensor> work, params IDisposable[] owned) => new(
        () =>
        {
            using torch.Tensor result = work();
        },
        Disposing(owned))
    {
        Answer = () =>
        {
            using torch.Tensor result = work();
            return Compared(result);
        },
    };

    private static torch.Tensor Normal(int seed, params long[] shape) =>
        torch.tensor(Inputs.Normal(shape.Aggregate(1L, (a, b) => a * b), seed), shape);

    /// <summary>Loads the native libraries as TorchSharp will; null when they load, else what the system's loader says.</summary>
    private static string? WhyItDoesNotLoad()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string runtime = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string folder = Path.Combine(AppContext.BaseDirectory, "runtimes", runtime, "native");
        foreach (string name in (string[])["torch_cpu", "LibTorchSharp"])
        {
            string file = system switch { "win" => $"{name}.dll", "osx" => $"lib{name}.dylib", _ => $"lib{name}.so" };
            string path = Path.Combine(folder, file);
            if (!File.Exists(path))
                return $"{file} for {runtime} is not in the build output (the project references libtorch for linux-x64 only)";
            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                string[] lines = e.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                string? said = Array.Find(lines, l => l.Contains(" not found", StringComparison.Ordinal));
                return (said ?? lines[0]).Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal);
            }
        }
        return null;
    }
}
