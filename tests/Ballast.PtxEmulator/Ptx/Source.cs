namespace Ballast.PtxEmulation;

/// <summary>A parameter of a function, or a .param variable of a call.</summary>
internal readonly record struct ParamDeclaration(string Name, int Bytes, int Alignment);

/// <summary>A function of the text before it is decoded: its parameters and where its body lies among the tokens.</summary>
internal sealed class FunctionSource
{
    public required string Name { get; init; }

    public required bool IsEntry { get; init; }

    public required int Line { get; init; }

    public List<ParamDeclaration> Parameters { get; init; } = [];

    public List<ParamDeclaration> Results { get; init; } = [];

    /// <summary>The first token after the opening brace; 0 for a declaration without a body.</summary>
    public int Body { get; set; }

    public (uint X, uint Y, uint Z) Required { get; set; }

    public uint MostThreads { get; set; }
}

/// <summary>A module-level variable.</summary>
internal sealed record GlobalSource(string Name, string Space, int Bytes, int Alignment, byte[] Initial, int Line);

/// <summary>Reads the module level of a PTX text: directives, variables, functions.</summary>
internal sealed class ModuleReader
{
    private readonly List<Token> _tokens;
    private int _at;

    public ModuleReader(string text)
    {
        Text = text;
        _tokens = Lexer.Split(text);
        Read();
    }

    public string Text { get; }

    public List<Token> Tokens => _tokens;

    public Dictionary<string, FunctionSource> Functions { get; } = [];

    public List<GlobalSource> Globals { get; } = [];

    /// <summary>.target sm_NN.</summary>
    public int Target { get; private set; }

    /// <summary>.version major.minor as 10 major + minor.</summary>
    public int Version { get; private set; }

    public static int SizeOf(string type, int line) => type switch
    {
        ".b8" or ".u8" or ".s8" => 1,
        ".b16" or ".u16" or ".s16" or ".f16" or ".bf16" => 2,
        ".b32" or ".u32" or ".s32" or ".f32" or ".f16x2" => 4,
        ".b64" or ".u64" or ".s64" or ".f64" => 8,
        _ => throw new PtxException(line, $"\"{type}\" is not a known type."),
    };

    private Token Next() => _tokens[_at++];

    private Token Peek() => _tokens[_at];

    private void Expect(char mark)
    {
        Token t = Next();
        if (!t.Is(mark)) throw new PtxException(t.Line, $"'{mark}' was expected, not \"{t.Text}\".");
    }

    private bool Accept(char mark)
    {
        if (!Peek().Is(mark)) return false;
        _at++;
        return true;
    }

    private int Number()
    {
        Token t = Next();
        if (t.Kind != TokenKind.Number) throw new PtxException(t.Line, $"a number was expected, not \"{t.Text}\".");
        return (int)t.Bits;
    }

