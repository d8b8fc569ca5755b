using System.Numerics;

namespace Ballast.Cpu;

/// <summary>
/// A whole B in the order in which <see cref="BlockGemm{T,V,L}"/> reads it: blocks of k one after the other, in each the strips of columns
/// side by side. It holds whatever rows of A it meets and however C is cut, so a weight needs it once.
/// </summary>
internal static unsafe class WeightPanels<T, V, L>
    where T : unmanaged, INumberBase<T>
    where L : struct, IGemmLanes<T, V>
{
    private static int Width => 2 * L.Width;

    /// <summary>True if a product on so many threads would pack B anew: a copy of B in the right order serves it.</summary>
    public static bool Serve(in Product<T> product) =>
        product.M > ThinGemm<T, V, L>.MaxRows && product.N > ThinGemm<T, V, L>.MaxRows && product.K > 0
        && !BlockGemm<T, V, L>.ReadsInPlace(in product, product.M);

    /// <summary>The panels of a product's B, made now if there are none; null if there can be none. Release what is returned.</summary>
    /// <remarks>bfloat16 stays as it is: the tile widens it at no cost that shows. float16 is widened, which takes seven instructions a
    /// register and would make the tile slower than packing anew.</remarks>
    public static SpareCopy? Find(ref Product<T> product, Tensor weight, SpareCopies copies)
    {
        var key = new CopyKey(
            weight.DType, weight.Layout.Offset, product.K, product.N, product.RowStrideB, product.ColumnStrideB, Width,
            BlockGemm<T, V, L>.Depth(product.K));
        var kind = product.KindB == ElementKind.BFloat16 ? ElementKind.BFloat16 : ElementKind.Native;
        var copy = copies.Acquire(in key);
        if (copy is null)
        {
            copy = copies.Begin(in key, Bytes(in product, kind));
            if (copy is null) return null;
            Pack(in product, kind, (byte*)copy.Handle);
            copies.Publish(copy);
        }
        Attach(ref product, kind, (byte*)copy.Handle);
        return copy;
    }

    /// <summary>Bytes of the panels with elements of a kind.</summary>
    public static long Bytes(in Product<T> product, ElementKind kind) => (long)Columns(product.N) * product.K * Elements.Size<T>(kind);

    /// <summary>Lets a product read panels.</summary>
    public static void Attach(ref Product<T> product, ElementKind kind, byte* panels)
    {
        product.IsPacked = true;
        product.PanelColumn = 0;
        product.B = panels;
        product.KindB = kind;
        product.RowStrideB = Columns(product.N);
        product.ColumnStrideB = 0;
    }

    /// <summary>Fills panels from B; of B's own kind or of T.</summary>
    public static void Pack(in Product<T> product, ElementKind kind, byte* panels)
    {
        var body = new PackBody(product, kind, panels);
        WorkerPool.For(Columns(product.N) / Width, (64 * 1024 / ((long)product.K * Width)) + 1, ref body);
    }

    private static int Columns(int columns) => (columns + Width - 1) / Width * Width;

    private readonly struct PackBody(Product<T> product, ElementKind kind, byte* panels) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var depth = BlockGemm<T, V, L>.Depth(product.K);
            var columns = Columns(product.N);
            for (var s = (int)begin; s < (int)end; s++)
            {
                var first = s * Width;
                var items = Math.Min(Width, product.N - first);
                for (var p = 0; p < product.K; p += depth)
                {
                    var steps = Math.Min(depth, product.K - p);
                    var at = ((long)p * columns) + ((long)first * steps);
                    var source = product.B + product.BytesB((p * product.RowStrideB) + (first * product.ColumnStrideB));
                    if (kind != ElementKind.Native)
                        Packing.Strip((ushort*)source, product.ColumnStrideB, product.RowStrideB, items, steps, (ushort*)panels + at, Width);
                    else
                        Packing.Strip(product.KindB, source, product.ColumnStrideB, product.RowStrideB, items, steps, (T*)panels + at, Width);
                }
            }
        }
    }
}
