using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ballast.Cpu;

/// <summary>Gradients of layer and RMS normalisation (whose mean is zero): one pass over the rows for the input, weight and bias.</summary>
internal static unsafe class NormGrad<L, T> where L : struct, IRowLanes<L, T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// Writes the gradients; a tensor without elements is not wanted, and without means they are taken as zero and held fixed.
    /// </summary>
    public static void Run(
        Tensor input, Tensor gradient, Tensor? means, Tensor deviations, Tensor? weight, Tensor dInput, Tensor dWeight, Tensor? dBias)
    {
        long rows = deviations.Elements, length = rows == 0 ? 0 : input.Elements / rows;
        bool wantsWeight = dWeight.Elements > 0, wantsBias = dBias is { Elements: > 0 };
        if (rows == 0)
        {
            Clear(dWeight);
            if (dBias is not null) Clear(dBias);
            return;
        }
        using Dense x = new(input), g = new(gradient), factors = new(weight ?? deviations), mean = new(means ?? deviations),
            deviation = new(deviations);
        // Each piece sums its rows apart; the pieces are then added in order, so the result depends on their number alone.
        int pieces = WorkerPool.ChunkCount(rows, Rows<T>.Grain(length));
        using Dense work = Dense.Work<T>((2 * pieces + 1) * length);
        T* ones = work.Pointer<T>() + 2 * pieces * length;
        if (weight is null) new Span<T>(ones, checked((int)length)).Fill(T.One);
        var body = new Body(
            x.Pointer<T>(), g.Pointer<T>(), weight is null ? ones : factors.Pointer<T>(),
            means is null ? null : mean.Pointer<T>(), deviation.Pointer<T>(),
            dInput.Elements > 0 ? dInput.PointerOf<T>() : null, work.Pointer<T>(), work.Pointer<T>() + pieces * length, rows, length, pieces);
        WorkerPool.For(pieces, 1, ref body);
        if (wantsWeight) Combine(work.Pointer<T>(), pieces, length, dWeight);
        if (wantsBias) Combine(work.Pointer<T>() + pieces * length, pieces, length, dBias!);
    }

    private static void Clear(Tensor tensor)
    {
        if (tensor.Elements > 0) new Span<T>(tensor.PointerOf<T>(), (int)tensor.Elements).Clear();
    }

    private static void Combine(T* partials, int pieces, long length, Tensor output)
    {
        T* to = output.PointerOf<T>();
        System.Buffer.MemoryCopy(partials, to, length * sizeof(T), length * sizeof(T));
        for (int piece = 1; piece < pieces; piece++) RowLoops<L, T>.Add(partials + piece * length, to, length);
    }

    /// <summary>The sums of one row, and what its elements become.</summary>
    private struct Sums(T mean, T deviation)
    {
        public L M = L.All(mean), D = L.All(deviation), Sum = L.All(T.Zero), Dot = L.All(T.Zero);

        /// <summary>Adds gw and gw·x̂, and gives g·x̂ for the weight.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public L Add(L x, L g, L weight)
        {
            L hat = (x - M) * D, weighted = g * weight;
            Sum += weighted;
            Dot = L.MulAdd(weighted, hat, Dot);
            return g * hat;
        }

        /// <summary>Turns the sums into means.</summary>
        public void Close(T count, bool centred)
        {
            Sum = L.All(centred ? L.Sum(Sum) / count : T.Zero);
            Dot = L.All(L.Sum(Dot) / count);
        }

        /// <summary>dx = d·(gw − Σgw/n − x̂·Σ(gw·x̂)/n), where x̂ = (x − mean)·d and gw = g·weight.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly L Slope(L x, L g, L weight) => (g * weight - Sum - (x - M) * D * Dot) * D;
    }

    private readonly struct Body(
        T* x, T* g, T* weight, T* means, T* deviations, T* dx, T* dWeights, T* dBiases, long rows, long n, int pieces) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (long piece = begin; piece < end; piece++)
            {
                T* dWeight = dWeights + piece * n, dBias = dBiases + piece * n;
                new Span<T>(dWeight, (int)n).Clear();
                new Span<T>(dBias, (int)n).Clear();
                long row = rows * piece / pieces, last = rows * (piece + 1) / pieces;
                // Two rows at a time halve the traffic of the sums over rows.
                for (; row < last - 1; row += 2) Two(row, dWeight, dBias);
                if (row < last) One(row, dWeight, dBias);
            }
        }

        private Sums Of(long row) => new(means is null ? T.Zero : means[row], deviations[row]);

        private void Two(long row, T* dWeight, T* dBias)
        {
            T* x0 = x + row * n, x1 = x0 + n, g0 = g + row * n, g1 = g0 + n;
            Sums first = Of(row), second = Of(row + 1);
            long i = 0;
            for (; i <= n - L.Count; i += L.Count)
            {
                L a = L.Load(g0 + i), b = L.Load(g1 + i), w = L.Load(weight + i);
                L slope = first.Add(L.Load(x0 + i), a, w) + second.Add(L.Load(x1 + i), b, w);
                L.Store(L.Load(dWeight + i) + slope, dWeight + i);
                L.Store(L.Load(dBias + i) + (a + b), dBias + i);
            }
            if (i < n)
            {
                long count = n - i;
                L zero = L.All(T.Zero), a = L.LoadPart(g0 + i, count, zero), b = L.LoadPart(g1 + i, count, zero);
                L w = L.LoadPart(weight + i, count, zero);
                L slope = first.Add(L.LoadPart(x0 + i, count, zero), a, w) + second.Add(L.LoadPart(x1 + i, count, zero), b, w);
                L.StorePart(L.LoadPart(dWeight + i, count, zero) + slope, dWeight + i, count);
                L.StorePart(L.LoadPart(dBias + i, count, zero) + (a + b), dBias + i, count);
            }
            if (dx is null) return;
            Write(first, x0, g0, dx + row * n);
            Write(second, x1, g1, dx + (row + 1) * n);
        }

        private void One(long row, T* dWeight, T* dBias)
        {
            T* from = x + row * n, grad = g + row * n;
            Sums sums = Of(row);
            L zero = L.All(T.Zero);
            for (long i = 0; i < n; i += L.Count)
            {
                long count = Math.Min(n - i, L.Count);
                L a = L.LoadPart(grad + i, count, zero);
                L slope = sums.Add(L.LoadPart(from + i, count, zero), a, L.LoadPart(weight + i, count, zero));
                L.StorePart(L.LoadPart(dWeight + i, count, zero) + slope, dWeight + i, count);
                L.StorePart(L.LoadPart(dBias + i, count, zero) + a, dBias + i, count);
            }
            if (dx is not null) Write(sums, from, grad, dx + row * n);
        }

        private void Write(Sums sums, T* from, T* grad, T* to)
        {
            sums.Close(T.CreateChecked(n), means is not null);
            long i = 0;
            for (; i <= n - L.Count; i += L.Count) L.Store(sums.Slope(L.Load(from + i), L.Load(grad + i), L.Load(weight + i)), to + i);
            if (i == n) return;
            long count = n - i;
            L zero = L.All(T.Zero), w = L.LoadPart(weight + i, count, zero);
            L.StorePart(sums.Slope(L.LoadPart(from + i, count, zero), L.LoadPart(grad + i, count, zero), w), to + i, count);
        }
    }
}