    private void Read()
    {
        while (Peek().Kind != TokenKind.End)
        {
            Token t = Next();
            switch (t.Text)
            {
                case ".version":
                    Token v = Next();
                    string[] parts = v.Text.Split('.');
                    Version = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture) * 10
                        + (parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0);
                    break;
                case ".target":
                    Token target = Next();
                    if (!target.Text.StartsWith("sm_", StringComparison.Ordinal)
                        || !int.TryParse(target.Text.AsSpan(3).TrimEnd('a'), out int sm))
                        throw new PtxException(target.Line, $".target {target.Text} is not known.");
                    Target = sm;
                    while (Accept(',')) Next();
                    break;
                case ".address_size":
                    if (Number() != 64) throw new PtxException(t.Line, ".address_size must be 64.");
                    break;
                case ".visible":
                case ".weak":
                    break;
                case ".extern":
                    throw new PtxException(t.Line, $"external reference to \"{ExternName()}\": nothing defines it.");
                case ".entry":
                case ".func":
                    Function(t, t.Text == ".entry");
                    break;
                case ".global":
                case ".const":
                case ".shared":
                    Variable(t);
                    break;
                default:
                    throw new PtxException(t.Line, $"\"{t.Text}\" is not known at the level of the module.");
            }
        }
        if (Version == 0) throw new PtxException(1, "there is no .version.");
        if (Target == 0) throw new PtxException(1, "there is no .target.");
    }

    private string ExternName()
    {
        for (int depth = 0; Peek().Kind != TokenKind.End && !Peek().Is(';');)
        {
            Token t = Next();
            depth += t.Is('(') ? 1 : t.Is(')') ? -1 : 0;
            if (depth == 0 && t.Kind == TokenKind.Word && t.Text[0] != '.') return t.Text;
        }
        return "?";
    }

    private void Function(Token start, bool entry)
    {
        List<ParamDeclaration> results = [];
        if (Accept('('))
        {
            results = ParameterList();
        }
        Token name = Next();
        List<ParamDeclaration> parameters = Accept('(') ? ParameterList() : [];
        FunctionSource f = new() { Name = name.Text, IsEntry = entry, Line = name.Line, Parameters = parameters, Results = results };
        while (!Peek().Is('{') && !Peek().Is(';'))
        {
            Token d = Next();
            switch (d.Text)
            {
                case ".reqntid":
                    (int x, int y, int z) = (Number(), Accept(',') ? Number() : 1, Accept(',') ? Number() : 1);
                    f.Required = ((uint)x, (uint)y, (uint)z);
                    break;
                case ".maxntid":
                    f.MostThreads = (uint)(Number() * (Accept(',') ? Number() : 1) * (Accept(',') ? Number() : 1));
                    break;
                case ".minnctapersm":
                case ".maxnreg":
                    Number();
                    break;
                case ".noreturn":
                    break;
                default:
                    throw new PtxException(d.Line, $"\"{d.Text}\" is not known after a function's parameters.");
            }
        }
        if (Accept(';'))
        {
            Functions.TryAdd(f.Name, f);
            return;
        }
        Expect('{');
        f.Body = _at;
        for (int depth = 1; depth > 0;)
        {
            Token t = Next();
            if (t.Kind == TokenKind.End) throw new PtxException(start.Line, $"the body of {f.Name} does not end.");
            if (t.Is('{')) depth++;
            else if (t.Is('}')) depth--;
        }
        if (Functions.TryGetValue(f.Name, out FunctionSource? known) && known.Body != 0)
            throw new PtxException(f.Line, $"{f.Name} is defined twice.");
        Functions[f.Name] = f;
    }

    private List<ParamDeclaration> ParameterList()
    {
        List<ParamDeclaration> list = [];
        while (!Accept(')'))
        {
            list.Add(Parameter(_tokens, ref _at));
            Accept(',');
        }
        return list;
    }

    /// <summary>.param .align 8 .b8 name[24], with or without parts.</summary>
    public static ParamDeclaration Parameter(List<Token> tokens, ref int at)
    {
        Token t = tokens[at++];
        if (t.Text is not (".param" or ".reg")) throw new PtxException(t.Line, $".param was expected, not \"{t.Text}\".");
        int alignment = 0, size = 0;
        string name = "";
        while (name.Length == 0)
        {
            t = tokens[at++];
            if (t.Text == ".align") alignment = (int)tokens[at++].Bits;
            else if (t.Text == ".ptr") { }
            else if (t.Text[0] == '.' && t.Text is ".global" or ".shared" or ".local" or ".const") { }
            else if (t.Text[0] == '.') size = SizeOf(t.Text, t.Line);
            else if (t.Kind == TokenKind.Word) name = t.Text;
            else throw new PtxException(t.Line, $"a parameter's name was expected, not \"{t.Text}\".");
        }
        int count = 1;
        if (tokens[at].Is('['))
        {
            count = (int)tokens[at + 1].Bits;
            at += 3;
        }
        return new(name, size * count, Math.Max(alignment, size));
    }

    private void Variable(Token space)
    {
        int alignment = 0;
        Token type = Next();
        if (type.Text == ".align")
        {
            alignment = Number();
            type = Next();
        }
        int size = SizeOf(type.Text, type.Line);
        Token name = Next();
        int count = 1;
        if (Accept('['))
        {
            count = Peek().Is(']') ? 0 : Number();
            Expect(']');
        }
        byte[] initial = new byte[size * count];
        if (Accept('='))
        {
            if (Accept('{'))
            {
                for (int n = 0; !Accept('}'); n++)
                {
                    Put(initial, n * size, size);
                    Accept(',');
                }
            }
            else
            {
                Put(initial, 0, size);
            }
        }
        Expect(';');
        if (count == 0) throw new PtxException(name.Line, $"{name.Text} has no size: dynamic shared memory is not supported.");
        Globals.Add(new(name.Text, space.Text, size * count, Math.Max(alignment, size), initial, name.Line));
    }

    private void Put(byte[] initial, int at, int size)
    {
        bool negative = Accept('-');
        Token t = Next();
        if (t.Kind != TokenKind.Number) throw new PtxException(t.Line, $"an initial value is a number here, not \"{t.Text}\".");
        ulong bits = negative ? (ulong)-(long)t.Bits : t.Bits;
        for (int b = 0; b < size; b++) initial[at + b] = (byte)(bits >> (8 * b));
    }
}
