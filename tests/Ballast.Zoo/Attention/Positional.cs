namespace Zoo;

/// <summary>Scores fall off with distance, after ALiBi (2021). [B, T, C] -> [B, T, C].</summary>
public sealed partial class AlibiAttention(int width, int heads) : Module, IForward<Tensor, Tensor>
{
    public Linear Input { get; } = new(width, 3 * width);
    public Linear Output { get; } = new(width, width);
    public AlibiSlopes Slopes { get; } = new(heads);
    public CausalMask Mask { get; } = new(8);

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[1];
        Tensor[] parts = Input.Forward(x).Chunk(3, -1);
        Tensor q = HeadShapes.Split(parts[0], heads), k = HeadShapes.Split(parts[1], heads), v = HeadShapes.Split(parts[2], heads);
        Tensor scores = q.MatMul(k.T) / Math.Sqrt(q.Shape[^1]) + Slopes.Bias(T, T).To(x.DType);
        return Output.Forward(HeadShapes.Merge(scores.MaskedFill(Mask.For(T), double.NegativeInfinity).Softmax(-1).MatMul(v)));
    }
}

/// <summary>Queries and keys turned by their place, after RoFormer (2021). [B, T, C] -> [B, T, C].</summary>
public sealed partial class RotaryAttention : Module, IForward<Tensor, Tensor>
{
    public RotaryAttention(int width, int heads)
    {
        Heads = heads;
        Query = new(width, width, bias: false);
        Key = new(width, width, bias: false);
        Value = new(width, width, bias: false);
        Out = new(width, width, bias: false);
        Rotary = new(width / heads, length: 4);
    }

    public int Heads { get; }
    public Linear Query { get; }
    public Linear Key { get; }
    public Linear Value { get; }
    public Linear Out { get; }
    public RotaryTable Rotary { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor q = Rotary.Apply(HeadShapes.Split(Query.Forward(x), Heads)), k = Rotary.Apply(HeadShapes.Split(Key.Forward(x), Heads));
        Tensor y = Tensor.ScaledDotProductAttention(q, k, HeadShapes.Split(Value.Forward(x), Heads), causal: true);
        return Out.Forward(HeadShapes.Merge(y));
    }
}

/// <summary>The rotary table by hand: the inverse frequencies are a buffer, as in many PyTorch models. [B, T, C] -> [B, T, C].</summary>
public sealed partial class HandRotary : Module, IForward<Tensor, Tensor>
{
    public HandRotary(int width)
    {
        Projection = new(width, width);
        InverseFrequency = Buffer.Derived(device =>
            Tensor.From(10000f, device).Pow(Tensor.Arange(0, width, 2, device: device).ToFloat() / -(float)width));
    }

    public Linear Projection { get; }

    [StateName("inv_freq")]
    public Buffer InverseFrequency { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor y = Projection.Forward(x);
        Tensor places = Tensor.Arange(x.Shape[1], device: x.Device).ToFloat();
        Tensor angles = places.Unsqueeze(-1) * InverseFrequency;                     // [T, C / 2]
        Tensor cos = angles.Cos().To(x.DType), sin = angles.Sin().To(x.DType);
        Tensor[] halves = y.Chunk(2, -1);
        return Tensor.Cat([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], -1);
    }
}

/// <summary>A learned bias for each offset within a window, after Swin (2021). [B, W * W, C] -> [B, W * W, C].</summary>
public sealed partial class RelativeBiasAttention : Module, IForward<Tensor, Tensor>
{
    private readonly int _heads;

    public RelativeBiasAttention(int width, int heads, int window)
    {
        _heads = heads;
        Qkv = new(width, 3 * width);
        Proj = new(width, width);
        RelativePositionBiasTable = new(Init.Normal(Tensor.Empty([(2 * window - 1) * (2 * window - 1), heads]), deviation: 0.02));
        RelativePositionIndex = new(Offsets(window));
    }

