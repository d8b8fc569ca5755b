using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>Decodes an entry: statements into instructions, names into rows and addresses; called functions are put in line.</summary>
internal sealed unsafe partial class Assembler
{
    private readonly ModuleReader _module;
    private readonly IReadOnlyDictionary<string, ulong> _globals;
    private readonly List<Token> _tokens;
    private readonly List<Instr> _code = [];
    private readonly List<int[]> _lists = [];
    private readonly List<int> _rows = [];
    private readonly List<(string, int)> _specials = [];
    private readonly Dictionary<string, int> _specialRows = [];
    private readonly Dictionary<(ulong, RegisterKind), int> _constants = [];
    private readonly List<byte> _pool = [];
    private readonly List<(string Name, ulong Start, ulong Length)> _shared = [];
    private readonly List<string> _calls = [];
    private int _registerBytes, _sharedBytes, _declaredShared, _localBytes, _at;
    private Scope _scope = new(null);
    private Dictionary<string, int> _labels = [];
    private List<(int Code, string Label, int Line)> _jumps = [];
    private List<int> _returns = [];
    private bool _inCall;

    private Assembler(ModuleReader module, IReadOnlyDictionary<string, ulong> globals)
    {
        _module = module;
        _globals = globals;
        _tokens = module.Tokens;
    }

    /// <summary>Decodes one entry of a module.</summary>
    public static Kernel Assemble(ModuleReader module, FunctionSource entry, IReadOnlyDictionary<string, ulong> globals, string[] lines)
    {
        Assembler a = new(module, globals);
        return a.Build(entry, lines);
    }

    private Kernel Build(FunctionSource entry, string[] lines)
    {
        int paramBytes = 0;
        List<(int, int)> parameters = [];
        foreach (ParamDeclaration p in entry.Parameters)
        {
            paramBytes = Align(paramBytes, p.Alignment);
            _scope.Add(p.Name, new(SymbolKind.Parameter, (ulong)paramBytes));
            parameters.Add((paramBytes, p.Bytes));
            paramBytes += p.Bytes;
        }
        if (paramBytes > 4352) throw new PtxException(entry.Line, $"{entry.Name} has {paramBytes} bytes of parameters; 4352 are allowed.");
        foreach (GlobalSource g in _module.Globals)
        {
            if (g.Space == ".shared") _scope.Add(g.Name, new(SymbolKind.Shared, AddShared(g.Name, g.Bytes, g.Alignment, g.Line)));
            else _scope.Add(g.Name, new(SymbolKind.Global, _globals[g.Name]));
        }
        Body(entry);
        _code.Add(new Instr { Flow = Flow.Exit, Predicate = Instr.Always, Line = entry.Line });
        List<nint> owned = [];
        Instr* code = (Instr*)Allocate(owned, sizeof(Instr) * _code.Count);
        int total = 0;
        foreach (int[] l in _lists) total += l.Length;
        int* lists = (int*)Allocate(owned, sizeof(int) * Math.Max(total, 1));
        int*[] starts = new int*[_lists.Count];
        for (int n = 0; n < _lists.Count; n++)
        {
            starts[n] = lists;
            foreach (int v in _lists[n]) *lists++ = v;
        }
        for (int n = 0; n < _code.Count; n++)
        {
            code[n] = _code[n];
            if (code[n].List != null) code[n].List = starts[(int)code[n].List - 1];
        }
        byte* constants = (byte*)Allocate(owned, Math.Max(_pool.Count, 1));
        CollectionsMarshal.AsSpan(_pool).CopyTo(new Span<byte>(constants, _pool.Count));
        return new Kernel(entry.Name, lines)
        {
            Code = code,
            CodeLength = _code.Count,
            Constants = constants,
            RegisterBytes = Align(_registerBytes, 64),
            Rows = [.. _rows],
            Specials = [.. _specials],
            SharedStarts = [.. _shared.Select(s => s.Start)],
            SharedLengths = [.. _shared.Select(s => s.Length)],
            SharedNames = [.. _shared.Select(s => s.Name)],
            SharedBytes = Align(_sharedBytes, 64),
            DeclaredSharedBytes = _declaredShared,
            LocalBytes = Align(_localBytes, 16),
            ParamBytes = paramBytes,
            Params = [.. parameters],
            Required = entry.Required,
            MostThreads = entry.MostThreads,
            Owned = owned,
        };
    }

