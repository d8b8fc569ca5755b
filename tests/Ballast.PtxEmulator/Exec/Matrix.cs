namespace Ballast.PtxEmulation;

/// <summary>mma.sync and ldmatrix, with the fragment layouts of the PTX manual ("group" is lane / 4, "place" lane % 4).</summary>
/// <remarks>Products are exact; the sum over k runs in float64 and is rounded once. Hardware adds with less care.</remarks>
internal static unsafe class Matrix
{
    /// <summary>d = a b + c of 16 x 8 x K. List: D rows 0-3, C rows 0-3, then A's and B's; Form is K, Form2 the PtxType of a and
    /// b.</summary>
    public static void Multiply(Warp w, Instr* i)
    {
        if (w.Active != uint.MaxValue) throw new KernelFault("mma.sync is not run by all 32 lanes together.");
        int k = i->Form;
        PtxType type = (PtxType)i->Form2;
        int perWord = type == PtxType.TF32 ? 1 : 2;
        int aWords = 16 * k / (32 * perWord), bWords = 8 * k / (32 * perWord);
        double* a = stackalloc double[16 * 16], b = stackalloc double[16 * 8];
        uint definedAll = uint.MaxValue;
        for (int r = 0; r < aWords; r++)
        {
            byte* row = w.Row(i->List[8 + r]);
            definedAll &= Warp.Defined(row);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                // Registers go down the rows first, then to the next half of the columns.
                int group = lane >> 2, place = lane & 3, line = group + 8 * (r & 1), column = (place + 4 * (r >> 1)) * perWord;
                uint word = ((uint*)row)[lane];
                for (int e = 0; e < perWord; e++) a[line * k + column + e] = Element(word, e, type);
            }
        }
        for (int r = 0; r < bWords; r++)
        {
            byte* row = w.Row(i->List[8 + aWords + r]);
            definedAll &= Warp.Defined(row);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                int group = lane >> 2, place = lane & 3, line = (place + 4 * r) * perWord;
                uint word = ((uint*)row)[lane];
                for (int e = 0; e < perWord; e++) b[(line + e) * 8 + group] = Element(word, e, type);
            }
        }
        float* result = stackalloc float[4 * Warp.Lanes];
        for (int r = 0; r < 4; r++)
        {
            byte* row = w.Row(i->List[4 + r]);
            definedAll &= Warp.Defined(row);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                int line = (lane >> 2) + 8 * (r >> 1), column = 2 * (lane & 3) + (r & 1);
                double sum = ((float*)row)[lane];
                for (int q = 0; q < k; q++) sum += a[line * k + q] * b[q * 8 + column];
                float value = (float)sum;
                result[r * Warp.Lanes + lane] = float.IsNaN(value) ? BitConverter.Int32BitsToSingle(0x7fffffff) : value;
            }
        }
        // One undefined word spoils a row or column of the result: it counts for all of it.
        for (int r = 0; r < 4; r++)
        {
            byte* row = w.Row(i->List[r]);
            new Span<float>(result + r * Warp.Lanes, Warp.Lanes).CopyTo(new Span<float>(row, Warp.Lanes));
            w.Define(row, definedAll == uint.MaxValue ? uint.MaxValue : 0);
        }
    }

    private static double Element(uint word, int e, PtxType type) => type switch
    {
        PtxType.TF32 => BitConverter.UInt32BitsToSingle(word & 0xffffe000),
        PtxType.BF16 => BitConverter.UInt32BitsToSingle(e == 0 ? word << 16 : word & 0xffff0000),
        _ => (double)BitConverter.UInt16BitsToHalf((ushort)(word >> (16 * e))),
    };

    /// <summary>ldmatrix.m8n8.b16: Form matrices of 8 rows of 16 bytes; lanes 8 n to 8 n + 7 give the rows of matrix n; Form2 for
    /// .trans.</summary>
    public static void LoadMatrix(Warp w, Instr* i)
    {
        if (w.Active != uint.MaxValue) throw new KernelFault("ldmatrix is not run by all 32 lanes together.");
        // Lanes beyond the matrices' rows give no address: they take lane 0's, which is valid.
        ulong* given = (ulong*)w.Row(i->A);
        ulong* kept = stackalloc ulong[Warp.Lanes];
        int rows = 8 * i->Form;
        for (int n = rows; n < Warp.Lanes; n++)
        {
            kept[n] = given[n];
            given[n] = given[0];
        }
        Memory.Resolve(w, i, 16, Memory.AccessKind.Read);
        for (int n = rows; n < Warp.Lanes; n++) given[n] = kept[n];
        for (int matrix = 0; matrix < i->Form; matrix++)
        {
            uint* d = (uint*)w.Row(i->List[matrix]);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                int line = lane >> 2, column = 2 * (lane & 3);
                ushort low, high;
                if (i->Form2 == 0)
                {
                    ushort* source = (ushort*)w.Host[8 * matrix + line];
                    (low, high) = (source[column], source[column + 1]);
                }
                else
                {
                    low = ((ushort*)w.Host[8 * matrix + column])[line];
                    high = ((ushort*)w.Host[8 * matrix + column + 1])[line];
                }
                d[lane] = low | ((uint)high << 16);
            }
            w.Define((byte*)d, uint.MaxValue);
        }
    }
}
