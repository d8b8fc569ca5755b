using System.Numerics;

namespace Ballast.Cpu;

/// <summary>The joint norm in one pass: blocks are summed in the lanes, blocks of a share in float64, the shares in order.</summary>
internal sealed unsafe class JointNormCpu : IKernel<JointNormOp>, ILaneKernel<JointNormOp>
{
    private const long Grain = 32 * 1024, Block = 4096;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in JointNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<JointNormCpu, JointNormOp>(outputs[0].DType, op, inputs, outputs);

    public static void Run<L, T>(in JointNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var dense = new Tensor[inputs.Length];
        for (int i = 0; i < dense.Length; i++) dense[i] = inputs[i].IsContiguous ? inputs[i] : inputs[i].Detach().Contiguous();
        long elements = 0;
        foreach (Tensor tensor in dense) elements += tensor.Elements;
        int pieces = WorkerPool.ChunkCount(elements, Grain);
        var sums = new double[pieces];
        var body = new Pieces<L, T>(dense, elements, sums);
        WorkerPool.For(pieces, 1, ref body);
        double sum = 0;
        foreach (double part in sums) sum += part;
        *outputs[0].PointerOf<T>() = T.CreateSaturating(Math.Sqrt(sum));
        foreach (Tensor tensor in dense) GC.KeepAlive(tensor);
    }

    private readonly struct Pieces<L, T>(Tensor[] tensors, long elements, double[] sums) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end)
        {
            for (long piece = begin; piece < end; piece++)
            {
                long from = Cut(piece), to = Cut(piece + 1), start = 0;
                double sum = 0;
                foreach (Tensor tensor in tensors)
                {
                    long first = Math.Max(from, start) - start, last = Math.Min(to, start + tensor.Elements) - start;
                    if (first < last) sum += Squares(tensor.PointerOf<T>(), first, last);
                    start += tensor.Elements;
                }
                sums[piece] = sum;
            }
        }

        private long Cut(long piece) => (long)((Int128)elements * piece / sums.Length);

        private static double Squares(T* x, long first, long last)
        {
            double sum = 0;
            for (; first < last; first += Block)
            {
                long count = Math.Min(Block, last - first);
                T part = RowLoops<L, T>.Dot(x + first, x + first, count);
                // Squares beyond the largest float32 are added in float64 instead.
                if (T.IsInfinity(part)) for (long i = 0; i < count; i++) sum += Math.Pow(double.CreateChecked(x[first + i]), 2);
                else sum += double.CreateChecked(part);
            }
            return sum;
        }
    }
}

/// <summary>Scales tensors down to a norm; those within it are not touched.</summary>
internal sealed unsafe class ClipToNormCpu : IKernel<ClipToNormOp>, ILaneKernel<ClipToNormOp>
{
    private const long Grain = 32 * 1024;

    public DTypeSet DTypes => DTypeSet.Floating;

    public void Run(in ClipToNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs) =>
        Widest.Run<ClipToNormCpu, ClipToNormOp>(inputs[1].DType, op, inputs, outputs);

    public static void Run<L, T>(in ClipToNormOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        T factor = T.CreateChecked(op.Limit) / (*inputs[0].PointerOf<T>() + T.CreateChecked(1e-6));
        if (factor >= T.One) return;
        var bodies = new Body<L, T>[outputs.Length];
        for (int i = 0; i < bodies.Length; i++) bodies[i] = new Body<L, T>(outputs[i].PointerOf<T>(), factor);
        var all = new Joined<Body<L, T>>(bodies, outputs, 1);
        WorkerPool.For(all.Elements, Grain, ref all);
    }

    private readonly struct Body<L, T>(T* x, T factor) : IRangeBody
        where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long begin, long end) => RowLoops<L, T>.Scale(x + begin, factor, x + begin, end - begin);
    }
}
