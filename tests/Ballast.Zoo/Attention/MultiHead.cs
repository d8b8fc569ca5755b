namespace Zoo;

/// <summary>Splitting into heads and back.</summary>
internal static class HeadShapes
{
    /// <summary>[B, T, H * D] -> [B, H, T, D].</summary>
    public static Tensor Split(Tensor x, int heads) => x.Unflatten(-1, heads, x.Shape[^1] / heads).Transpose(1, 2);

    /// <summary>[B, H, T, D] -> [B, T, H * D].</summary>
    public static Tensor Merge(Tensor x) => x.Transpose(1, 2).Flatten(2);
}

/// <summary>Self-attention whose mask is a saved buffer, after GPT-2. [B, T, C] -> [B, T, C].</summary>
public sealed partial class CausalAttention(int width, int heads, int contextLength) : Module, IForward<Tensor, Tensor>
{
    public Linear QueryKeyValue { get; } = new(width, 3 * width);
    public Linear Projection { get; } = new(width, width);
    public Buffer Bias { get; } = new(Tensor.Ones(contextLength, contextLength).Tril().Reshape(1, 1, contextLength, contextLength));
    public Buffer MaskedBias { get; } = Buffer.Derived(device => Tensor.From(-1e4f, device));

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[1];
        Tensor[] parts = QueryKeyValue.Forward(x).Chunk(3, -1);
        Tensor q = HeadShapes.Split(parts[0], heads), k = HeadShapes.Split(parts[1], heads), v = HeadShapes.Split(parts[2], heads);
        Tensor scores = q.MatMul(k.T) / Math.Sqrt(width / heads);
        scores = Tensor.Where(Bias[.., .., ..T, ..T].ToBool(), scores, MaskedBias.Value.To(x.DType));
        return Projection.Forward(HeadShapes.Merge(scores.Softmax(-1).MatMul(v)));
    }
}

/// <summary>Attention from one sequence to another, after the original Transformer. [B, T, C], [B, S, C] -> [B, T, C].</summary>
public sealed partial class CrossAttention(int width, int contextWidth, int heads) : Module
{
    public Linear Query { get; } = new(width, width, bias: false);
    public Linear Key { get; } = new(contextWidth, width, bias: false);
    public Linear Value { get; } = new(contextWidth, width, bias: false);
    public Linear Out { get; } = new(width, width);

    public Tensor Forward(Tensor x, Tensor context)
    {
        Tensor q = HeadShapes.Split(Query.Forward(x), heads);
        Tensor k = HeadShapes.Split(Key.Forward(context), heads), v = HeadShapes.Split(Value.Forward(context), heads);
        Tensor weights = (q.MatMul(k.T) / Math.Sqrt(q.Shape[^1])).Softmax(-1);
        return Out.Forward(HeadShapes.Merge(weights.MatMul(v)));
    }
}

/// <summary>Several query heads share a key head, after GQA (2023). [B, T, C] -> [B, T, C].</summary>
public sealed partial class GroupedQueryAttention(int width, int heads, int keyHeads) : Module, IForward<Tensor, Tensor>
{
    private readonly int _headWidth = width / heads;

    public Linear Query { get; } = new(width, width, bias: false);
    public Linear Key { get; } = new(width, width / heads * keyHeads, bias: false);
    public Linear Value { get; } = new(width, width / heads * keyHeads, bias: false);
    public Linear Out { get; } = new(width, width, bias: false);
    public CausalMask Mask { get; } = new(4);

    public Tensor Forward(Tensor x)
    {
        var (B, T, _) = x.Shape;
        Tensor q = HeadShapes.Split(Query.Forward(x), heads);
        Tensor k = Spread(HeadShapes.Split(Key.Forward(x), keyHeads)), v = Spread(HeadShapes.Split(Value.Forward(x), keyHeads));
        Tensor scores = q.MatMul(k.T) / Math.Sqrt(_headWidth);
        Tensor y = scores.MaskedFill(Mask.For(T), double.NegativeInfinity).Softmax(-1).MatMul(v);
        return Out.Forward(HeadShapes.Merge(y));

        Tensor Spread(Tensor h) =>
            h.Unsqueeze(2).Expand(B, keyHeads, heads / keyHeads, T, _headWidth).Reshape(B, heads, T, _headWidth);
    }
}