    private static nint Allocate(List<nint> owned, int bytes)
    {
        nint memory = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        owned.Add(memory);
        return memory;
    }

    private static int Align(int at, int to) => (at + to - 1) / to * to;

    private ulong AddShared(string name, int bytes, int alignment, int line)
    {
        int start = Align(_sharedBytes, Math.Max(alignment, 16));
        _shared.Add((name, (ulong)start, (ulong)bytes));
        _sharedBytes = Block.PadShared(start + bytes);
        _declaredShared = Align(_declaredShared, alignment) + bytes;
        if (_declaredShared > 48 * 1024)
            throw new PtxException(line, $"{_declaredShared} bytes of shared memory are declared; a block has {48 * 1024}.");
        return (ulong)start;
    }

    private ulong AddLocal(int bytes, int alignment)
    {
        int start = Align(_localBytes, Math.Max(alignment, 1));
        _localBytes = start + bytes;
        return (ulong)start;
    }

    private int Row(RegisterKind kind)
    {
        int at = _registerBytes + Warp.Header;
        _registerBytes = at + (kind == RegisterKind.Predicate ? 32 : kind == RegisterKind.Word64 ? 256 : 128);
        _rows.Add(at);
        return at;
    }

    private int Constant(ulong bits, RegisterKind kind)
    {
        if (_constants.TryGetValue((bits, kind), out int at)) return at;
        at = _pool.Count + Warp.Header;
        _constants.Add((bits, kind), Warp.Constant(at));
        byte[] row = new byte[Warp.Header + (kind == RegisterKind.Predicate ? 32 : kind == RegisterKind.Word64 ? 256 : 128)];
        BitConverter.TryWriteBytes(row, uint.MaxValue);
        if (kind == RegisterKind.Word64) MemoryMarshal.Cast<byte, ulong>(row.AsSpan(Warp.Header)).Fill(bits);
        else if (kind == RegisterKind.Predicate) BitConverter.TryWriteBytes(row.AsSpan(Warp.Header), bits != 0 ? uint.MaxValue : 0);
        else MemoryMarshal.Cast<byte, uint>(row.AsSpan(Warp.Header)).Fill((uint)bits);
        _pool.AddRange(row);
        return Warp.Constant(at);
    }

    // A function's statements, from the token after its brace to the one that closes it.
    private void Body(FunctionSource f)
    {
        (Dictionary<string, int> labels, List<(int, string, int)> jumps, List<int> returns, int at) = (_labels, _jumps, _returns, _at);
        (_labels, _jumps, _returns, _at) = ([], [], [], f.Body);
        for (int depth = 1; depth > 0;)
        {
            Token t = _tokens[_at];
            if (t.Is('{'))
            {
                _scope = new Scope(_scope);
                depth++;
                _at++;
            }
            else if (t.Is('}'))
            {
                if (--depth > 0) _scope = _scope.Parent!;
                _at++;
            }
            else
            {
                Statement();
            }
        }
        foreach ((int code, string label, int line) in _jumps)
        {
            if (!_labels.TryGetValue(label, out int target)) throw new PtxException(line, $"there is no label {label}.");
            CollectionsMarshal.AsSpan(_code)[code].Target = target;
        }
        foreach (int code in _returns) CollectionsMarshal.AsSpan(_code)[code].Target = _code.Count;
        (_labels, _jumps, _returns, _at) = (labels, jumps, returns, at);
    }

    private Token Peek() => _tokens[_at];

    private Token Next() => _tokens[_at++];

    private bool Accept(char mark)
    {
        if (!Peek().Is(mark)) return false;
        _at++;
        return true;
    }

    private void Expect(char mark)
    {
        if (!Accept(mark)) throw new PtxException(Peek().Line, $"'{mark}' was expected, not \"{Peek().Text}\".");
    }

