using System.Runtime.CompilerServices;

namespace Ballast;

/// <summary>What the float32 functions need beyond <see cref="ILanes{V, T}"/>.</summary>
/// <remarks>One text for one element and for many, operation by operation, so an element's bits do not depend on where it stands.</remarks>
internal interface IFloat32Lanes<L> : ILanes<L, float> where L : struct, IFloat32Lanes<L>
{
    /// <summary>a · b + c, in one rounding where the processor has the instruction.</summary>
    static abstract L MulAdd(L a, L b, L c);

    /// <summary>a, or the bound that it is beyond; NaN stays NaN.</summary>
    static abstract L Bound(L a, L low, L high);

    /// <summary>a · 2^n for a whole n from −150 to 129, gradual underflow included.</summary>
    static abstract L TimesPower2(L a, L n);

    /// <summary>|a| with the sign of the other.</summary>
    static abstract L CopySign(L a, L sign);

    /// <summary>a without the lower half of its fraction: its square is exact.</summary>
    static abstract L HighBits(L a);
}

/// <summary>Functions of float32 for lanes of any width. Errors are the largest over all float32, in units in the last place (ulp).</summary>
internal static class Float32Functions
{
    /// <summary>e^x, below 1 ulp (1.6 ulp without fused multiply-add); 0 below −104, ∞ above 88.73, NaN stays NaN.</summary>
    /// <remarks>x = n·ln 2 + r, a polynomial on |r| ≤ ½ ln 2, then the scale 2^n.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Exp<L>(L x) where L : struct, IFloat32Lanes<L>
    {
        x = L.Bound(x, L.Const(-104f), L.Const(89f));
        L n = L.Round(x * L.Const(1.44269504f));
        // ln 2 in two parts: the first has 9 bits, so that its product with n is exact.
        L r = L.MulAdd(n, L.Const(-0.693359375f), x);
        r = L.MulAdd(n, L.Const(2.12194440e-4f), r);
        L p = L.MulAdd(L.Const(1.9875691500e-4f), r, L.Const(1.3981999507e-3f));
        p = L.MulAdd(p, r, L.Const(8.3334519073e-3f));
        p = L.MulAdd(p, r, L.Const(4.1665795894e-2f));
        p = L.MulAdd(p, r, L.Const(1.6666665459e-1f));
        p = L.MulAdd(p, r, L.Const(5.0000001201e-1f));
        p = L.MulAdd(p, r * r, r) + L.Const(1f);
        return L.TimesPower2(p, n);
    }

    /// <summary>Hyperbolic tangent, below 2 ulp.</summary>
    /// <remarks>Below 0.625 tanh(x)/x as a polynomial in x² (relative error 4e-9), above it 1 − 2/(e^2x + 1).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Tanh<L>(L x) where L : struct, IFloat32Lanes<L>
    {
        L a = L.Abs(x), square = x * x;
        L near = L.MulAdd(L.Const(-0.0056599810565580895f), square, L.Const(0.020590980545735774f));
        near = L.MulAdd(near, square, L.Const(-0.053721065353642475f));
        near = L.MulAdd(near, square, L.Const(0.13331127499092815f));
        near = L.MulAdd(near, square, L.Const(-0.33333260525113095f));
        near = L.MulAdd(near * square, x, x);
        // e^2x is infinite from 44.4 on, where tanh has long rounded to 1.
        L e = Exp(a + a);
        L far = L.CopySign(L.Const(1f) - L.Const(2f) / (e + L.Const(1f)), x);
        return L.SelectLess(a, L.Const(0.625f), near, far);
    }

