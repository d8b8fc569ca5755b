using System.CommandLine;
using System.Globalization;
using Ballast.Cli.States;

namespace Ballast.Cli.Commands;

/// <summary><c>ballast convert</c>: a checkpoint into safetensors.</summary>
internal static class ConvertCommand
{
    /// <summary>The command.</summary>
    public static BallastCommand Create()
    {
        var from = new Argument<string>("A")
        {
            Description = "A PyTorch file (.pt, .pth, .bin), a .safetensors file, a folder of shards, or a run's folder",
        };
        var to = new Argument<string>("B") { Description = "The .safetensors file to write; with --shard-size, the folder" };
        Option<string?> entry = OptionRules.Text("--entry", "Which entry of a PyTorch file to read, as model", "NAME");
        Option<DType?> dtype = FloatType();
        Option<long?> shard = ByteCount("--shard-size", "Write files of at most this size and their index, as 2GB or 500MB");
        var rename = new Option<string[]>("--rename")
        {
            Description = "Give tensors other names: old=new, where * stands for any text, as module.*=*. May be repeated",
            HelpName = "OLD=NEW",
            AllowMultipleArgumentsPerToken = false,
        };
        Option<bool> force = OptionRules.Switch("--force", "Replace what B holds");
        var command = new BallastCommand("convert", "Turn a checkpoint into safetensors: PyTorch files read, dtypes changed, files split.",
            "ballast convert model.pt model.safetensors",
            "ballast convert checkpoint.pt small.safetensors --entry model --dtype bf16",
            "ballast convert pytorch_model.bin shards --shard-size 2GB --rename \"module.*=*\"")
        {
            from, to, entry, dtype, shard, rename, force,
        };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            StateFile source = StateFile.Open(parsed.GetRequiredValue(from), parsed.GetValue(entry), parsed.InvocationConfiguration.Error);
            var plan = new Conversion(source, parsed.GetRequiredValue(to), parsed.GetValue(dtype), parsed.GetValue(shard),
                parsed.GetValue(rename) ?? [],
                parsed.GetValue(force));
            foreach (string line in plan.Run(output)) output.WriteLine(Printable.Line(line));
            return 0;
        });
        return command;
    }

    private static Option<DType?> FloatType() => new("--dtype")
    {
        Description = "Cast floating tensors to fp32, fp64, bf16 or fp16; whole numbers stay as they are",
        HelpName = "D",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            DType? dtype = text.ToLowerInvariant() switch
            {
                "fp32" or "f32" or "float32" or "float" => DType.Float32,
                "fp64" or "f64" or "float64" or "double" => DType.Float64,
                "bf16" or "bfloat16" => DType.BFloat16,
                "fp16" or "f16" or "float16" or "half" => DType.Float16,
                _ => null,
            };
            if (dtype is null)
                result.AddError($"--dtype takes fp32, fp64, bf16 or fp16, not '{text}'"
                    + (text.Contains("int", StringComparison.OrdinalIgnoreCase)
                    ? ": a cast to whole numbers would cut the values" : ""));
            return dtype;
        },
    };

    private static Option<long?> ByteCount(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            long? bytes = ParseBytes(text);
            if (bytes is null) result.AddError($"{name} takes a size such as 2GB, 500MB or 1000000, not '{text}'");
            return bytes;
        },
    };

    /// <summary>A size in bytes with a decimal unit (kB, MB, GB, TB), or a binary one (KiB, MiB, GiB); null if it is none.</summary>
    internal static long? ParseBytes(string text)
    {
        (string Unit, double Bytes)[] units =
        [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("k", 1e3),
            ("M", 1e6), ("G", 1e9), ("B", 1),
        ];
        foreach ((string unit, double bytes) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) return Scaled(text[..^unit.Length].TrimEnd(), bytes);
        }
        return Scaled(text, 1);
    }

    private static long? Scaled(string number, double unit) =>
        double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * unit is >= 1 and < 1e18
            ? (long)(value * unit)
            : null;
}