/// <summary>Each place sees its own window only, after Longformer (2020). [B, T, C] -> [B, T, C].</summary>
public sealed partial class SlidingWindowAttention : Module, IForward<Tensor, Tensor>
{
    private readonly int _heads;

    public SlidingWindowAttention(int width, int heads, int window, int contextLength)
    {
        _heads = heads;
        Input = new(width, 3 * width);
        Output = new(width, width);
        Outside = Buffer.DerivedFor(contextLength, (device, n) =>
        {
            Tensor ones = Tensor.Ones([n, n], device: device);
            return (ones.Triu(1) + ones.Tril(-window)).ToBool();
        });
    }

    public Linear Input { get; }
    public Linear Output { get; }
    public Buffer Outside { get; }

    public Tensor Forward(Tensor x)
    {
        int T = x.Shape[1];
        Tensor[] parts = Input.Forward(x).Chunk(3, -1);
        Tensor q = HeadShapes.Split(parts[0], _heads), k = HeadShapes.Split(parts[1], _heads), v = HeadShapes.Split(parts[2], _heads);
        Tensor scores = q.MatMul(k.T) / Math.Sqrt(q.Shape[^1]);
        Tensor weights = scores.MaskedFill(Outside.Cover(T)[..T, ..T], double.NegativeInfinity).Softmax(-1);
        return Output.Forward(HeadShapes.Merge(weights.MatMul(v)));
    }
}

/// <summary>Attention by a positive feature map, linear in T, after Katharopoulos et al. (2020). [B, T, C] -> [B, T, C].</summary>
public sealed partial class LinearAttention(int width, int heads, double eps = 1e-6) : Module, IForward<Tensor, Tensor>
{
    public Linear Query { get; } = new(width, width);
    public Linear Key { get; } = new(width, width);
    public Linear Value { get; } = new(width, width);
    public Linear Out { get; } = new(width, width);

    public Tensor Forward(Tensor x)
    {
        Tensor q = Features(HeadShapes.Split(Query.Forward(x), heads)), k = Features(HeadShapes.Split(Key.Forward(x), heads));
        Tensor v = HeadShapes.Split(Value.Forward(x), heads);
        Tensor summary = k.T.MatMul(v), total = k.Sum(-2, keep: true);               // [B, H, D, D], [B, H, 1, D]
        Tensor y = q.MatMul(summary) / ((q * total).Sum(-1, keep: true) + eps);
        return Out.Forward(HeadShapes.Merge(y));
    }

    // elu(x) + 1
    private static Tensor Features(Tensor x) => Tensor.Where(x > 0, x + 1, x.Minimum(0).Exp());
}

/// <summary>The fused op: nothing of size T by T is kept. [B, T, C] -> [B, T, C].</summary>
public sealed partial class FlashAttention(int width, int heads, double dropout = 0) : Module, IForward<Tensor, Tensor>
{
    public Linear QueryKeyValue { get; } = new(width, 3 * width, bias: false);
    public Linear Projection { get; } = new(width, width, bias: false);

    public Tensor Forward(Tensor x)
    {
        Tensor[] parts = QueryKeyValue.Forward(x).Chunk(3, -1);
        Tensor y = Tensor.ScaledDotProductAttention(
            HeadShapes.Split(parts[0], heads), HeadShapes.Split(parts[1], heads), HeadShapes.Split(parts[2], heads),
            causal: true, dropout: Training ? dropout : 0);
        return Projection.Forward(HeadShapes.Merge(y));
    }
}
