namespace Ballast.Gpu;

/// <summary>Attention in tiles with a running maximum; heads too wide for local memory go by products.</summary>
internal sealed class AttentionGpu : IKernel<AttentionOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor o = outputs[0], lse = outputs[1];
        if (lse.Elements == 0) return;
        if (op.Past > 0)
        {
            AfterPast(op, inputs, outputs);
            return;
        }
        if (!AttentionTiles.Fit(inputs))
        {
            AttentionByProducts.Forward(op, inputs, o, lse);
            return;
        }
        var tiles = new AttentionTiles(op.Causal, op.Scale, inputs, op.Mask == AttentionMask.None ? null : inputs[3], backward: false);
        tiles.Run("attention", tiles.Queries, o, o.Layout.Offset, lse, lse.Layout.Offset);
    }

    /// <summary>The keys that the last query sees, and for more than one query a mask in place of the kernels' own causal rule.</summary>
    private void AfterPast(in AttentionOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        int queries = inputs[0].Shape[^2], keys = Math.Min(inputs[1].Shape[^2], op.Past + queries);
        Tensor k = inputs[1].Narrow(-2, 0, keys), v = inputs[2].Narrow(-2, 0, keys);
        Tensor? mask = op.Mask == AttentionMask.None ? null : inputs[3].Narrow(-1, 0, keys);
        if (queries > 1) mask = AttentionByProducts.CausalMask(op.Past, mask, [.. inputs[0].Shape.Dims[..^1], keys], inputs[0].Device);
        if (mask is null) Run(new AttentionOp(false, op.Scale, AttentionMask.None), [inputs[0], k, v], outputs);
        else Run(
            new AttentionOp(false, op.Scale, mask.DType == DType.Bool ? AttentionMask.Allowed : AttentionMask.Added),
            [inputs[0], k, v, mask], outputs);
    }
}

/// <summary>The gradients of attention in two passes, over tiles of queries and over tiles of keys: no sum is shared between groups, so
/// results do not vary.</summary>
internal sealed class AttentionGradGpu : IKernel<AttentionGradOp>
{
    public DTypeSet DTypes => DTypeSet.Floating | DTypeSet.Halves;

    public void Run(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        Tensor g = inputs[3], o = GpuDense.Of(inputs[4]), lse = GpuDense.Of(inputs[5]);
        if (lse.Elements == 0 || inputs[1].Shape[^2] == 0)
        {
            foreach (Tensor output in outputs) CopyGpuDriver.Fill(output, 0);
            return;
        }
        Tensor? mask = op.Mask == AttentionMask.None ? null : inputs[6];
        if (op.Past > 0)
        {
            mask = AttentionByProducts.CausalMask(op.Past, mask, [.. lse.Shape.Dims, inputs[1].Shape[^2]], g.Device);
            var masked = new AttentionGradOp(false, op.Scale, mask.DType == DType.Bool ? AttentionMask.Allowed : AttentionMask.Added);
            Run(masked, [.. inputs[..6], mask], outputs);
            return;
        }
        if (!AttentionTiles.Fit(inputs))
        {
            AttentionByProducts.Backward(op, inputs, mask, outputs);
            return;
        }
        var tiles = new AttentionTiles(op.Causal, op.Scale, inputs, mask, backward: true);
        Tensor dots = Tensor.Empty(lse.Shape, lse.DType, lse.Device), dq = outputs[0], dk = outputs[1], dv = outputs[2];
        Arg[] shared = [g, g.Layout.Offset, tiles.Batch(g), AttentionTiles.Steps(g), lse, lse.Layout.Offset, dots, dots.Layout.Offset];
        tiles.Run("attention_grad_query", tiles.Queries, [.. shared, o, o.Layout.Offset, dq, dq.Layout.Offset]);
        tiles.Run("attention_grad_key_value", tiles.Keys, [.. shared, dk, dk.Layout.Offset, dv, dv.Layout.Offset]);
    }
}