    private void Statement()
    {
        Token t = Next();
        if (t.Is(';')) return;
        if (t.Kind == TokenKind.Word && Peek().Is(':'))
        {
            _at++;
            if (!_labels.TryAdd(t.Text, _code.Count)) throw new PtxException(t.Line, $"the label {t.Text} stands twice.");
            return;
        }
        if (t.Kind == TokenKind.Word && t.Text[0] == '.')
        {
            Directive(t);
            return;
        }
        int predicate = Instr.Always;
        bool negated = false;
        if (t.Is('@'))
        {
            negated = Accept('!');
            Token p = Next();
            predicate = Source(Find(p), PtxType.Pred);
            t = Next();
        }
        if (t.Kind != TokenKind.Word) throw new PtxException(t.Line, $"an instruction was expected, not \"{t.Text}\".");
        int first = _code.Count;
        Instruction(t);
        if (predicate == Instr.Always) return;
        if (t.Text.StartsWith("call", StringComparison.Ordinal)) throw new PtxException(t.Line, "a call cannot have a predicate here.");
        foreach (ref Instr i in CollectionsMarshal.AsSpan(_code)[first..])
        {
            i.Predicate = predicate;
            i.Negated = negated;
        }
    }

    private void Directive(Token t)
    {
        switch (t.Text)
        {
            case ".pragma":
            case ".loc":
            case ".file":
                while (!Peek().Is(';') && Peek().Line == t.Line) _at++;
                Accept(';');
                return;
            case ".reg":
                Token type = Next();
                (RegisterKind kind, bool isFloat) = Register(type);
                do
                {
                    Token name = Next();
                    if (Accept('<'))
                    {
                        _scope.AddRange(name.Text, (int)Next().Bits, kind, isFloat);
                        Expect('>');
                    }
                    else
                    {
                        _scope.Add(name.Text, new(SymbolKind.Register, (ulong)Row(kind), kind, isFloat));
                    }
                }
                while (Accept(','));
                Expect(';');
                return;
            case ".param":
            case ".local":
            case ".shared":
                _at--;
                List<Token> tokens = _tokens;
                string space = t.Text;
                ParamDeclaration v = space == ".param" ? ModuleReader.Parameter(tokens, ref _at) : Variable();
                _scope.Add(v.Name, space == ".shared"
                    ? new(SymbolKind.Shared, AddShared(v.Name, v.Bytes, v.Alignment, t.Line))
                    : new(SymbolKind.Local, AddLocal(v.Bytes, v.Alignment)));
                Expect(';');
                return;
            default:
                throw new PtxException(t.Line, $"\"{t.Text}\" is not known inside a function.");
        }
    }

    private ParamDeclaration Variable()
    {
        _at++;
        int alignment = 1;
        if (Peek().Text == ".align")
        {
            alignment = (int)_tokens[_at + 1].Bits;
            _at += 2;
        }
        Token type = Next(), name = Next();
        int bytes = ModuleReader.SizeOf(type.Text, type.Line);
        alignment = Math.Max(alignment, bytes);
        while (Accept('['))
        {
            if (Peek().Kind != TokenKind.Number) throw new PtxException(name.Line,
                $"{name.Text} has no size: dynamic shared memory is not supported.");
            bytes *= (int)Next().Bits;
            Expect(']');
        }
        return new(name.Text, bytes, alignment);
    }

    private static (RegisterKind Kind, bool IsFloat) Register(Token type) => type.Text switch
    {
        ".pred" => (RegisterKind.Predicate, false),
        ".b16" or ".u16" or ".s16" or ".f16" => (RegisterKind.Word16, false),
        ".b32" or ".u32" or ".s32" or ".f16x2" => (RegisterKind.Word32, false),
        ".f32" => (RegisterKind.Word32, true),
        ".b64" or ".u64" or ".s64" => (RegisterKind.Word64, false),
        ".f64" => (RegisterKind.Word64, true),
        _ => throw new PtxException(type.Line, $"registers of type \"{type.Text}\" are not known."),
    };
}
