using unsafe Handler = delegate*<Ballast.PtxEmulation.Warp, Ballast.PtxEmulation.Instr*, void>;

namespace Ballast.PtxEmulation;

/// <summary>The choice of a handler by opcode: control, moves, comparisons.</summary>
internal sealed unsafe partial class Assembler
{
    private Instr Plain(Handler handler, int line) =>
        new() { Exec = handler, Line = line, Predicate = Instr.Always, D = -1, E = -1, Members = -1 };

    // An instruction that the lanes of a mask, or all of them, run together.
    private Instr Together(Handler handler, int line, int members = -1) =>
        Plain(handler, line) with { Flow = Flow.Warp, Members = members };

    private void Instruction(Token t)
    {
        Modifiers m = new(t.Text, t.Line);
        if (m.Name == "call")
        {
            Call(m);
            return;
        }
        List<Operand> o = Operands();
        switch (m.Name)
        {
            case "bra":
                m.Take("uni");
                Count(m, o, 1);
                _jumps.Add((_code.Count, o[0].Text, t.Line));
                _code.Add(Plain(null, t.Line) with { Flow = Flow.Branch });
                break;
            case "ret":
            case "exit":
                m.Take("uni");
                if (m.Name == "ret" && _inCall)
                {
                    _returns.Add(_code.Count);
                    _code.Add(Plain(null, t.Line) with { Flow = Flow.Branch });
                }
                else
                {
                    _code.Add(Plain(null, t.Line) with { Flow = Flow.Exit });
                }
                break;
            case "bar":
            case "barrier":
                Barrier(m, o);
                break;
            case "trap":
            case "brkpt":
                _code.Add(Plain(&WarpOps.Trap, t.Line));
                break;
            case "membar":
                m.TakeOne("", "cta", "gl", "sys");
                _code.Add(Plain(&WarpOps.Nothing, t.Line));
                break;
            case "fence":
                m.TakeOne("", "sc", "acq_rel");
                m.TakeOne("", "cta", "gpu", "sys");
                _code.Add(Plain(&WarpOps.Nothing, t.Line));
                break;
            case "mov":
                Move(m, o);
                break;
            case "setp":
                SetPredicate(m, o);
                break;
            case "selp":
                Select(m, o);
                break;
            case "cvt":
                Conversion(m, o);
                break;
            case "cvta":
                ConvertAddress(m, o);
                break;
            case "isspacep":
                Space space = m.TakeOne("", "global", "shared", "local") switch
                {
                    "global" => Space.Global,
                    "shared" => Space.Shared,
                    "local" => Space.Local,
                    _ => throw new PtxException(t.Line, $"{m.Opcode}: the space is not known."),
                };
                Count(m, o, 2);
                _code.Add(Plain(&WarpOps.IsSpace, t.Line) with
                {
                    D = Destination(o[0], PtxType.Pred),
                    A = Source(o[1], PtxType.U64),
                    Form = (int)space,
                });
                break;
            case "ld":
            case "ldu":
            case "st":
                Access(m, o);
                break;
            case "atom":
            case "red":
                Atomic(m, o);
                break;
            case "prefetch":
            case "prefetchu":
                return;
            case "shfl":
            case "vote":
            case "activemask":
            case "redux":
            case "mma":
            case "ldmatrix":
            case "cp":
                AcrossLanes(m, o);
                break;
            default:
                Arithmetic(m, o);
                break;
        }
        m.End();
    }

    private void Barrier(Modifiers m, List<Operand> o)
    {
        bool warp = m.Take("warp");
        if (!m.Take("sync")) throw new PtxException(m.Line, $"{m.Opcode} is not known to the emulator.");
        m.Take("aligned");
        Count(m, o, 1);
        if (warp)
        {
            int members = Source(o[0], PtxType.B32);
            _code.Add(Together(&WarpOps.SyncWarp, m.Line, members) with { A = members });
            return;
        }
        if (Known(o[0]) != 0) throw new PtxException(m.Line, $"{m.Opcode}: only barrier 0 is known to the emulator.");
        _code.Add(Plain(null, m.Line) with { Flow = Flow.Barrier });
    }