/// <summary>Operands and tile sizes of the attention kernels.</summary>
internal readonly struct AttentionTiles
{
    private const int Widest = 128, WidestFloat64 = 64, BackwardForm = 1;

    private readonly GpuRuntime _runtime;
    private readonly Tensor _q;
    private readonly bool _backward;
    private readonly int _wide, _rows;
    private readonly Arg[] _operands;

    public AttentionTiles(bool causal, double scale, ReadOnlySpan<Tensor> inputs, Tensor? mask, bool backward)
    {
        Tensor q = inputs[0], k = inputs[1], v = inputs[2], m = mask ?? q;
        _runtime = GpuRuntime.Of(q);
        _runtime.CheckDType("attention", q.DType);
        _q = q;
        _backward = backward;
        (Queries, Keys) = (q.Shape[^2], k.Shape[^2]);
        int width = Math.Max(q.Shape[^1], v.Shape[^1]);
        _wide = width <= 32 ? 32 : width <= 64 ? 64 : 128;
        (_rows, _) = Sizes(q.DType, _wide, backward);
        DType wide = q.DType == DType.Float64 ? DType.Float64 : DType.Float32;
        int kind = mask is null ? 0 : mask.DType == DType.Bool ? 1 : 2;
        _operands =
        [
            Lengths(q), q, q.Layout.Offset, Batch(q), Steps(q), k, k.Layout.Offset, Batch(k), Steps(k), v, v.Layout.Offset, Batch(v),
            Steps(v), kind == 1 ? m : q, kind == 2 ? m : q, kind == 0 ? 0L : m.Layout.Offset, Batch(m), Steps(m), kind, Queries, Keys,
            q.Shape[^1], v.Shape[^1], Arg.Number(scale, wide), causal ? 1 : 0,
        ];
    }

    public int Queries { get; }

    public int Keys { get; }

    /// <summary>True if a tile of each operand has room in 32 KiB of local memory, and the batch has at most 8 axes.</summary>
    public static bool Fit(ReadOnlySpan<Tensor> inputs) => inputs[0].Rank <= 10
        && Math.Max(inputs[0].Shape[^1], inputs[2].Shape[^1]) <= (inputs[0].DType == DType.Float64 ? WidestFloat64 : Widest);

    /// <summary>Queues one group for each matrix of the batch and each tile of <paramref name="rows"/>.</summary>
    public void Run(string name, int rows, params ReadOnlySpan<Arg> more)
    {
        GpuKernel kernel = _runtime.FileKernel("Attention.cl", name, (_q.DType, _q.DType, _wide + (_backward ? BackwardForm : 0)),
            static key => Defines(key.In, key.Form & ~BackwardForm, (key.Form & BackwardForm) != 0));
        long batch = 1;
        foreach (int length in _q.Shape.Dims[..^2]) batch *= length;
        _runtime.Launch(kernel, new Grid(batch, _rows * 4, (rows + _rows - 1) / _rows), [.. _operands, .. more]);
    }

    /// <summary>Strides of the batch axes.</summary>
    public Arg Batch(Tensor x) => Arg.Vector(Padded(x.Strides[..^2], 0));

    /// <summary>Strides of row and column.</summary>
    public static Arg Steps(Tensor x) => Arg.Vector([x.Strides[^2], x.Strides[^1]]);

    private static Arg Lengths(Tensor x)
    {
        var lengths = new long[x.Rank - 2];
        for (int i = 0; i < lengths.Length; i++) lengths[i] = x.Shape.Dims[i];
        return Arg.Vector(Padded(lengths, 1));
    }

    private static long[] Padded(ReadOnlySpan<long> values, long filler)
    {
        var padded = new long[8];
        padded.AsSpan().Fill(filler);
        values.CopyTo(padded.AsSpan(8 - values.Length));
        return padded;
    }

    /// <summary>Rows of a group and rows of the tiles it walks over, within 32 KiB.</summary>
    private static (int Rows, int Others) Sizes(DType dtype, int wide, bool backward) =>
        dtype == DType.Float64 ? (16, 16) : wide <= 64 ? (32, 32) : backward ? (16, 16) : (32, 16);

    private static string Defines(DType dtype, int wide, bool backward)
    {
        DType compute = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
        (int rows, int others) = Sizes(dtype, wide, backward);
        string t = KernelText.Storage(compute);
        return KernelText.Compute(compute) + $"#define T2 {t}2\n#define T4 {t}4\n#define X {KernelText.Storage(dtype)}\n"
            + $"#define DP {wide}\n#define BQ {rows}\n#define BK {others}\n#define LOAD(p) {KernelText.Load(dtype, "p", "at")}\n"
            + $"#define STORE {KernelText.Store(dtype, compute, "y", "to", "v")}\n";
    }
}

