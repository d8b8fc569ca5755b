using Ballast;

public sealed partial class CausalAttention(int width, int contextLength) : Module, IForward<Tensor, Tensor>
{
    public Linear Query { get; } = new(width, width, bias: false);
    public Linear Key { get; } = new(width, width, bias: false);
    public Linear Value { get; } = new(width, width, bias: false);
    public Buffer Mask { get; } = new(Tensor.Ones(contextLength, contextLength).Triu(diagonal: 1));

    public Tensor Forward(Tensor x)                                                // [B, T, C] -> [B, T, C]
    {
        int length = x.Shape[1];
        Tensor scores = Query.Forward(x).MatMul(Key.Forward(x).T) / MathF.Sqrt(width);
        scores = scores.MaskedFill(Mask[..length, ..length].ToBool(), float.NegativeInfinity);
        return scores.Softmax(-1).MatMul(Value.Forward(x));
    }
}
