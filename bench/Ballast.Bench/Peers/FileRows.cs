using System.Diagnostics;
using Ballast.Bench.Measuring;
using Ballast.Models;

namespace Ballast.Bench.Peers;

/// <summary>
/// Rows that read and write a model of 124 million parameters (GPT-2's sizes, float32, 0.5 GB) in the folder for temporary files.
/// </summary>
internal static class FileRows
{
    private static readonly GptConfig s_config = GptConfig.Gpt2 with { Positions = PositionKind.Sinusoidal };

    /// <summary>Bytes of the model's state.</summary>
    public static double Bytes => GptSizes.Gpt2.TokenBytes;

    /// <summary>A safetensors file in the page cache, into a module that has its memory.</summary>
    public static Workload Load()
    {
        var file = new ScratchFile();
        Gpt model = Model();
        model.Save(file.Path);
        return new Workload(() => model.Load(file.Path), file.Dispose);
    }

    /// <summary>TorchSharp's own format in the page cache, into a module that has its memory.</summary>
    public static Workload TorchLoad()
    {
        var file = new ScratchFile();
        TorchGpt model = TorchModel();
        model.save(file.Path);
        return new Workload(() => model.load(file.Path), () => { model.Dispose(); file.Dispose(); });
    }

    /// <summary>Into a safetensors file that replaces the last one, and onto the disk: the bytes are flushed before it returns.</summary>
    public static Workload Save()
    {
        var file = new ScratchFile();
        Gpt model = Model();
        return new Workload(() => model.Save(file.Path), file.Dispose);
    }

    /// <summary>TorchSharp's own format; the system writes it to the disk later.</summary>
    public static Workload TorchSave()
    {
        var file = new ScratchFile();
        TorchGpt model = TorchModel();
        return new Workload(() => model.save(file.Path), () => { model.Dispose(); file.Dispose(); });
    }

    /// <summary>The same number of zero bytes by <c>dd conv=fsync</c>, which flushes them too.</summary>
    public static Workload DiskSave()
    {
        var file = new ScratchFile();
        string[] arguments = ["if=/dev/zero", $"of={file.Path}", "bs=1M", $"count={(long)Math.Ceiling(Bytes / (1 << 20))}", "conv=fsync",
            "status=none"];
        return new Workload(
            () =>
            {
                File.Delete(file.Path);
                using Process process = Process.Start("dd", arguments);
                process.WaitForExit();
                if (process.ExitCode != 0) throw new UsageException($"dd ended with {process.ExitCode}");
            },
            file.Dispose);
    }

    private static Gpt Model() => new(s_config);

    private static TorchGpt TorchModel() => new(s_config);

    /// <summary>A name in a folder of its own.</summary>
    private sealed class ScratchFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ballast-bench-");

        public string Path => System.IO.Path.Combine(_folder.FullName, "model");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
