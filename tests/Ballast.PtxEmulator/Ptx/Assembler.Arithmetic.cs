using unsafe Handler = delegate*<Ballast.PtxEmulation.Warp, Ballast.PtxEmulation.Instr*, void>;

namespace Ballast.PtxEmulation;

/// <summary>The choice of a handler by opcode: arithmetic and logic.</summary>
internal sealed unsafe partial class Assembler
{
    private readonly struct Chosen(Handler handler, int sources)
    {
        public readonly Handler Handler = handler;
        public readonly int Sources = sources;
    }

    private void Arithmetic(Modifiers m, List<Operand> o)
    {
        PtxType type = m.Name is "lop3" or "prmt" or "shf" ? PtxType.B32 : m.TakeType();
        if (m.Name is "lop3" or "prmt" or "shf" && !m.Take("b32")) throw Unknown(m);
        if (type == PtxType.Pred)
        {
            Logic(m, o);
            return;
        }
        switch (m.Name)
        {
            case "mul" when m.Take("wide"):
                Wide(m, o, type, false);
                return;
            case "mad" when m.Take("wide"):
                Wide(m, o, type, true);
                return;
            case "popc":
            case "clz":
            case "bfind":
                Count(m, o, 2);
                Handler counts = (m.Name, type) switch
                {
                    ("popc", PtxType.B32) => &Loops.One<Popc32, uint, uint>,
                    ("popc", PtxType.B64) => &Loops.One<Popc64, ulong, uint>,
                    ("clz", PtxType.B32) => &Loops.One<Clz32, uint, uint>,
                    ("clz", PtxType.B64) => &Loops.One<Clz64, ulong, uint>,
                    ("bfind", PtxType.U32) => &Loops.One<BfindU32, uint, uint>,
                    ("bfind", PtxType.S32) => &Loops.One<BfindS32, int, uint>,
                    _ => throw Unknown(m),
                };
                _code.Add(Plain(counts, m.Line) with { D = Destination(o[0], PtxType.U32), A = Source(o[1], type) });
                return;
            case "shl":
            case "shr":
                Count(m, o, 3);
                Handler shift = (m.Name, type) switch
                {
                    ("shl", PtxType.B16) => &Loops.Two<Shl16, uint, uint, uint>,
                    ("shl", PtxType.B32) => &Loops.Two<Shl32, uint, uint, uint>,
                    ("shl", PtxType.B64) => &Loops.Two<Shl64, ulong, uint, ulong>,
                    ("shr", PtxType.U16 or PtxType.B16) => &Loops.Two<ShrU16, uint, uint, uint>,
                    ("shr", PtxType.S16) => &Loops.Two<ShrS16, uint, uint, uint>,
                    ("shr", PtxType.U32 or PtxType.B32) => &Loops.Two<ShrU32, uint, uint, uint>,
                    ("shr", PtxType.S32) => &Loops.Two<ShrS32, int, uint, int>,
                    ("shr", PtxType.U64 or PtxType.B64) => &Loops.Two<ShrU64, ulong, uint, ulong>,
                    ("shr", PtxType.S64) => &Loops.Two<ShrS64, long, uint, long>,
                    _ => throw Unknown(m),
                };
                _code.Add(Plain(shift, m.Line) with { D = Destination(o[0], type), A = Source(o[1], type), B = Source(o[2], PtxType.U32) });
                return;
            case "bfe":
                Count(m, o, 4);
                Handler extract = type switch
                {
                    PtxType.U32 => &Loops.Three<BfeU32, uint, uint, uint, uint>,
                    PtxType.S32 => &Loops.Three<BfeS32, int, uint, uint, int>,
                    PtxType.U64 => &Loops.Three<BfeU64, ulong, uint, uint, ulong>,
                    PtxType.S64 => &Loops.Three<BfeS64, long, uint, uint, long>,
                    _ => throw Unknown(m),
                };
                _code.Add(Plain(extract, m.Line) with
                {
                    D = Destination(o[0], type),
                    A = Source(o[1], type),
                    B = Source(o[2], PtxType.U32),
                    C = Source(o[3], PtxType.U32),
                });
                return;
            case "bfi":
                Count(m, o, 5);
                if (type is not (PtxType.B32 or PtxType.B64)) throw Unknown(m);
                _code.Add(Plain(&WarpOps.InsertBits, m.Line) with
                {
                    D = Destination(o[0], type),
                    A = Source(o[1], type),
                    B = Source(o[2], type),
                    C = Source(o[3], PtxType.U32),
                    E = Source(o[4], PtxType.U32),
                    Form = Modifiers.Bytes(type) * 8,
                });
                return;
            case "lop3":
                Count(m, o, 5);
                _code.Add(Plain(&WarpOps.Lop3, m.Line) with
                {
                    D = Destination(o[0], type),
                    A = Source(o[1], type),
                    B = Source(o[2], type),
                    C = Source(o[3], type),
                    Form = Known(o[4]),
                });
                return;
            case "shf":
                bool left = m.Take("l"), right = m.Take("r"), wrap = m.Take("wrap"), clamp = m.Take("clamp");
                Handler funnel = (left, right, wrap, clamp) switch
                {
                    (true, false, true, false) => &Loops.Three<ShfLeftWrap, uint, uint, uint, uint>,
                    (false, true, true, false) => &Loops.Three<ShfRightWrap, uint, uint, uint, uint>,
                    (true, false, false, true) => &Loops.Three<ShfLeftClamp, uint, uint, uint, uint>,
                    (false, true, false, true) => &Loops.Three<ShfRightClamp, uint, uint, uint, uint>,
                    _ => throw Unknown(m),
                };
                Regular(m, o, type, funnel, 3);
                return;
            case "testp":
                int form = m.TakeOne("", "finite", "infinite", "number", "notanumber", "normal", "subnormal") switch
                {
                    "finite" => 0,
                    "infinite" => 1,
                    "number" => 2,
                    "notanumber" => 3,
                    "normal" => 4,
                    "subnormal" => 5,
                    _ => throw Unknown(m),
                };
                Count(m, o, 2);
                if (type is not (PtxType.F32 or PtxType.F64)) throw Unknown(m);
                _code.Add(Plain(&WarpOps.TestProperty, m.Line) with
                {
                    D = Destination(o[0], PtxType.Pred),
                    A = Source(o[1], type),
                    Form = form,
                    Form2 = type == PtxType.F64 ? 1 : 0,
                });
                return;
            case "sad":
                Handler sad = type == PtxType.S32 ? &Loops.Three<SadS32, int, int, uint, uint>
                    : type == PtxType.U32 ? &Loops.Three<SadU32, uint, uint, uint, uint> : throw Unknown(m);
                Regular(m, o, type, sad, 3);
                return;
            case "prmt":
                Regular(m, o, type, &Loops.Three<Prmt, uint, uint, uint, uint>, 3);
                return;
        }
        Chosen chosen = type switch
        {
            PtxType.F32 => Single(m),
            PtxType.F64 => Double(m),
            PtxType.U16 or PtxType.S16 or PtxType.B16 => Half(m, type),
            PtxType.S32 => Integer<int>(m, type),
            PtxType.U32 or PtxType.B32 => Integer<uint>(m, type),
            PtxType.S64 => Integer<long>(m, type),
            PtxType.U64 or PtxType.B64 => Integer<ulong>(m, type),
            _ => throw Unknown(m),
        };
        Regular(m, o, type, chosen.Handler, chosen.Sources);
    }