    public Linear Qkv { get; }
    public Linear Proj { get; }
    public Parameter RelativePositionBiasTable { get; }
    public Buffer RelativePositionIndex { get; }

    public Tensor Forward(Tensor x)
    {
        int N = x.Shape[1];
        Tensor[] parts = Qkv.Forward(x).Chunk(3, -1);
        Tensor q = HeadShapes.Split(parts[0], _heads), k = HeadShapes.Split(parts[1], _heads), v = HeadShapes.Split(parts[2], _heads);
        Tensor bias = RelativePositionBiasTable.Value.IndexSelect(0, RelativePositionIndex.Value.Flatten());
        Tensor scores = q.MatMul(k.T) / Math.Sqrt(q.Shape[^1]) + bias.Reshape(N, N, _heads).Permute(2, 0, 1);
        return Proj.Forward(HeadShapes.Merge(scores.Softmax(-1).MatMul(v)));
    }

    private static Tensor Offsets(int window)
    {
        int n = window * window, span = 2 * window - 1;
        var index = new long[n, n];
        for (int a = 0; a < n; a++)
            for (int b = 0; b < n; b++)
                index[a, b] = (a / window - b / window + window - 1) * span + (a % window - b % window + window - 1);
        return Tensor.From(index);
    }
}

/// <summary>
/// Attention with the keys and values of earlier calls, in buffers that are not saved and empty after a move. [B, T, C] -> [B, T, C].
/// </summary>
public sealed partial class CachedAttention : Module, IForward<Tensor, Tensor>
{
    private readonly int _heads;
    private int _filled;

    public CachedAttention(int width, int heads, int batch, int capacity)
    {
        _heads = heads;
        Input = new(width, 3 * width);
        Output = new(width, width);
        Keys = Buffer.Derived(device => Tensor.Zeros([batch, heads, capacity, width / heads], device: device), keepDType: false);
        Values = Buffer.Derived(device => Tensor.Zeros([batch, heads, capacity, width / heads], device: device), keepDType: false);
    }

    public Linear Input { get; }
    public Linear Output { get; }
    public Buffer Keys { get; }
    public Buffer Values { get; }

    public void Reset()
    {
        _filled = 0;
        Keys.Recompute();
        Values.Recompute();
    }

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[1], total = _filled + T;
        Tensor[] parts = Input.Forward(x).Chunk(3, -1);
        Tensor q = HeadShapes.Split(parts[0], _heads), k = HeadShapes.Split(parts[1], _heads), v = HeadShapes.Split(parts[2], _heads);
        Tensor keys = Tensor.Cat([Keys.Value.Narrow(2, 0, _filled), k], 2), values = Tensor.Cat([Values.Value.Narrow(2, 0, _filled), v], 2);
        using (Autograd.NoGrad())
        {
            Keys[.., .., _filled..total] = k.Detach();
            Values[.., .., _filled..total] = v.Detach();
        }
        _filled = total;
        return Output.Forward(HeadShapes.Merge((q.MatMul(keys.T) / Math.Sqrt(q.Shape[^1])).Softmax(-1).MatMul(values)));
    }
}

/// <summary>Attention that keeps its last weights for a plot: a scratch tensor, said to be one. [B, T, C] -> [B, T, C].</summary>
public sealed partial class WatchedAttention(int width) : Module, IForward<Tensor, Tensor>
{
    public Linear Query { get; } = new(width, width);
    public Linear Key { get; } = new(width, width);
    public Linear Value { get; } = new(width, width);

    [Scratch("the weights of the last call, for a plot")]
    public Tensor? LastWeights { get; private set; }

    public Tensor Forward(Tensor x)
    {
        Tensor weights = (Query.Forward(x).MatMul(Key.Forward(x).T) / Math.Sqrt(width)).Softmax(-1);
        LastWeights = weights.Detach();
        return weights.MatMul(Value.Forward(x));
    }
}
