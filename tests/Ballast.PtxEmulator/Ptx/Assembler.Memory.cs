using unsafe Handler = delegate*<Ballast.PtxEmulation.Warp, Ballast.PtxEmulation.Instr*, void>;

namespace Ballast.PtxEmulation;

/// <summary>The choice of a handler by opcode: memory, conversions, instructions across lanes.</summary>
internal sealed unsafe partial class Assembler
{
    private void Access(Modifiers m, List<Operand> o)
    {
        bool store = m.Name == "st";
        PtxType type = m.TakeType();
        string space = m.TakeOne("", "param", "global", "shared", "local", "const");
        m.TakeOne("", "volatile", "relaxed", "acquire", "release", "weak");
        m.TakeOne("", "cta", "gpu", "sys");
        m.TakeOne("", "ca", "cg", "cs", "lu", "cv", "wb", "wt");
        m.TakeOne("", "L1::no_allocate", "L1::evict_last");
        if (m.Take("nc") && (store || space != "global")) throw Unknown(m);
        int count = m.TakeOne("", "v2", "v4") switch { "v2" => 2, "v4" => 4, _ => 1 };
        Count(m, o, 2);
        (Operand address, Operand value) = store ? (o[0], o[1]) : (o[1], o[0]);
        if (address.Kind != OperandKind.Address) throw new PtxException(m.Line, $"{m.Opcode}: an address in brackets was expected.");
        List<Operand> values = value.Kind == OperandKind.Vector ? value.Parts : [value];
        if (values.Count != count) throw new PtxException(m.Line, $"{m.Opcode} has {values.Count} registers; {count} were expected.");
        if (count * Modifiers.Bytes(type) > 16) throw new PtxException(m.Line, $"{m.Opcode} moves more than 16 bytes.");
        if (store && space == "const") throw Unknown(m);

        int wide = 0;
        int[] rows = new int[count];
        for (int n = 0; n < count; n++)
        {
            rows[n] = store ? Source(values[n], type, true) : Destination(values[n], type, true);
            if (rows[n] == -1) throw new PtxException(m.Line, $"{m.Opcode}: the sink is not known here.");
            wide = Math.Max(wide, values[n].Kind == OperandKind.Register && values[n].Symbol.Register == RegisterKind.Word64 ? 8 : 4);
        }
        if (values[0].Kind == OperandKind.Immediate) wide = Modifiers.Bytes(type) == 8 ? 8 : 4;
        Instr i = Plain(null, m.Line) with { List = List(rows), ListCount = count };
        Place(m, address, space, ref i);
        bool parameter = i.Space == Space.Param && !store && address.Base!.Kind == OperandKind.Symbol;
        i.Exec = store ? StoreHandler(type, wide == 8) : parameter ? ParameterHandler(type, wide == 8) : LoadHandler(type, wide == 8);
        if (store && i.Space == Space.Param) throw new PtxException(m.Line, "a kernel's parameters cannot be written.");
        if (parameter) i.Imm = (long)address.Base!.Symbol.At + address.Base.Offset + address.Offset;
        _code.Add(i);
    }

    private void Place(Modifiers m, Operand address, string space, ref Instr i)
    {
        Operand at = address.Base!;
        i.Imm = address.Offset;
        i.Guess = -1;
        i.Space = space switch
        {
            "" => Space.Generic,
            "global" or "const" => Space.Global,
            "shared" => Space.Shared,
            "local" => Space.Local,
            _ => Space.Param,
        };
        if (at.Kind == OperandKind.Symbol)
        {
            SymbolKind kind = at.Symbol.Kind;
            if (space == "param") i.Space = kind == SymbolKind.Parameter ? Space.Param : Space.Local;
            SymbolKind expected = i.Space switch
            {
                Space.Param => SymbolKind.Parameter,
                Space.Local => SymbolKind.Local,
                Space.Shared => SymbolKind.Shared,
                Space.Global => SymbolKind.Global,
                _ => kind,
            };
            if (kind != expected || (i.Space == Space.Generic && kind != SymbolKind.Global))
                throw new PtxException(m.Line, $"{m.Opcode}: {at.Text} lies in another space ({kind}).");
            i.A = Source(at, PtxType.U64);
            return;
        }
        if (at.Kind == OperandKind.Register && at.Symbol.Register == RegisterKind.Word32)
        {
            if (i.Space is Space.Global or Space.Generic) throw new PtxException(m.Line,
                $"{m.Opcode}: {at.Text} is too narrow for an address.");
            i.Narrow = true;
            i.A = Source(at, PtxType.B32);
        }
        else
        {
            i.A = Source(at, PtxType.B64);
        }
        // Inside a function put in line, parameters are local variables of the caller.
        if (i.Space == Space.Param && _inCall) i.Space = Space.Local;
    }

