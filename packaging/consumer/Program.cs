using Ballast;
using Ballast.Models;

// A module of the program's own: its mask goes where the module goes.
var attention = new CausalAttention(width: 8, contextLength: 6);
Console.WriteLine($"output {attention.Forward(Tensor.Ones(2, 4, 8)).Shape}");
attention.To(DType.BFloat16);
Console.WriteLine($"cast: weight {attention.Query.Weight.DType.Name}, mask {attention.Mask.DType.Name}");
attention.To(Device.Meta);
Console.WriteLine($"moved: weight {attention.Query.Weight.Device}, mask {attention.Mask.Device}");

// A GPT: built, moved, saved, loaded, run.
var config = new GptConfig { VocabularySize = 65, BlockLength = 32, Width = 32, Heads = 4, Layers = 2 };
var model = new Gpt(config, new Generator(1));
model.To(DType.Float64).To(DType.Float32).To(Device.Cpu);
string file = Path.Combine(Path.GetTempPath(), $"ballast-consumer-{Environment.ProcessId}.safetensors");
model.Save(file);
var loaded = new Gpt(config, new Generator(2));
loaded.Load(file);
File.Delete(file);
Console.WriteLine($"logits {loaded.Forward(Tensor.Arange(8).Reshape(1, 8)).Shape}");
foreach ((string key, Tensor value) in loaded.Snapshot()) Console.WriteLine($"state {key} {value.DType.Name} {value.Shape} {Bits(value):x16}");

// FNV-1a of the bits.
static ulong Bits(Tensor tensor)
{
    ulong hash = 14695981039346656037;
    foreach (float value in tensor.ToArray<float>()) hash = (hash ^ BitConverter.SingleToUInt32Bits(value)) * 1099511628211;
    return hash;
}