    /// <summary>The error function, below 2 ulp.</summary>
    /// <remarks>
    /// Below 1 erf(x)/x as a polynomial in x² (relative error 1.3e-9), above it 1 − e^(−x²)·P(t) with t = 1/(1 + x/2) (1.2e-9).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Erf<L>(L x) where L : struct, IFloat32Lanes<L>
    {
        L a = L.Abs(x), square = x * x;
        L near = L.MulAdd(L.Const(7.853854604091546e-05f), square, L.Const(-0.0008010191579923818f));
        near = L.MulAdd(near, square, L.Const(0.005188327452758098f));
        near = L.MulAdd(near, square, L.Const(-0.026853811812573018f));
        near = L.MulAdd(near, square, L.Const(0.11283585145677606f));
        near = L.MulAdd(near, square, L.Const(-0.3761262582397399f));
        near = L.MulAdd(L.MulAdd(near, square, L.Const(0.1283791657266744f)), x, x);
        L t = L.Const(1f) / L.MulAdd(a, L.Const(0.5f), L.Const(1f));
        L far = L.MulAdd(L.Const(0.05191133878759911f), t, L.Const(-0.08265988906737311f));
        far = L.MulAdd(far, t, L.Const(-0.13045119816143091f));
        far = L.MulAdd(far, t, L.Const(0.2378982717831974f));
        far = L.MulAdd(far, t, L.Const(0.08873420369773055f));
        far = L.MulAdd(far, t, L.Const(0.2757186509532924f));
        far = L.MulAdd(far, t, L.Const(0.2764127927399054f));
        far = L.MulAdd(far, t, L.Const(0.28271565877434246f));
        far = L.MulAdd(far, t, L.Const(-2.9089490269648952e-05f));
        far = L.CopySign(L.Const(1f) - Exp(-square) * far, x);
        return L.SelectLess(a, L.Const(1f), near, far);
    }

    /// <summary>weight · Φ(x).</summary>
    /// <remarks>
    /// The upper tail Q(x) = e^(−x²/2)·t·P(t − ½), t = 1/(1 + 0.3x), fitted on 0 to 15 (relative error 4e-8, tools/fit/fit.py).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L NormalCdf<L>(L x, L weight) where L : struct, IFloat32Lanes<L>
    {
        L one = L.Const(1f), most = L.Const(16f);
        L a = L.Abs(x);
        a = L.SelectLess(most, a, most, a);
        L t = one / L.MulAdd(a, L.Const(0.3f), one), square = a * a, u = t - L.Const(0.5f);
        L p = L.MulAdd(L.Const(-0.0206281822f), u, L.Const(0.0196355078f));
        p = L.MulAdd(p, u, L.Const(0.0359163322f));
        p = L.MulAdd(p, u, L.Const(-0.0364607796f));
        p = L.MulAdd(p, u, L.Const(-0.0775515735f));
        p = L.MulAdd(p, u, L.Const(0.0290565174f));
        p = L.MulAdd(p, u, L.Const(0.222082689f));
        p = L.MulAdd(p, u, L.Const(0.346198827f));
        p = L.MulAdd(p, u, L.Const(0.329158962f));
        p = L.MulAdd(p, u, L.Const(0.221970618f));
        // What a² lost by rounding, from its halves: e^(−a²/2) magnifies it.
        L high = L.HighBits(a), low = a - high;
        L lost = high * high - square + L.Const(2f) * high * low + low * low;
        L tail = weight * (t * p) * (Exp(square * L.Const(-0.5f)) * (one - lost * L.Const(0.5f)));
        L upper = L.SelectLess(x, most, weight - tail, weight);
        return L.SelectLess(L.Const(0f), x, upper, tail);
    }

    /// <summary>weight · ½(1 + tanh(√(2/π)(x + 0.044715x³))), as weight · σ of twice the argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L NormalCdfByTanh<L>(L x, L weight) where L : struct, IFloat32Lanes<L>
    {
        L inner = L.MulAdd(x * x, L.Const(-GeluTanhFormula.Inner * 0.044715), L.Const(-GeluTanhFormula.Inner));
        return weight / (L.Const(1f) + Exp(x * inner));
    }
}