    private static Handler LoadHandler(PtxType type, bool wide) => (type, wide) switch
    {
        (PtxType.U8 or PtxType.B8, false) => &Memory.Load<byte, uint>,
        (PtxType.S8, false) => &Memory.Load<sbyte, int>,
        (PtxType.U16 or PtxType.B16 or PtxType.F16 or PtxType.BF16, false) => &Memory.Load<ushort, uint>,
        (PtxType.S16, false) => &Memory.Load<short, int>,
        (PtxType.U8 or PtxType.B8, true) => &Memory.Load<byte, ulong>,
        (PtxType.S8, true) => &Memory.Load<sbyte, long>,
        (PtxType.U16 or PtxType.B16, true) => &Memory.Load<ushort, ulong>,
        (PtxType.S16, true) => &Memory.Load<short, long>,
        (PtxType.S32, true) => &Memory.Load<int, long>,
        (PtxType.U32 or PtxType.B32, true) => &Memory.Load<uint, ulong>,
        (_, true) => &Memory.Load<ulong, ulong>,
        _ => &Memory.Load<uint, uint>,
    };

    private static Handler ParameterHandler(PtxType type, bool wide) => (type, wide) switch
    {
        (PtxType.U8 or PtxType.B8, false) => &Memory.Parameter<byte, uint>,
        (PtxType.S8, false) => &Memory.Parameter<sbyte, int>,
        (PtxType.U16 or PtxType.B16 or PtxType.F16 or PtxType.BF16, false) => &Memory.Parameter<ushort, uint>,
        (PtxType.S16, false) => &Memory.Parameter<short, int>,
        (PtxType.U8 or PtxType.B8, true) => &Memory.Parameter<byte, ulong>,
        (PtxType.S8, true) => &Memory.Parameter<sbyte, long>,
        (PtxType.U16 or PtxType.B16, true) => &Memory.Parameter<ushort, ulong>,
        (PtxType.S16, true) => &Memory.Parameter<short, long>,
        (PtxType.S32, true) => &Memory.Parameter<int, long>,
        (PtxType.U32 or PtxType.B32, true) => &Memory.Parameter<uint, ulong>,
        (_, true) => &Memory.Parameter<ulong, ulong>,
        _ => &Memory.Parameter<uint, uint>,
    };

    private static Handler StoreHandler(PtxType type, bool wide) => (Modifiers.Bytes(type), wide) switch
    {
        (1, false) => &Memory.Store<byte, uint>,
        (2, false) => &Memory.Store<ushort, uint>,
        (4, false) => &Memory.Store<uint, uint>,
        (1, true) => &Memory.Store<byte, ulong>,
        (2, true) => &Memory.Store<ushort, ulong>,
        (4, true) => &Memory.Store<uint, ulong>,
        _ => &Memory.Store<ulong, ulong>,
    };

    private void Atomic(Modifiers m, List<Operand> o)
    {
        bool result = m.Name == "atom";
        PtxType type = m.TakeType();
        string space = m.TakeOne("", "global", "shared");
        m.TakeOne("", "relaxed", "acquire", "release", "acq_rel");
        m.TakeOne("", "cta", "gpu", "sys");
        AtomicKind kind = m.TakeOne("", "add", "exch", "cas", "min", "max", "and", "or", "xor", "inc", "dec") switch
        {
            "add" => AtomicKind.Add,
            "exch" => AtomicKind.Exchange,
            "cas" => AtomicKind.CompareExchange,
            "min" => AtomicKind.Min,
            "max" => AtomicKind.Max,
            "and" => AtomicKind.And,
            "or" => AtomicKind.Or,
            "xor" => AtomicKind.Xor,
            "inc" => AtomicKind.Inc,
            "dec" => AtomicKind.Dec,
            _ => throw Unknown(m),
        };
        bool fits = kind switch
        {
            AtomicKind.Add => type is PtxType.U32 or PtxType.S32 or PtxType.U64 or PtxType.F32 or PtxType.F64,
            AtomicKind.Exchange or AtomicKind.CompareExchange or AtomicKind.And or AtomicKind.Or or AtomicKind.Xor =>
                type is PtxType.B32 or PtxType.B64,
            AtomicKind.Min or AtomicKind.Max => type is PtxType.U32 or PtxType.S32 or PtxType.U64 or PtxType.S64,
            _ => type is PtxType.U32,
        };
        if (!fits) throw Unknown(m);
        Count(m, o, (result ? 3 : 2) + (kind == AtomicKind.CompareExchange ? 1 : 0));
        int at = result ? 1 : 0;
        Instr i = Plain(&Atomics.Run, m.Line) with
        {
            D = result ? Destination(o[0], type) : -1,
            B = Source(o[at + 1], type),
            Form = (int)kind,
            Form2 = (int)type,
            C = kind == AtomicKind.CompareExchange ? Source(o[at + 2], type) : 0,
        };
        Place(m, o[at], space, ref i);
        _code.Add(i);
    }

