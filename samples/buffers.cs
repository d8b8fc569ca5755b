#:project ../src/Ballast/Ballast.csproj

// What a buffer is, and why it cannot get lost here: run it with `dotnet run samples/buffers.cs`, or on a second device that computes with
// `dotnet run samples/buffers.cs -- --device opencl:0` (or cuda:0, or gpu for the best there is).
//
// A network has parameters, which it learns, and other tensors, which it does not: here a causal mask, the upper triangle that keeps a token
// from looking at later ones. PyTorch moves the parameters by itself; a mask in a plain field stays where it was.

Device device;
try
{
    // The meta device has shapes and dtypes and no data. It checks devices like any other, and every machine has it.
    device = args switch
    {
        [] => Device.Meta,
        ["--device", string name] => Device.Parse(name),
        _ => throw new DeviceNotAvailableException($"buffers.cs takes nothing, or --device NAME; '{string.Join(' ', args)}' was given."),
    };
}
catch (DeviceNotAvailableException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
Tensor inputs = Tensor.From(new float[,]
{
    { 0.43f, 0.15f, 0.89f },   // six tokens, three dimensions each
    { 0.55f, 0.87f, 0.66f },
    { 0.57f, 0.85f, 0.64f },
    { 0.22f, 0.58f, 0.33f },
    { 0.77f, 0.25f, 0.10f },
    { 0.05f, 0.80f, 0.55f },
});
Tensor batch = Tensor.Stack([inputs, inputs]);                                     // [B, T, In] = [2, 6, 3]

Title("1. Without a buffer");
Generator.Default.Seed(123);
var without = new AttentionWithoutBuffer(inFeatures: 3, outFeatures: 2, contextLength: batch.Shape[1], dropout: 0.0);
Tensor onCpu = without.Forward(batch);
Console.WriteLine(onCpu);

Title("2. On another device");
StateDict weights = without.Snapshot();
without.To(device);
Console.WriteLine($"W_query.weight is on {without.Query.Weight.Device}, Mask is on {without.Mask.Device}: To() could not move what it does not know.");
try
{
    without.Forward(batch.To(device));
}
catch (DeviceMismatchException error)
{
    Console.WriteLine(error.Message);
}
Console.WriteLine($"\nMoved by hand, it runs: the result is {Shown(WithMaskMoved(without).Forward(batch.To(device)), onCpu)}.");

Title("3. With a buffer");
// The same module; the one change is that Mask is declared as a Buffer. Built right after the first, it draws the next weights.
Generator.Default.Seed(123);
_ = new AttentionWithoutBuffer(3, 2, 6, 0.0);
var with = new AttentionWithBuffer(inFeatures: 3, outFeatures: 2, contextLength: batch.Shape[1], dropout: 0.0);
onCpu = with.Forward(batch);
Console.WriteLine(onCpu);
var moved = new AttentionWithBuffer(3, 2, 6, 0.0);
moved.Load(with.Snapshot());
moved.To(device);
Tensor there = moved.Forward(batch.To(device));
Console.WriteLine($"After To({device}), W_query.weight is on {moved.Query.Weight.Device} and Mask is on {moved.Mask.Device}; the call gives {Shown(there, onCpu)}.");

Title("4. Saving and loading");
Console.WriteLine($"Without the buffer the state has: {string.Join(", ", weights.Keys)}");
Console.WriteLine($"With it:                          {string.Join(", ", with.Snapshot().Keys)}");
with.Mask.Value = with.Mask.Value * 2;                                             // ones become twos, so that we can recognise them
string file = Path.Combine(Path.GetTempPath(), $"ballast-buffers-{Environment.ProcessId}.safetensors");
with.Save(file);
var loaded = new AttentionWithBuffer(3, 2, 6, 0.0);
loaded.Load(file);
File.Delete(file);
Console.WriteLine($"A new module that loaded the file has the twos:\n{loaded.Mask.Value}");
var plain = new AttentionWithoutBuffer(3, 2, 6, 0.0);
plain.Mask = plain.Mask * 2;
var other = new AttentionWithoutBuffer(3, 2, 6, 0.0);
other.Load(plain.Snapshot());
Console.WriteLine($"Without the buffer they are lost; the new module has ones:\n{other.Mask}");

Title("5. What this buys");
Console.WriteLine("The state of the module, as it prints itself:");
Console.WriteLine(with);
Console.WriteLine("""

    Parameters and buffers move, cast, save and load together; optimizers take parameters only, so a buffer is never trained by mistake.
    A tensor in a plain field is a compile error here, so there is nothing to remember and nothing that fails later on the device.
    """);

return 0;

static void Title(string text) => Console.WriteLine($"\n=== {text} ===");

static string Shown(Tensor there, Tensor here) => $"{there.DType.Name} {there.Shape} on {there.Device}" + (there.Device.IsMeta ? ""
    : $", at most {(there.Detach().To(here.Device) - here.Detach()).Abs().Max().Item():0.0e0} from the CPU's numbers");

static AttentionWithoutBuffer WithMaskMoved(AttentionWithoutBuffer module)
{
    module.Mask = module.Mask.To(module.Query.Weight.Device);
    return module;
}

/// <summary>Causal self-attention whose mask is a plain tensor: the mistake.</summary>
public sealed partial class AttentionWithoutBuffer(int inFeatures, int outFeatures, int contextLength, double dropout) : Module, IForward<Tensor, Tensor>
{
    [StateName("W_query")] public Linear Query { get; } = new(inFeatures, outFeatures, bias: false);
    [StateName("W_key")] public Linear Key { get; } = new(inFeatures, outFeatures, bias: false);
    [StateName("W_value")] public Linear Value { get; } = new(inFeatures, outFeatures, bias: false);
    public Dropout Dropout { get; } = new(dropout);

    // Without [Scratch] this line does not compile:
    //   error BAL0001: 'Mask' of module 'AttentionWithoutBuffer' is a plain Tensor: To() would leave it behind and Snapshot() would not
    //   save it; declare it as a Buffer (or a Parameter if it is learned), or mark it [Scratch("why")] if it is not state
    [Scratch("the mistake that this sample is about")]
    public Tensor Mask { get; set; } = Tensor.Ones(contextLength, contextLength).Triu(diagonal: 1);

    public Tensor Forward(Tensor x)                                                // [B, T, In] -> [B, T, Out]
    {
        var (_, T, _) = x.Shape;
        Tensor scores = Query.Forward(x).MatMul(Key.Forward(x).Transpose(1, 2));   // [B, T, T]
        scores = scores.MaskedFill(Mask[..T, ..T].ToBool(), float.NegativeInfinity);
        Tensor attention = (scores / MathF.Sqrt(outFeatures)).Softmax(-1);
        return Dropout.Forward(attention).MatMul(Value.Forward(x));
    }
}

/// <summary>The same with the mask as a buffer: the only difference is the declaration of Mask.</summary>
public sealed partial class AttentionWithBuffer(int inFeatures, int outFeatures, int contextLength, double dropout) : Module, IForward<Tensor, Tensor>
{
    public Buffer Mask { get; } = new(Tensor.Ones(contextLength, contextLength).Triu(diagonal: 1));
    [StateName("W_query")] public Linear Query { get; } = new(inFeatures, outFeatures, bias: false);
    [StateName("W_key")] public Linear Key { get; } = new(inFeatures, outFeatures, bias: false);
    [StateName("W_value")] public Linear Value { get; } = new(inFeatures, outFeatures, bias: false);
    public Dropout Dropout { get; } = new(dropout);

    public Tensor Forward(Tensor x)                                                // [B, T, In] -> [B, T, Out]
    {
        var (_, T, _) = x.Shape;
        Tensor scores = Query.Forward(x).MatMul(Key.Forward(x).Transpose(1, 2));   // [B, T, T]
        scores = scores.MaskedFill(Mask[..T, ..T].ToBool(), float.NegativeInfinity);
        Tensor attention = (scores / MathF.Sqrt(outFeatures)).Softmax(-1);
        return Dropout.Forward(attention).MatMul(Value.Forward(x));
    }
}
