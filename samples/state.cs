#:project ../src/Ballast/Ballast.csproj

// What module state does here, six times in a few lines: run it with `dotnet run samples/state.cs`.
using Ballast.Optimizers;

Title("1. A tie survives a move and trains once");
Generator.Default.Seed(1);
var tied = new TiedModel();
var optimizer = new AdamW(tied.NamedParameters(), learningRate: 0.1);
tied.To(DType.Float64).To(DType.Float32);
tied.Forward(Tensor.From([0L, 2L])).Square().Mean().Backward();
optimizer.Step();
Console.WriteLine($"one handle: {ReferenceEquals(tied.Embedding.Weight, tied.Head.Weight)}; parameters: {string.Join(", ", tied.NamedParameters().Select(p => p.Key))}");
Console.WriteLine($"saved once as {string.Join(", ", tied.View().Keys)}; also known as {string.Join(", ", tied.View().Aliases.Keys)}");

Title("2. A rotary table stays float32 under To(bfloat16)");
var attention = new RotaryModel().To(DType.BFloat16);
Console.WriteLine($"query.weight {attention.Query.Weight.DType.Name}, rotary {attention.Rotary.DType.Name} ({attention.Rotary.DTypePolicy})");
Console.WriteLine($"positions 0..{attention.Rotary.Length - 1}; a longer input makes more: {attention.Rotary.Apply(Tensor.Ones(1, 12, 4)).Shape} -> 0..{attention.Rotary.Length - 1}");

Title("3. A start on meta, right after the load");
StateDict trained = new RotaryModel().Snapshot();
RotaryModel big;
using (Device.Meta.AsDefault()) big = new RotaryModel();
Console.WriteLine($"before: query.weight on {big.Query.Weight.Device}, rotary on {big.Rotary.Device}");
big.Load(trained);
Console.WriteLine($"after:  query.weight on {big.Query.Weight.Device}, rotary on {big.Rotary.Device}; it was never saved: [{string.Join(", ", trained.Keys)}]");
Console.WriteLine($"rotary[0, 1] = {big.Rotary[0, 1]}");

Title("4. A load report with suggestions");
var renamed = new StateDict();
foreach ((string key, Tensor value) in tied.Snapshot()) renamed.Add("module." + key, value);
renamed.Add("module.emmbedding.scale", Tensor.Ones(1));
try
{
    new TiedModel().Load(renamed);
}
catch (StateLoadException error)
{
    Console.WriteLine(error.Message);
}
LoadReport report = new TiedModel().Load(renamed, new LoadPolicy { Rename = [RenameRule.StripPrefix("module.")], Unexpected = ["emmbedding.*"] });
Console.WriteLine($"\nWith the rule:\n{report}");

Title("5. Averaged weights with batch statistics of their own");
Generator.Default.Seed(2);
var net = new Sequential(new Linear(2, 3), new BatchNorm1d(3), new Linear(3, 1));
var average = new AveragedModel<Sequential>(net);
var sgd = new Sgd(net.Parameters(), learningRate: 0.5);
Tensor inputs = Tensor.RandN([16, 2], generator: new Generator(3)), target = inputs.Sum(1, keep: true);
for (int step = 0; step < 20; step++)
{
    sgd.ZeroGrad();
    net.Forward(inputs).MseLoss(target).Backward();
    sgd.Step();
    average.Update(net);
}
RunningStat copied = ((BatchNorm1d)average.Module[1]).RunningMean!;
float[] before = copied.Value.ToArray<float>();
average.Module.UpdateBatchNorm([inputs]);
float[] after = copied.Value.ToArray<float>();
Console.WriteLine($"after {average.NAveraged.Value.Item<long>()} updates; running mean copied [{Numbers(before)}], of the averaged weights [{Numbers(after)}]");
Console.WriteLine($"training mode as before: {average.Module.Training}, momentum as before: {((BatchNorm1d)average.Module[1]).Momentum}");

Title("6. A state of an older version");
var old = new StateDict { { "w", Tensor.From([1f, 2f]) } };
old.Versions[""] = 1;
var scale = new Scale();
LoadReport migrated = scale.Load(old);
Console.WriteLine($"{string.Join("; ", migrated.Versions.Select(v => $"{v.Path}: {v.Text}"))}: weight = [{Numbers(scale.Weight.Value.ToArray<float>())}]");

static void Title(string text) => Console.WriteLine($"\n=== {text}");

static string Numbers(float[] values) => string.Join(", ", values.Select(v => v.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture)));

// The embedding and the head hold one weight: the handle is given on, not the tensor.
internal sealed partial class TiedModel : Module, IForward<Tensor, Tensor>
{
    public TiedModel() => Head = new Linear(Embedding.Weight);

    public Embedding Embedding { get; } = new(5, 4);

    public Linear Head { get; }

    public Tensor Forward(Tensor input) => Head.Forward(Embedding.Forward(input));
}

// The table is computed where and when it is needed; it is never saved, and casts leave it alone.
internal sealed partial class RotaryModel : Module
{
    public Linear Query { get; } = new(4, 4, bias: false);

    public RotaryTable Rotary { get; } = new(headWidth: 4, length: 8);
}

// Version 1 called the weight w and kept half of it.
[StateVersion(2)]
internal sealed partial class Scale : Module
{
    public Parameter Weight { get; } = new(Tensor.Ones(2));

    [MigratesFrom(1)]
    private static void FromHalves(StateMigration state)
    {
        if (state.Rename("w", "weight")) state["weight"] = state["weight"] * 2;
    }
}