    private void Conversion(Modifiers m, List<Operand> o)
    {
        PtxType from = m.TakeType(), to = m.TakeType();
        string rounding = m.TakeOne("", "rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi", "rna");
        bool saturate = m.Take("sat"), flush = m.Take("ftz");
        if (to is PtxType.F16x2 or PtxType.BF16x2)
        {
            Count(m, o, 3);
            if (from != PtxType.F32 || rounding != "rn" || saturate) throw Unknown(m);
            Demand(m, 80, 70);
            _code.Add(Plain(&Convert.Pair, m.Line) with
            {
                D = Destination(o[0], PtxType.B32),
                A = Source(o[1], from),
                B = Source(o[2], from),
                Form = (int)(to == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16),
            });
            return;
        }
        Count(m, o, 2);
        bool fromFloat = Convert.IsFloat(from), toFloat = Convert.IsFloat(to), whole = rounding.EndsWith('i');
        if (to is PtxType.BF16 or PtxType.TF32) Demand(m, 80, 70);
        // Where a value may be rounded, the mode must be stated; elsewhere it must not.
        bool rounds = (fromFloat && !toFloat) || (!fromFloat && toFloat)
            || (fromFloat && toFloat && (Modifiers.Bytes(to) < Modifiers.Bytes(from) || to == PtxType.TF32));
        if (rounds && rounding.Length == 0) throw new PtxException(m.Line, $"{m.Opcode}: the rounding is missing.");
        if (fromFloat && !toFloat && !whole) throw new PtxException(m.Line, $"{m.Opcode}: an integer rounding is needed.");
        if (!fromFloat && !toFloat && rounding.Length > 0) throw Unknown(m);
        if (whole && toFloat && from != to) throw Unknown(m);
        if (rounding == "rna" && to != PtxType.TF32) throw Unknown(m);
        int d = Destination(o[0], to == PtxType.TF32 ? PtxType.B32 : to, true), a = Source(o[1], from, true);
        bool wideIn = o[1].Kind == OperandKind.Register ? o[1].Symbol.Register == RegisterKind.Word64 : Modifiers.Bytes(from) == 8;
        bool wideOut = o[0].Symbol.Register == RegisterKind.Word64;
        bool exact = wideIn == (Modifiers.Bytes(from) == 8) && wideOut == (Modifiers.Bytes(to) == 8) && !saturate && !flush;
        Handler h = (from, to, rounding) switch
        {
            _ when !exact => &Convert.General,
            (PtxType.S32, PtxType.S64 or PtxType.U64, "") => &Loops.One<SignExtend, int, long>,
            (PtxType.U32, PtxType.S64 or PtxType.U64, "") => &Loops.One<ZeroExtend, uint, ulong>,
            (PtxType.S64 or PtxType.U64, PtxType.S32 or PtxType.U32, "") => &Loops.One<LowWord, ulong, uint>,
            (PtxType.S32, PtxType.F32, "rn") => &Loops.One<F32OfS32, int, float>,
            (PtxType.U32, PtxType.F32, "rn") => &Loops.One<F32OfU32, uint, float>,
            (PtxType.F32, PtxType.F64, "") => &Loops.One<F64OfF32, float, double>,
            (PtxType.F64, PtxType.F32, "rn") => &Loops.One<F32OfF64, double, float>,
            (PtxType.F16, PtxType.F32, "") => &Loops.One<F32OfF16, uint, float>,
            _ => &Convert.General,
        };
        Rounding mode = rounding.Length < 2 ? Rounding.Nearest : rounding[1] switch
        {
            'n' => Rounding.Nearest,
            'z' => Rounding.Zero,
            'm' => Rounding.Down,
            _ => Rounding.Up,
        };
        _code.Add(Plain(h, m.Line) with
        {
            D = d,
            A = a,
            Form = (int)to | ((int)from << 8),
            Form2 = (int)mode | (saturate ? 4 : 0) | (whole ? 8 : 0) | (flush ? 16 : 0) | (wideOut ? 32 : 0) | (wideIn ? 64 : 0),
        });
    }