    private void Move(Modifiers m, List<Operand> o)
    {
        PtxType type = m.TakeType();
        Count(m, o, 2);
        if (type == PtxType.Pred)
        {
            _code.Add(Plain(&Loops.Predicates, m.Line) with { D = Destination(o[0], type), A = Source(o[1], type) });
            return;
        }
        int bits = Modifiers.Bytes(type) * 8;
        if (o[1].Kind == OperandKind.Vector)
        {
            PtxType part = Part(m, bits, o[1].Parts.Count);
            _code.Add(Plain(&WarpOps.Pack, m.Line) with
            {
                D = Destination(o[0], type),
                Form = bits / o[1].Parts.Count,
                ListCount = o[1].Parts.Count,
                List = List([.. o[1].Parts.Select(p => Source(p, part))]),
            });
            return;
        }
        if (o[0].Kind == OperandKind.Vector)
        {
            PtxType part = Part(m, bits, o[0].Parts.Count);
            _code.Add(Plain(&WarpOps.Unpack, m.Line) with
            {
                A = Source(o[1], type),
                Form = bits / o[0].Parts.Count,
                ListCount = o[0].Parts.Count,
                List = List([.. o[0].Parts.Select(p => Destination(p, part))]),
            });
            return;
        }
        Handler h = bits == 64 ? &Loops.Vec1<Move<ulong>, ulong> : &Loops.Vec1<Move<uint>, uint>;
        _code.Add(Plain(h, m.Line) with { D = Destination(o[0], type), A = Source(o[1], type) });
    }

    private static PtxType Part(Modifiers m, int bits, int parts) => (bits, parts) switch
    {
        (64, 2) => PtxType.B32,
        (64, 4) or (32, 2) => PtxType.B16,
        _ => throw new PtxException(m.Line, $"{m.Opcode} with {parts} parts is not known."),
    };

    private void SetPredicate(Modifiers m, List<Operand> o)
    {
        PtxType type = m.TakeType();
        string compare = m.TakeOne("", "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu",
            "geu", "num", "nan");
        string combine = m.TakeOne("", "and", "or", "xor");
        if (m.Take("ftz")) throw new PtxException(m.Line, $"{m.Opcode}: .ftz comparisons are not known to the emulator.");
        Count(m, o, combine.Length == 0 ? 3 : 4);
        compare = compare switch { "lo" => "lt", "ls" => "le", "hi" => "gt", "hs" => "ge", _ => compare };
        Handler h = Comparison(m, compare, type);
        Instr i = Plain(h, m.Line) with
        {
            D = Destination(o[0], PtxType.Pred),
            A = Source(o[1], type),
            B = Source(o[2], type),
            E = o[0].Second is null ? -1 : Destination(o[0].Second!, PtxType.Pred),
        };
        if (combine.Length > 0)
        {
            i.C = Source(o[3], PtxType.Pred);
            i.Form = (combine == "and" ? 1 : combine == "or" ? 2 : 3) | (o[3].Negated ? 4 : 0);
        }
        _code.Add(i);
    }

    private static Handler Comparison(Modifiers m, string compare, PtxType type) => type switch
    {
        PtxType.F32 => Floats<float>(m, compare),
        PtxType.F64 => Floats<double>(m, compare),
        PtxType.S32 => Integers<int>(m, compare),
        PtxType.U32 => Integers<uint>(m, compare),
        PtxType.S64 => Integers<long>(m, compare),
        PtxType.U64 => Integers<ulong>(m, compare),
        PtxType.B32 when compare is "eq" or "ne" => Integers<uint>(m, compare),
        PtxType.B64 when compare is "eq" or "ne" => Integers<ulong>(m, compare),
        PtxType.B16 when compare is "eq" or "ne" => Halves(m, compare, false),
        PtxType.U16 => Halves(m, compare, false),
        PtxType.S16 => Halves(m, compare, true),
        _ => throw new PtxException(m.Line, $"{m.Opcode} is not known to the emulator."),
    };

    private static Handler Floats<T>(Modifiers m, string compare)
        where T : unmanaged => compare switch
        {
            "eq" => &Loops.Setp<Eq<T>, T>,
            "ne" => &Loops.Setp<Ne<T>, T>,
            "lt" => &Loops.Setp<Lt<T>, T>,
            "le" => &Loops.Setp<Le<T>, T>,
            "gt" => &Loops.Setp<Gt<T>, T>,
            "ge" => &Loops.Setp<Ge<T>, T>,
            "equ" => &Loops.Setp<Not<Ne<T>, T>, T>,
            "neu" => &Loops.Setp<Neu<T>, T>,
            "ltu" => &Loops.Setp<Not<Ge<T>, T>, T>,
            "leu" => &Loops.Setp<Not<Gt<T>, T>, T>,
            "gtu" => &Loops.Setp<Not<Le<T>, T>, T>,
            "geu" => &Loops.Setp<Not<Lt<T>, T>, T>,
            "num" => &Loops.Setp<Num<T>, T>,
            "nan" => &Loops.Setp<Not<Num<T>, T>, T>,
            _ => throw new PtxException(m.Line, $"{m.Opcode}: the comparison is not known."),
        };

    private static Handler Integers<T>(Modifiers m, string compare)
        where T : unmanaged => compare switch
        {
            "eq" => &Loops.Setp<Eq<T>, T>,
            "ne" => &Loops.Setp<Neu<T>, T>,
            "lt" => &Loops.Setp<Lt<T>, T>,
            "le" => &Loops.Setp<Le<T>, T>,
            "gt" => &Loops.Setp<Gt<T>, T>,
            "ge" => &Loops.Setp<Ge<T>, T>,
            _ => throw new PtxException(m.Line, $"{m.Opcode}: the comparison is not known for integers."),
        };