    private static PtxException Unknown(Modifiers m) => new(m.Line, $"the instruction \"{m.Opcode}\" is not known to the emulator.");

    private void Regular(Modifiers m, List<Operand> o, PtxType type, Handler h, int sources)
    {
        Count(m, o, sources + 1);
        _code.Add(Plain(h, m.Line) with
        {
            D = Destination(o[0], type),
            A = Source(o[1], type),
            B = sources > 1 ? Source(o[2], type) : 0,
            C = sources > 2 ? Source(o[3], type) : 0,
        });
    }

    private void Logic(Modifiers m, List<Operand> o)
    {
        int form = m.Name switch { "and" => 1, "or" => 2, "xor" => 3, "not" => 4, _ => throw Unknown(m) };
        Count(m, o, form == 4 ? 2 : 3);
        _code.Add(Plain(&Loops.Predicates, m.Line) with
        {
            D = Destination(o[0], PtxType.Pred),
            A = Source(o[1], PtxType.Pred),
            B = form == 4 ? 0 : Source(o[2], PtxType.Pred),
            Form = form,
        });
    }

    private void Wide(Modifiers m, List<Operand> o, PtxType type, bool add)
    {
        PtxType wide = type switch
        {
            PtxType.S32 => PtxType.S64,
            PtxType.U32 => PtxType.U64,
            PtxType.S16 => PtxType.S32,
            PtxType.U16 => PtxType.U32,
            _ => throw Unknown(m),
        };
        Handler h = (type, add) switch
        {
            (PtxType.S32, false) => &Loops.Two<MulWideS, int, int, long>,
            (PtxType.U32, false) => &Loops.Two<MulWideU, uint, uint, ulong>,
            (PtxType.S16, false) => &Loops.Two<MulWideS16, int, int, int>,
            (PtxType.U16, false) => &Loops.Two<MulWideU16, uint, uint, uint>,
            (PtxType.S32, true) => &Loops.Three<MadWideS, int, int, long, long>,
            (PtxType.U32, true) => &Loops.Three<MadWideU, uint, uint, ulong, ulong>,
            _ => throw Unknown(m),
        };
        Count(m, o, add ? 4 : 3);
        _code.Add(Plain(h, m.Line) with
        {
            D = Destination(o[0], wide),
            A = Source(o[1], type),
            B = Source(o[2], type),
            C = add ? Source(o[3], wide) : 0,
        });
    }