    private void Demand(Modifiers m, int target, int version)
    {
        if (_module.Target < target || _module.Version < version)
            throw new PtxException(m.Line, $"{m.Opcode} needs .target sm_{target} and .version {version / 10}.{version % 10}.");
    }

    private void AcrossLanes(Modifiers m, List<Operand> o)
    {
        switch (m.Name)
        {
            case "shfl":
                if (!m.Take("sync") || !m.Take("b32")) throw Unknown(m);
                Count(m, o, 5);
                int form = m.TakeOne("", "up", "down", "bfly", "idx") switch
                {
                    "up" => 0,
                    "down" => 1,
                    "bfly" => 2,
                    "idx" => 3,
                    _ =>
                    throw Unknown(m)
                };
                _code.Add(Together(&WarpOps.Shuffle, m.Line, Source(o[4], PtxType.B32)) with
                {
                    D = Destination(o[0], PtxType.B32),
                    E = o[0].Second is null ? -1 : Destination(o[0].Second!, PtxType.Pred),
                    A = Source(o[1], PtxType.B32),
                    B = Source(o[2], PtxType.B32),
                    C = Source(o[3], PtxType.B32),
                    Form = form,
                    List = List(Source(o[4], PtxType.B32)),
                    ListCount = 1,
                });
                return;
            case "vote":
                if (!m.Take("sync")) throw Unknown(m);
                int vote = m.TakeOne("", "all", "any", "uni", "ballot") switch
                {
                    "all" => 0,
                    "any" => 1,
                    "uni" => 2,
                    "ballot" => 3,
                    _ =>
                    throw Unknown(m)
                };
                PtxType type = m.TakeType();
                if (type != (vote == 3 ? PtxType.B32 : PtxType.Pred)) throw Unknown(m);
                Count(m, o, 3);
                _code.Add(Together(&WarpOps.Vote, m.Line, Source(o[2], PtxType.B32)) with
                {
                    D = Destination(o[0], type),
                    A = Source(o[1], PtxType.Pred),
                    B = Source(o[2], PtxType.B32),
                    Form = vote,
                    Form2 = o[1].Negated ? 1 : 0,
                });
                return;
            case "activemask":
                if (!m.Take("b32")) throw Unknown(m);
                Count(m, o, 1);
                _code.Add(Plain(&WarpOps.ActiveMask, m.Line) with { D = Destination(o[0], PtxType.B32) });
                return;
            case "redux":
                if (!m.Take("sync")) throw Unknown(m);
                PtxType of = m.TakeType();
                Demand(m, 80, 70);
                int redux = m.TakeOne("", "add", "min", "max", "and", "or", "xor") switch
                {
                    "add" => 0,
                    "min" => 1,
                    "max" => 2,
                    "and" => 3,
                    "or" => 4,
                    "xor" => 5,
                    _ => throw Unknown(m),
                };
                Count(m, o, 3);
                _code.Add(Together(&WarpOps.Redux, m.Line, Source(o[2], PtxType.B32)) with
                {
                    D = Destination(o[0], of),
                    A = Source(o[1], of),
                    B = Source(o[2], PtxType.B32),
                    Form = redux,
                    Form2 = of == PtxType.S32
                        ? 1 : 0,
                });
                return;
            case "mma":
                MatrixMultiply(m, o);
                return;
            case "ldmatrix":
                if (!m.Take("sync") || !m.Take("aligned") || !m.Take("m8n8") || !m.Take("shared") || !m.Take("b16")) throw Unknown(m);
                Demand(m, 75, 65);
                int matrices = m.TakeOne("", "x1", "x2", "x4") switch { "x1" => 1, "x2" => 2, "x4" => 4, _ => throw Unknown(m) };
                Count(m, o, 2);
                List<Operand> into = o[0].Kind == OperandKind.Vector ? o[0].Parts : [o[0]];
                if (into.Count != matrices || o[1].Kind != OperandKind.Address) throw Unknown(m);
                Instr i = Together(&Matrix.LoadMatrix, m.Line) with
                {
                    List = List([.. into.Select(p =>
                        Destination(p, PtxType.B32))]),
                    ListCount = matrices,
                    Form = matrices,
                    Form2 = m.Take("trans") ? 1 : 0,
                };
                Place(m, o[1], "shared", ref i);
                _code.Add(i);
                return;
            default:
                AsyncCopy(m, o);
                return;
        }
    }

