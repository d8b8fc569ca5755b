namespace Ballast.PtxEmulation;

/// <summary>How wide a register is.</summary>
internal enum RegisterKind
{
    Predicate,
    Word16,
    Word32,
    Word64,
}

internal enum SymbolKind
{
    Register,
    Shared,
    Local,
    Parameter,
    Global,
}

/// <summary>What a name stands for: a register's row, or an address in a space.</summary>
internal readonly record struct Symbol(SymbolKind Kind, ulong At, RegisterKind Register = RegisterKind.Word64, bool IsFloat = false);

/// <summary>The names of a pair of braces; ranges such as %r&lt;6&gt; get rows only for the registers that are used.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Symbol> _names = [];
    private readonly List<(string Prefix, int Count, RegisterKind Kind, bool IsFloat)> _ranges = [];

    public Scope? Parent { get; } = parent;

    public void Add(string name, Symbol symbol) => _names[name] = symbol;

    public void AddRange(string prefix, int count, RegisterKind kind, bool isFloat) => _ranges.Add((prefix, count, kind, isFloat));

    /// <summary>Finds a name here or in the scopes around.</summary>
    public bool TryFind(string name, Func<RegisterKind, int> allocate, out Symbol symbol)
    {
        for (Scope? s = this; s is not null; s = s.Parent)
        {
            if (s._names.TryGetValue(name, out symbol)) return true;
            foreach ((string prefix, int count, RegisterKind kind, bool isFloat) in s._ranges)
            {
                if (!name.StartsWith(prefix, StringComparison.Ordinal) || !int.TryParse(name.AsSpan(prefix.Length), out int n)
                    || n >= count) continue;
                symbol = new(SymbolKind.Register, (ulong)allocate(kind), kind, isFloat);
                s._names[name] = symbol;
                return true;
            }
        }
        symbol = default;
        return false;
    }
}

internal enum OperandKind
{
    Register,
    Immediate,
    Special,
    Symbol,
    Address,
    Vector,
    Name,
    Sink,
}

/// <summary>An operand as it stands in the text.</summary>
internal sealed record Operand(OperandKind Kind, string Text, int Line)
{
    public Symbol Symbol { get; init; }

    public Token Number { get; init; }

    public bool Minus { get; init; }

    /// <summary>A predicate with an exclamation mark.</summary>
    public bool Negated { get; init; }

    /// <summary>An address's or symbol's shift.</summary>
    public long Offset { get; init; }

    /// <summary>What an address is relative to.</summary>
    public Operand? Base { get; init; }

    public List<Operand> Parts { get; init; } = [];

    /// <summary>The second destination of p|q.</summary>
    public Operand? Second { get; set; }
}

/// <summary>The parts of an opcode after its name; each must be taken by the instruction, or it is an error.</summary>
internal sealed class Modifiers
{
    private readonly List<string> _parts;

    public Modifiers(string opcode, int line)
    {
        _parts = [.. opcode.Split('.')];
        Opcode = opcode;
        Name = _parts[0];
        Line = line;
        _parts.RemoveAt(0);
    }

    public string Opcode { get; }

    public string Name { get; }

    public int Line { get; }

    public bool Take(string part) => _parts.Remove(part);

    /// <summary>Takes one of some parts, or the first (a default) if none is there.</summary>
    public string TakeOne(string otherwise, params ReadOnlySpan<string> parts)
    {
        foreach (string p in parts)
        {
            if (_parts.Remove(p)) return p;
        }
        return otherwise;
    }

    /// <summary>Takes the type at the end.</summary>
    public PtxType TakeType()
    {
        if (_parts.Count == 0 || !TryType(_parts[^1], out PtxType type)) throw new PtxException(Line,
            $"{Opcode}: there is no type at the end.");
        _parts.RemoveAt(_parts.Count - 1);
        return type;
    }

    public void End()
    {
        if (_parts.Count > 0) throw new PtxException(Line, $"{Opcode}: \".{_parts[0]}\" is not known to the emulator.");
    }

    public static bool TryType(string text, out PtxType type)
    {
        type = text switch
        {
            "u8" => PtxType.U8,
            "s8" => PtxType.S8,
            "u16" => PtxType.U16,
            "s16" => PtxType.S16,
            "u32" => PtxType.U32,
            "s32" => PtxType.S32,
            "u64" => PtxType.U64,
            "s64" => PtxType.S64,
            "f16" => PtxType.F16,
            "bf16" => PtxType.BF16,
            "f32" => PtxType.F32,
            "f64" => PtxType.F64,
            "b8" => PtxType.B8,
            "b16" => PtxType.B16,
            "b32" => PtxType.B32,
            "b64" => PtxType.B64,
            "pred" => PtxType.Pred,
            "f16x2" => PtxType.F16x2,
            "bf16x2" => PtxType.BF16x2,
            "tf32" => PtxType.TF32,
            _ => PtxType.None,
        };
        return type != PtxType.None;
    }

    public static int Bytes(PtxType t) => t switch
    {
        PtxType.U8 or PtxType.S8 or PtxType.B8 => 1,
        PtxType.U16 or PtxType.S16 or PtxType.B16 or PtxType.F16 or PtxType.BF16 => 2,
        PtxType.U64 or PtxType.S64 or PtxType.B64 or PtxType.F64 => 8,
        PtxType.Pred => 0,
        _ => 4,
    };

    public static RegisterKind KindOf(PtxType t) => Bytes(t) switch
    {
        0 => RegisterKind.Predicate,
        1 or 2 => RegisterKind.Word16,
        8 => RegisterKind.Word64,
        _ => RegisterKind.Word32,
    };
}