    private static Handler Halves(Modifiers m, string compare, bool signed) => (compare, signed) switch
    {
        ("eq", _) => &Loops.Setp<Low16U<Eq<uint>>, uint>,
        ("ne", _) => &Loops.Setp<Low16U<Neu<uint>>, uint>,
        ("lt", true) => &Loops.Setp<Low16S<Lt<int>>, int>,
        ("le", true) => &Loops.Setp<Low16S<Le<int>>, int>,
        ("gt", true) => &Loops.Setp<Low16S<Gt<int>>, int>,
        ("ge", true) => &Loops.Setp<Low16S<Ge<int>>, int>,
        ("lt", false) => &Loops.Setp<Low16U<Lt<uint>>, uint>,
        ("le", false) => &Loops.Setp<Low16U<Le<uint>>, uint>,
        ("gt", false) => &Loops.Setp<Low16U<Gt<uint>>, uint>,
        ("ge", false) => &Loops.Setp<Low16U<Ge<uint>>, uint>,
        _ => throw new PtxException(m.Line, $"{m.Opcode}: the comparison is not known for integers."),
    };

    private void Select(Modifiers m, List<Operand> o)
    {
        PtxType type = m.TakeType();
        Count(m, o, 4);
        Handler h = Modifiers.Bytes(type) == 8 ? &Loops.Selp<ulong> : &Loops.Selp<uint>;
        _code.Add(Plain(h, m.Line) with
        {
            D = Destination(o[0], type),
            A = Source(o[1], type),
            B = Source(o[2], type),
            C = Source(o[3], PtxType.Pred),
        });
    }

    private void ConvertAddress(Modifiers m, List<Operand> o)
    {
        bool to = m.Take("to");
        string space = m.TakeOne("", "global", "shared", "local", "const", "param");
        PtxType type = m.TakeType();
        if (type != PtxType.U64 || space is "" or "param") throw new PtxException(m.Line, $"{m.Opcode} is not known to the emulator.");
        Count(m, o, 2);
        ulong window = space == "shared" ? Memory.SharedWindow : space == "local" ? Memory.LocalWindow : 0;
        _code.Add(Plain(&WarpOps.AddWindow, m.Line) with
        {
            D = Destination(o[0], type),
            A = Source(o[1], type),
            Imm = to ? -(long)window : (long)window,
        });
    }

    // call (results), name, (arguments): the function's statements follow here, its parameters are the caller's variables.
    private void Call(Modifiers m)
    {
        m.Take("uni");
        m.End();
        List<Token> results = [], arguments = [];
        if (Accept('('))
        {
            while (!Accept(')'))
            {
                results.Add(Next());
                Accept(',');
            }
            Expect(',');
        }
        Token name = Next();
        if (Accept(','))
        {
            Expect('(');
            while (!Accept(')'))
            {
                arguments.Add(Next());
                Accept(',');
            }
        }
        Expect(';');
        if (!_module.Functions.TryGetValue(name.Text, out FunctionSource? f) || f.Body == 0)
            throw new PtxException(name.Line, $"the function {name.Text} is called but not defined.");
        if (_calls.Contains(f.Name)) throw new PtxException(name.Line, $"{f.Name} calls itself: recursion is not supported.");
        if (f.Parameters.Count != arguments.Count || f.Results.Count != results.Count)
            throw new PtxException(name.Line, $"{f.Name} is called with {arguments.Count} arguments; it has {f.Parameters.Count}.");
        Scope inner = new(Outermost());
        for (int n = 0; n < arguments.Count; n++) inner.Add(f.Parameters[n].Name, Variable(arguments[n], f.Parameters[n]));
        for (int n = 0; n < results.Count; n++) inner.Add(f.Results[n].Name, Variable(results[n], f.Results[n]));
        (Scope before, bool inCall) = (_scope, _inCall);
        (_scope, _inCall) = (inner, true);
        _calls.Add(f.Name);
        Body(f);
        _calls.Remove(f.Name);
        (_scope, _inCall) = (before, inCall);
    }

    private Scope Outermost()
    {
        Scope s = _scope;
        while (s.Parent is not null) s = s.Parent;
        return s;
    }

    private Symbol Variable(Token argument, ParamDeclaration parameter)
    {
        Operand o = Find(argument);
        return o.Kind == OperandKind.Symbol && o.Symbol.Kind == SymbolKind.Local ? o.Symbol
            : throw new PtxException(argument.Line, $"the argument {argument.Text} for {parameter.Name} is not a .param variable.");
    }
}