/// <summary>Attention by products and softmax, which writes the T x S scores out: for heads that are too wide for tiles.</summary>
internal static class AttentionByProducts
{
    public static void Forward(in AttentionOp op, ReadOnlySpan<Tensor> inputs, Tensor o, Tensor lse)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor scores = Scores(inputs, op.Causal, op.Scale, op.Mask == AttentionMask.None ? null : inputs[3]);
        if (scores.Shape[^1] == 0)
        {
            CopyGpuDriver.Fill(o, 0);
            CopyGpuDriver.Fill(lse, double.PositiveInfinity);
            return;
        }
        Tensor top = scores.Max(-1, keep: true), blind = top.Eq(double.NegativeInfinity);
        Tensor weights = scores.Sub(top.MaskedFill(blind, 0)).Exp(), sum = weights.Sum(-1, keep: true);
        // A row without any key to see gives zeros: its sum becomes 1 here, and its logarithm +infinity for the gradient.
        CopyGpuDriver.Copy((weights / sum.MaskedFill(blind, 1)).MatMul(Wide(inputs[2])), o);
        CopyGpuDriver.Copy((top + sum.Log()).MaskedFill(blind, double.PositiveInfinity).Squeeze(-1), lse);
    }

    public static void Backward(in AttentionGradOp op, ReadOnlySpan<Tensor> inputs, Tensor? mask, ReadOnlySpan<Tensor> outputs)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor q = Wide(inputs[0]), k = Wide(inputs[1]), v = Wide(inputs[2]), g = Wide(inputs[3]), o = Wide(inputs[4]);
        Tensor weights = (Scores(inputs, op.Causal, op.Scale, mask) - inputs[5].Unsqueeze(-1)).Exp();
        Tensor common = (g * o).Sum(-1, keep: true);
        Tensor slope = weights * (g.MatMul(v.Transpose(-2, -1)) - common) * op.Scale;
        CopyGpuDriver.Copy(slope.MatMul(k), outputs[0]);
        CopyGpuDriver.Copy(slope.Transpose(-2, -1).MatMul(q), outputs[1]);
        CopyGpuDriver.Copy(weights.Transpose(-2, -1).MatMul(g), outputs[2]);
    }

    /// <summary>q·kᵀ·scale with hidden places at minus infinity.</summary>
    private static Tensor Scores(ReadOnlySpan<Tensor> inputs, bool causal, double scale, Tensor? mask)
    {
        Tensor q = Wide(inputs[0]), k = Wide(inputs[1]), scores = q.MatMul(k.Transpose(-2, -1)) * scale;
        if (causal)
        {
            Tensor hidden = Tensor.Arange(q.Shape[^2], device: q.Device).Unsqueeze(1).Lt(Tensor.Arange(k.Shape[^2], device: q.Device));
            scores = scores.MaskedFill(hidden, double.NegativeInfinity);
        }
        if (mask is null) return scores;
        return mask.DType == DType.Bool ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity) : scores + Wide(mask);
    }

    /// <summary>A mask of the scores' shape that lets query i see the keys 0 to past + i, on top of one that is there.</summary>
    public static Tensor CausalMask(int past, Tensor? mask, Shape scores, Device device)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor queries = Tensor.Arange(past, past + scores[^2], device: device).Unsqueeze(1);
        Tensor seen = queries.Ge(Tensor.Arange(scores[^1], device: device)).Expand(scores);
        if (mask is null) return seen;
        return mask.DType == DType.Bool ? mask.LogicalAnd(seen) : mask.MaskedFill(seen.LogicalNot(), double.NegativeInfinity);
    }

    private static Tensor Wide(Tensor x) => x.DType.IsHalf ? x.Detach().To(DType.Float32) : x.Detach();
}