    private void MatrixMultiply(Modifiers m, List<Operand> o)
    {
        if (!m.Take("sync") || !m.Take("aligned") || !m.Take("row") || !m.Take("col")) throw Unknown(m);
        string shape = m.TakeOne("", "m16n8k16", "m16n8k8", "m16n8k4");
        PtxType c = m.TakeType(), b = m.TakeType(), a = m.TakeType(), d = m.TakeType();
        if (a != b || c != PtxType.F32 || d != PtxType.F32) throw Unknown(m);
        int k = (shape, a) switch
        {
            ("m16n8k16", PtxType.F16 or PtxType.BF16) => 16,
            ("m16n8k8", PtxType.F16 or PtxType.BF16 or PtxType.TF32) => 8,
            ("m16n8k4", PtxType.TF32) => 4,
            _ => throw Unknown(m),
        };
        if (shape == "m16n8k8" && a == PtxType.F16) Demand(m, 75, 65);
        else Demand(m, 80, 70);
        Count(m, o, 4);
        int words = a == PtxType.TF32 ? k : k / 2;
        int[] expected = [4, words / 2, words / 4, 4];
        for (int n = 0; n < 4; n++)
        {
            if (o[n].Kind != OperandKind.Vector || o[n].Parts.Count != expected[n])
                throw new PtxException(m.Line, $"{m.Opcode}: operand {n + 1} must have {expected[n]} registers in braces.");
        }
        List<int> rows = [];
        rows.AddRange(o[0].Parts.Select(p => Destination(p, PtxType.F32)));
        rows.AddRange(o[3].Parts.Select(p => Source(p, PtxType.F32)));
        rows.AddRange(o[1].Parts.Select(p => Source(p, PtxType.B32)));
        rows.AddRange(o[2].Parts.Select(p => Source(p, PtxType.B32)));
        _code.Add(Together(&Matrix.Multiply, m.Line) with { List = List([.. rows]), ListCount = rows.Count, Form = k, Form2 = (int)a });
    }

    private void AsyncCopy(Modifiers m, List<Operand> o)
    {
        if (!m.Take("async")) throw Unknown(m);
        Demand(m, 80, 70);
        if (m.Take("commit_group"))
        {
            Count(m, o, 0);
            _code.Add(Plain(&AsyncCopies.Commit, m.Line));
            return;
        }
        if (m.Take("wait_all"))
        {
            Count(m, o, 0);
            _code.Add(Plain(&AsyncCopies.Wait, m.Line) with { Form = -1 });
            return;
        }
        if (m.Take("wait_group"))
        {
            Count(m, o, 1);
            _code.Add(Plain(&AsyncCopies.Wait, m.Line) with { Form = Known(o[0]) });
            return;
        }
        bool l2 = m.Take("cg");
        if (l2 == m.Take("ca") || !m.Take("shared") || !m.Take("global")) throw Unknown(m);
        Count(m, o, 3, 4);
        int bytes = Known(o[2]);
        if (bytes is not 16 && (l2 || bytes is not (4 or 8))) throw new PtxException(m.Line, $"{m.Opcode} cannot copy {bytes} bytes.");
        Instr from = Plain(&AsyncCopies.Source, m.Line) with { Form = bytes };
        Instr to = Plain(&AsyncCopies.Target, m.Line) with { Form = bytes, C = o.Count == 4 ? Source(o[3], PtxType.U32) : -1 };
        Place(m, o[1], "global", ref from);
        Place(m, o[0], "shared", ref to);
        _code.Add(from);
        _code.Add(to);
    }
}