    private static Chosen Single(Modifiers m)
    {
        bool approx = m.Take("approx"), full = m.Take("full"), nan = m.Take("NaN"), saturate = m.Take("sat"), flush = m.Take("ftz");
        bool rounded = m.Take("rn");
        if (saturate && m.Name is not ("add" or "sub" or "mul" or "fma" or "mad")) throw Unknown(m);
        if (rounded && m.Name is "min" or "max" or "neg" or "abs" or "copysign") throw Unknown(m);
        if (approx)
        {
            if (rounded) throw Unknown(m);
            return (m.Name, flush) switch
            {
                ("ex2", false) => new(&Loops.One<Ex2, float, float>, 1),
                ("ex2", true) => new(&Loops.One<FtzOne<Ex2>, float, float>, 1),
                ("lg2", false) => new(&Loops.One<Lg2, float, float>, 1),
                ("lg2", true) => new(&Loops.One<FtzOne<Lg2>, float, float>, 1),
                ("rsqrt", false) => new(&Loops.One<RsqrtApprox, float, float>, 1),
                ("rsqrt", true) => new(&Loops.One<FtzOne<RsqrtApprox>, float, float>, 1),
                ("rcp", false) => new(&Loops.One<RcpApprox, float, float>, 1),
                ("rcp", true) => new(&Loops.One<FtzOne<RcpApprox>, float, float>, 1),
                ("sqrt", false) => new(&Loops.One<SqrtApprox, float, float>, 1),
                ("sqrt", true) => new(&Loops.One<FtzOne<SqrtApprox>, float, float>, 1),
                ("sin", false) => new(&Loops.One<SinApprox, float, float>, 1),
                ("sin", true) => new(&Loops.One<FtzOne<SinApprox>, float, float>, 1),
                ("cos", false) => new(&Loops.One<CosApprox, float, float>, 1),
                ("cos", true) => new(&Loops.One<FtzOne<CosApprox>, float, float>, 1),
                ("tanh", false) => new(&Loops.One<TanhApprox, float, float>, 1),
                ("div", false) => new(&Loops.Two<DivApprox, float, float, float>, 2),
                ("div", true) => new(&Loops.Two<FtzTwo<DivApprox>, float, float, float>, 2),
                _ => throw Unknown(m),
            };
        }
        if (full) return m.Name != "div" ? throw Unknown(m)
            : flush ? new(&Loops.Two<FtzTwo<DivFull>, float, float, float>, 2) : new(&Loops.Two<DivFull, float, float, float>, 2);
        if (saturate)
        {
            if (flush) throw Unknown(m);
            return m.Name switch
            {
                "add" => new(&Loops.Vec2<Sat2<AddF32>, float>, 2),
                "sub" => new(&Loops.Vec2<Sat2<SubF32>, float>, 2),
                "mul" => new(&Loops.Vec2<Sat2<MulF32>, float>, 2),
                _ => new(&Loops.Vec3<Sat3<FmaF32>, float>, 3),
            };
        }
        if (nan)
        {
            if (flush) throw Unknown(m);
            return m.Name == "min" ? new(&Loops.Vec2<MinNanF32, float>, 2) : m.Name == "max"
                ? new(&Loops.Vec2<MaxNanF32, float>, 2) : throw Unknown(m);
        }
        // The rounding of fma, div, rcp and sqrt must be stated.
        if (!rounded && m.Name is "fma" or "mad" or "div" or "rcp" or "sqrt" && !rounded) throw Unknown(m);
        return flush
            ? m.Name switch
            {
                "add" => new(&Loops.Vec2<Ftz2<AddF32>, float>, 2),
                "sub" => new(&Loops.Vec2<Ftz2<SubF32>, float>, 2),
                "mul" => new(&Loops.Vec2<Ftz2<MulF32>, float>, 2),
                "div" => new(&Loops.Vec2<Ftz2<DivF32>, float>, 2),
                "min" => new(&Loops.Vec2<Ftz2<MinF32>, float>, 2),
                "max" => new(&Loops.Vec2<Ftz2<MaxF32>, float>, 2),
                "fma" or "mad" => new(&Loops.Vec3<Ftz3<FmaF32>, float>, 3),
                "sqrt" => new(&Loops.Vec1<Ftz1<SqrtF32>, float>, 1),
                "rcp" => new(&Loops.Vec1<Ftz1<RcpF32>, float>, 1),
                "neg" => new(&Loops.Vec1<Ftz1<NegF32>, float>, 1),
                "abs" => new(&Loops.Vec1<Ftz1<AbsF32>, float>, 1),
                _ => throw Unknown(m),
            }
            : m.Name switch
            {
                "add" => new(&Loops.Vec2<AddF32, float>, 2),
                "sub" => new(&Loops.Vec2<SubF32, float>, 2),
                "mul" => new(&Loops.Vec2<MulF32, float>, 2),
                "div" => new(&Loops.Vec2<DivF32, float>, 2),
                "min" => new(&Loops.Vec2<MinF32, float>, 2),
                "max" => new(&Loops.Vec2<MaxF32, float>, 2),
                "copysign" => new(&Loops.Vec2<CopySignF32, float>, 2),
                "fma" or "mad" => new(&Loops.Vec3<FmaF32, float>, 3),
                "sqrt" => new(&Loops.Vec1<SqrtF32, float>, 1),
                "rcp" => new(&Loops.Vec1<RcpF32, float>, 1),
                "neg" => new(&Loops.Vec1<NegF32, float>, 1),
                "abs" => new(&Loops.Vec1<AbsF32, float>, 1),
                _ => throw Unknown(m),
            };
    }

