using System.Runtime.InteropServices;
using Ballast.Bench.Measuring;
using TorchSharp;
using Functional = TorchSharp.torch.nn.functional;

namespace Ballast.Bench.Peers;

/// <summary>The rows on libtorch, through TorchSharp, results disposed as its users do.</summary>
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
        torch.Tensor a = torch.randn(rows, depth), b = torch.randn(depth, columns);
        return new Workload(
            () =>
            {
                using torch.Tensor c = a.matmul(b);
            },
            Disposing(a, b));
    }

    public static Workload Add(int elements)
    {
        torch.Tensor a = torch.randn(elements), b = torch.randn(elements);
        return new Workload(
            () =>
            {
                using torch.Tensor c = a.add(b);
            },
            Disposing(a, b));
    }

    public static Workload Softmax(int rows, int columns)
    {
        torch.Tensor x = torch.randn(rows, columns);
        return new Workload(
            () =>
            {
                using torch.Tensor y = Functional.softmax(x, -1);
            },
            Disposing(x));
    }

    public static Workload LayerNorm(int rows, int columns)
    {
        var layer = torch.nn.LayerNorm(columns);
        torch.Tensor x = torch.randn(rows, columns);
        return new Workload(
            () =>
            {
                using IDisposable noGrad = torch.no_grad();
                using torch.Tensor y = layer.forward(x);
            },
            Disposing(x, layer));
    }

    public static Workload Gelu(int rows, int columns)
    {
        torch.Tensor x = torch.randn(rows, columns);
        return new Workload(
            () =>
            {
                using torch.Tensor y = Functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh);
            },
            Disposing(x));
    }

    public static Workload Linear(int rows, int inFeatures, int outFeatures)
    {
        var layer = torch.nn.Linear(inFeatures, outFeatures);
        torch.Tensor x = torch.randn(rows, inFeatures);
        return new Workload(
            () =>
            {
                using IDisposable noGrad = torch.no_grad();
                using torch.Tensor y = layer.forward(x);
            },
            Disposing(x, layer));
    }

    public static Workload TrainCharGpt()
    {
        var model = new TorchGpt(CharGpt.Vocabulary, CharGpt.Block, CharGpt.Width, CharGpt.Layers, CharGpt.Heads);
        var optimizer = torch.optim.AdamW(model.parameters(), CharGpt.LearningRate, weight_decay: CharGpt.WeightDecay);
        torch.Tensor inputs = torch.randint(0, CharGpt.Vocabulary, [CharGpt.Batch, CharGpt.Block]);
        torch.Tensor targets = torch.randint(0, CharGpt.Vocabulary, [CharGpt.Batch, CharGpt.Block]);
        return new Workload(
            () =>
            {
                using DisposeScope scope = torch.NewDisposeScope();
                optimizer.zero_grad();
                torch.Tensor loss = Functional.cross_entropy(model.forward(inputs).view(-1, CharGpt.Vocabulary), targets.view(-1));
                loss.backward();
                optimizer.step();
                _ = loss.item<float>();
            },
            Disposing(inputs, targets, optimizer, model));
    }

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

    private static Action Disposing(params IDisposable[] owned) => () => Array.ForEach(owned, o => o.Dispose());
}
