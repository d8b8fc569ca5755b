namespace Zoo;

/// <summary>Hochreiter and Schmidhuber's cell (1997). [B, T, In] -> [B, T, C].</summary>
public sealed partial class Lstm(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    [StateName("weight_ih")] public Parameter InputWeight { get; } = new(Tensor.Rand(4 * width, inFeatures) - 0.5);
    [StateName("weight_hh")] public Parameter HiddenWeight { get; } = new(Tensor.Rand(4 * width, width) - 0.5);
    [StateName("bias_ih")] public Parameter InputBias { get; } = new(Tensor.Zeros(4 * width));
    [StateName("bias_hh")] public Parameter HiddenBias { get; } = new(Tensor.Zeros(4 * width));

    public Tensor Forward(Tensor x)
    {
        var (B, T, _) = x.Shape;
        Tensor h = Tensor.Zeros([B, width], x.DType, x.Device), c = Tensor.ZerosLike(h);
        var outputs = new Tensor[T];
        for (int t = 0; t < T; t++)
        {
            Tensor all = Tensor.Linear(x[.., t], InputWeight, InputBias) + Tensor.Linear(h, HiddenWeight, HiddenBias);
            Tensor[] gates = all.Chunk(4, -1);
            c = gates[1].Sigmoid() * c + gates[0].Sigmoid() * gates[2].Tanh();
            h = gates[3].Sigmoid() * c.Tanh();
            outputs[t] = h;
        }
        return Tensor.Stack(outputs, 1);
    }
}

/// <summary>Cho's gated unit (2014). [B, T, In] -> [B, T, C].</summary>
public sealed partial class Gru(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    public Linear FromInput { get; } = new(inFeatures, 3 * width);
    public Linear FromHidden { get; } = new(width, 3 * width);

    public Tensor Forward(Tensor x)
    {
        Tensor h = Tensor.Zeros([x.Shape[0], width], x.DType, x.Device);
        var outputs = new List<Tensor>();
        for (int t = 0; t < x.Shape[1]; t++)
        {
            h = Step(x[.., t], h);
            outputs.Add(h);
        }
        return Tensor.Stack([.. outputs], 1);
    }

    public Tensor Step(Tensor x, Tensor h)
    {
        Tensor[] i = FromInput.Forward(x).Chunk(3, -1), g = FromHidden.Forward(h).Chunk(3, -1);
        Tensor reset = (i[0] + g[0]).Sigmoid(), update = (i[1] + g[1]).Sigmoid(), next = (i[2] + reset * g[2]).Tanh();
        return (1 - update) * next + update * h;
    }
}

/// <summary>Elman's network with a learned first state. [B, T, In] -> [B, C].</summary>
public sealed partial class ElmanRnn(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    public Linear Input { get; } = new(inFeatures, width);
    public Linear Recurrent { get; } = new(width, width, bias: false);
    public Parameter H0 { get; } = new(Tensor.Zeros(1, width));

    public Tensor Forward(Tensor x)
    {
        Tensor h = H0.Value.Expand(x.Shape[0], width);
        for (int t = 0; t < x.Shape[1]; t++) h = (Input.Forward(x[.., t]) + Recurrent.Forward(h)).Tanh();
        return h;
    }
}

/// <summary>Carries its hidden state from batch to batch, for truncated backpropagation in time. [B, T, In] -> [B, T, C].</summary>
public sealed partial class StatefulRnn(int batch, int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    public Gru Cell { get; } = new(inFeatures, width);
    public Buffer Hidden { get; } = Buffer.Derived(device => Tensor.Zeros([batch, width], device: device), keepDType: false);

    public void Reset() => Hidden.Recompute();

    public Tensor Forward(Tensor x)
    {
        Tensor h = Hidden.Value.Clone();
        var outputs = new Tensor[x.Shape[1]];
        for (int t = 0; t < outputs.Length; t++) outputs[t] = h = Cell.Step(x[.., t], h);
        Hidden.Assign(h);
        return Tensor.Stack(outputs, 1);
    }
}

/// <summary>One network forward and one backward in time. [B, T, In] -> [B, T, 2 * C].</summary>
public sealed partial class BidirectionalLstm(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    public Lstm Ahead { get; } = new(inFeatures, width);
    public Lstm Back { get; } = new(inFeatures, width);

    public Tensor Forward(Tensor x) => Tensor.Cat([Ahead.Forward(x), Back.Forward(x.Flip(1)).Flip(1)], -1);
}

/// <summary>A recurrence of each unit alone, after IndRNN (2018). [B, T, In] -> [B, T, C].</summary>
public sealed partial class IndependentRnn(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    private readonly int _width = width;

    public Linear Input { get; } = new(inFeatures, width);
    public Parameter Recurrent { get; } = new(Tensor.Rand(width));

    public Tensor Forward(Tensor x)
    {
        Tensor u = Input.Forward(x), h = Tensor.Zeros([x.Shape[0], _width], u.DType, u.Device);
        var outputs = new Tensor[x.Shape[1]];
        for (int t = 0; t < outputs.Length; t++) outputs[t] = h = (u[.., t] + h * Recurrent).Relu();
        return Tensor.Stack(outputs, 1);
    }
}

/// <summary>A gate between a layer and its input, after highway networks (2015). [B, C] -> [B, C].</summary>
public sealed partial class Highway : Module, IForward<Tensor, Tensor>
{
    public Highway(int width, int layers)
    {
        for (int i = 0; i < layers; i++)
        {
            Transforms.Add(new Linear(width, width));
            Gates.Add(new Linear(width, width));
            Gates[i].Bias!.Assign(-2);
        }
    }

    public ModuleList<Linear> Transforms { get; } = [];
    public ModuleList<Linear> Gates { get; } = [];

    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < Gates.Count; i++)
        {
            Tensor gate = Gates[i].Forward(x).Sigmoid();
            x = gate * Transforms[i].Forward(x).Relu() + (1 - gate) * x;
        }
        return x;
    }
}

/// <summary>An encoder, a decoder and attention between them, after Bahdanau et al. (2014). [B, S], [B, T] -> [B, T, V].</summary>
public sealed partial class Seq2Seq(int sourceWords, int targetWords, int width) : Module
{
    public Embedding Source { get; } = new(sourceWords, width);
    public Embedding Target { get; } = new(targetWords, width);
    public Gru Encoder { get; } = new(width, width);
    public Gru Decoder { get; } = new(2 * width, width);
    public Linear QueryLayer { get; } = new(width, width, bias: false);
    public Linear KeyLayer { get; } = new(width, width, bias: false);
    public Parameter Energy { get; } = new(Tensor.Rand(width));
    public Linear Out { get; } = new(width, targetWords);

    public Tensor Forward(Tensor source, Tensor target)
    {
        Tensor memory = Encoder.Forward(Source.Forward(source)), keys = KeyLayer.Forward(memory), words = Target.Forward(target);
        Tensor h = memory[.., ^1];
        var outputs = new Tensor[target.Shape[1]];
        for (int t = 0; t < outputs.Length; t++)
        {
            Tensor scores = ((QueryLayer.Forward(h).Unsqueeze(1) + keys).Tanh() * Energy).Sum(-1);
            Tensor context = scores.Softmax(-1).Unsqueeze(1).MatMul(memory).Squeeze(1);
            h = Decoder.Step(Tensor.Cat([words[.., t], context], -1), h);
            outputs[t] = Out.Forward(h);
        }
        return Tensor.Stack(outputs, 1);
    }
}