    private static Chosen Double(Modifiers m)
    {
        if (m.Take("approx"))
        {
            bool flush = m.Take("ftz");
            return (m.Name, flush) switch
            {
                ("rsqrt", _) => new(&Loops.One<RsqrtF64, double, double>, 1),
                ("rcp", true) => new(&Loops.One<RcpApproxF64, double, double>, 1),
                _ => throw Unknown(m),
            };
        }
        bool rounded = m.Take("rn");
        if (rounded && m.Name is "min" or "max" or "neg" or "abs" or "copysign") throw Unknown(m);
        if (!rounded && m.Name is "fma" or "mad" or "div" or "rcp" or "sqrt" && !rounded) throw Unknown(m);
        return m.Name switch
        {
            "add" => new(&Loops.Vec2<AddF64, double>, 2),
            "sub" => new(&Loops.Vec2<SubF64, double>, 2),
            "mul" => new(&Loops.Vec2<MulF64, double>, 2),
            "div" => new(&Loops.Vec2<DivF64, double>, 2),
            "min" => new(&Loops.Vec2<MinF64, double>, 2),
            "max" => new(&Loops.Vec2<MaxF64, double>, 2),
            "copysign" => new(&Loops.Vec2<CopySignF64, double>, 2),
            "fma" or "mad" => new(&Loops.Vec3<FmaF64, double>, 3),
            "sqrt" => new(&Loops.Vec1<SqrtF64, double>, 1),
            "rcp" => new(&Loops.Vec1<RcpF64, double>, 1),
            "neg" => new(&Loops.Vec1<NegF64, double>, 1),
            "abs" => new(&Loops.Vec1<AbsF64, double>, 1),
            _ => throw Unknown(m),
        };
    }

    private static Chosen Half(Modifiers m, PtxType type)
    {
        bool signed = type == PtxType.S16, bits = type == PtxType.B16, low = m.Take("lo"), high = m.Take("hi");
        if (bits != m.Name is "and" or "or" or "xor" or "not") throw Unknown(m);
        return (m.Name, signed) switch
        {
            ("and", _) => new(&Loops.Vec2<And<uint>, uint>, 2),
            ("or", _) => new(&Loops.Vec2<Or<uint>, uint>, 2),
            ("xor", _) => new(&Loops.Vec2<Xor<uint>, uint>, 2),
            ("not", _) => new(&Loops.One<Not16, uint, uint>, 1),
            ("neg", true) => new(&Loops.One<Neg16, uint, uint>, 1),
            ("abs", true) => new(&Loops.One<Abs16, uint, uint>, 1),
            ("add", _) => new(&Loops.Two<Low16<AddInt, short>, uint, uint, uint>, 2),
            ("sub", _) => new(&Loops.Two<Low16<SubInt, short>, uint, uint, uint>, 2),
            ("mul", _) when low => new(&Loops.Two<Low16<MulInt, short>, uint, uint, uint>, 2),
            ("mul", true) when high => new(&Loops.Two<Low16<MulHiInt, short>, uint, uint, uint>, 2),
            ("mul", false) when high => new(&Loops.Two<Low16<MulHiInt, ushort>, uint, uint, uint>, 2),
            ("mad", _) when low => new(&Loops.Three<MadLo16, uint, uint, uint, uint>, 3),
            ("min", true) => new(&Loops.Two<Low16<MinInt, short>, uint, uint, uint>, 2),
            ("min", false) => new(&Loops.Two<Low16<MinInt, ushort>, uint, uint, uint>, 2),
            ("max", true) => new(&Loops.Two<Low16<MaxInt, short>, uint, uint, uint>, 2),
            ("max", false) => new(&Loops.Two<Low16<MaxInt, ushort>, uint, uint, uint>, 2),
            ("div", true) => new(&Loops.Two<Low16<Div<int>, short>, uint, uint, uint>, 2),
            ("div", false) => new(&Loops.Two<Low16<Div<int>, ushort>, uint, uint, uint>, 2),
            ("rem", true) => new(&Loops.Two<Low16<Rem<int>, short>, uint, uint, uint>, 2),
            ("rem", false) => new(&Loops.Two<Low16<Rem<int>, ushort>, uint, uint, uint>, 2),
            _ => throw Unknown(m),
        };
    }

    private static Chosen Integer<T>(Modifiers m, PtxType type)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        bool low = m.Take("lo"), high = m.Take("hi");
        bool bits = type is PtxType.B32 or PtxType.B64, signed = type is PtxType.S32 or PtxType.S64,
            wide = type is PtxType.S64 or PtxType.U64 or PtxType.B64;
        if ((low || high) && m.Name is not ("mul" or "mad" or "mul24")) throw Unknown(m);
        if (bits != m.Name is "and" or "or" or "xor" or "not" or "brev") throw Unknown(m);
        return m.Name switch
        {
            "add" => new(&Loops.Vec2<Add<T>, T>, 2),
            "sub" => new(&Loops.Vec2<Sub<T>, T>, 2),
            "and" => new(&Loops.Vec2<And<T>, T>, 2),
            "or" => new(&Loops.Vec2<Or<T>, T>, 2),
            "xor" => new(&Loops.Vec2<Xor<T>, T>, 2),
            "not" => new(&Loops.Vec1<NotBits<T>, T>, 1),
            "min" => new(&Loops.Vec2<Min<T>, T>, 2),
            "max" => new(&Loops.Vec2<Max<T>, T>, 2),
            "neg" when signed => new(&Loops.Vec1<NegInt<T>, T>, 1),
            "abs" when signed => new(&Loops.Vec1<AbsInt<T>, T>, 1),
            "div" => new(&Loops.Quotient<Div<T>, T>, 2),
            "rem" => new(&Loops.Quotient<Rem<T>, T>, 2),
            "mul" when low => new(&Loops.Vec2<MulLo<T>, T>, 2),
            "mad" when low => new(&Loops.Vec3<MadLo<T>, T>, 3),
            "mul" when high && !wide && signed => new(&Loops.Two<MulHi<int, long>, int, int, int>, 2),
            "mul" when high && !wide => new(&Loops.Two<MulHi<uint, ulong>, uint, uint, uint>, 2),
            "mul" when high && signed => new(&Loops.Two<MulHi<long, Int128>, long, long, long>, 2),
            "mul" when high => new(&Loops.Two<MulHi<ulong, UInt128>, ulong, ulong, ulong>, 2),
            "mad" when high && !wide && signed => new(&Loops.Three<MadHi<int, long>, int, int, int, int>, 3),
            "mad" when high && !wide => new(&Loops.Three<MadHi<uint, ulong>, uint, uint, uint, uint>, 3),
            "mad" when high && signed => new(&Loops.Three<MadHi<long, Int128>, long, long, long, long>, 3),
            "mad" when high => new(&Loops.Three<MadHi<ulong, UInt128>, ulong, ulong, ulong, ulong>, 3),
            "mul24" when low && !wide && signed => new(&Loops.Two<Mul24S, int, int, int>, 2),
            "mul24" when low && !wide => new(&Loops.Two<Mul24U, uint, uint, uint>, 2),
            "brev" when !wide => new(&Loops.One<Brev32, uint, uint>, 1),
            "brev" => new(&Loops.One<Brev64, ulong, ulong>, 1),
            _ => throw Unknown(m),
        };
    }
}
