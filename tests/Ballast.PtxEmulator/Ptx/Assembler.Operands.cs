namespace Ballast.PtxEmulation;

/// <summary>Operands: from the text to rows of the register file.</summary>
internal sealed unsafe partial class Assembler
{
    private List<Operand> Operands()
    {
        List<Operand> list = [];
        while (!Accept(';'))
        {
            Operand o = ReadOperand();
            if (Accept('|')) o.Second = ReadOperand();
            list.Add(o);
            if (!Accept(',') && !Peek().Is(';')) throw new PtxException(Peek().Line,
                $"\"{Peek().Text}\" was not expected after an operand.");
        }
        return list;
    }

    private Operand ReadOperand()
    {
        Token t = Next();
        if (t.Is('{'))
        {
            Operand v = new(OperandKind.Vector, "{}", t.Line);
            while (!Accept('}'))
            {
                v.Parts.Add(ReadOperand());
                Accept(',');
            }
            return v;
        }
        if (t.Is('['))
        {
            Operand inner = ReadOperand();
            long offset = ReadOffset();
            Expect(']');
            return new(OperandKind.Address, inner.Text, t.Line) { Base = inner, Offset = offset };
        }
        if (t.Is('!')) return ReadOperand() with { Negated = true };
        if (t.Is('-')) return new(OperandKind.Immediate, "-" + Peek().Text, t.Line) { Number = Next(), Minus = true };
        if (t.Kind == TokenKind.Number) return new(OperandKind.Immediate, t.Text, t.Line) { Number = t };
        if (t.Kind != TokenKind.Word) throw new PtxException(t.Line, $"an operand was expected, not \"{t.Text}\".");
        Operand found = Find(t);
        return found.Kind == OperandKind.Symbol && (Peek().Is('+') || Peek().Is('-')) ? found with { Offset = ReadOffset() } : found;
    }

    private long ReadOffset()
    {
        long offset = 0;
        while (Peek().Is('+') || Peek().Is('-'))
        {
            bool minus = Next().Is('-');
            if (Accept('-')) minus = !minus;
            Token n = Next();
            if (n.Kind != TokenKind.Number) throw new PtxException(n.Line, $"a number was expected, not \"{n.Text}\".");
            offset += minus ? -(long)n.Bits : (long)n.Bits;
        }
        return offset;
    }

    private static bool IsSpecial(string name) => name switch
    {
        "%tid.x" or "%tid.y" or "%tid.z" or "%ntid.x" or "%ntid.y" or "%ntid.z" or "%ctaid.x" or "%ctaid.y" or "%ctaid.z" => true,
        "%nctaid.x" or "%nctaid.y" or "%nctaid.z" or "%laneid" or "%warpid" or "%nwarpid" or "%smid" or "%nsmid" => true,
        "%lanemask_eq" or "%lanemask_lt" or "%lanemask_le" or "%lanemask_gt" or "%lanemask_ge" or "%clock" or "%clock64" => true,
        "%globaltimer" => true,
        _ => false,
    };

    private Operand Find(Token t)
    {
        if (t.Text == "_") return new(OperandKind.Sink, t.Text, t.Line);
        if (_scope.TryFind(t.Text, Row, out Symbol s))
            return new(s.Kind == SymbolKind.Register ? OperandKind.Register : OperandKind.Symbol, t.Text, t.Line) { Symbol = s };
        if (IsSpecial(t.Text)) return new(OperandKind.Special, t.Text, t.Line);
        if (t.Text == "WARP_SZ") return new(OperandKind.Immediate, t.Text, t.Line) { Number = new(TokenKind.Number, "32", t.Line, 32) };
        if (t.Text[0] == '%') throw new PtxException(t.Line, $"the register {t.Text} is not declared.");
        return new(OperandKind.Name, t.Text, t.Line);
    }

    private static bool IsFloatType(PtxType t) => t is PtxType.F32 or PtxType.F64 or PtxType.F16 or PtxType.BF16;

    private static bool IsIntegerType(PtxType t) => t is >= PtxType.U8 and <= PtxType.S64;

    /// <summary>The row of a source operand of a type; wide allows a register wider than the type.</summary>
    private int Source(Operand o, PtxType type, bool wide = false)
    {
        RegisterKind kind = Modifiers.KindOf(type);
        switch (o.Kind)
        {
            case OperandKind.Register:
                Agree(o, type, wide);
                return (int)o.Symbol.At;
            case OperandKind.Immediate:
                return Constant(Immediate(o, type), kind);
            case OperandKind.Special:
                if (kind == RegisterKind.Word64 != o.Text is "%clock64" or "%globaltimer")
                    throw new PtxException(o.Line, $"{o.Text} has not the width of .{type}.");
                if (_specialRows.TryGetValue(o.Text, out int row)) return row;
                row = Row(kind);
                _specials.Add((o.Text, row));
                _specialRows.Add(o.Text, row);
                return row;
            case OperandKind.Symbol:
                if (kind != RegisterKind.Word64 && o.Symbol.Kind != SymbolKind.Shared)
                    throw new PtxException(o.Line, $"the address of {o.Text} does not fit into .{type}.");
                return Constant(o.Symbol.At + (ulong)o.Offset, kind);
            case OperandKind.Name:
                throw new PtxException(o.Line, $"\"{o.Text}\" is not defined.");
            default:
                throw new PtxException(o.Line, $"\"{o.Text}\" cannot be a source here.");
        }
    }

    /// <summary>The row of a destination.</summary>
    private int Destination(Operand o, PtxType type, bool wide = false)
    {
        if (o.Kind == OperandKind.Sink) return -1;
        if (o.Kind != OperandKind.Register) throw new PtxException(o.Line, $"\"{o.Text}\" is not a register that can be written.");
        Agree(o, type, wide);
        return (int)o.Symbol.At;
    }

    private static void Agree(Operand o, PtxType type, bool wide)
    {
        RegisterKind have = o.Symbol.Register, want = Modifiers.KindOf(type);
        bool fits = wide ? have != RegisterKind.Predicate && have >= want : have == want;
        if (!fits) throw new PtxException(o.Line, $"{o.Text} is not as wide as .{type}.");
        bool clash = o.Symbol.IsFloat ? IsIntegerType(type) : false;
        if (clash && !wide) throw new PtxException(o.Line, $"{o.Text} is a floating-point register; .{type} is an integer.");
    }

    private static ulong Immediate(Operand o, PtxType type)
    {
        Token n = o.Number;
        if (n.Float != 0)
        {
            double value = n.Float == 32 ? BitConverter.UInt32BitsToSingle((uint)n.Bits) : BitConverter.UInt64BitsToDouble(n.Bits);
            ulong bits = type switch
            {
                PtxType.F32 or PtxType.B32 => n.Float == 32 ? n.Bits : BitConverter.SingleToUInt32Bits((float)value),
                PtxType.F64 or PtxType.B64 => n.Float == 64 ? n.Bits : BitConverter.DoubleToUInt64Bits(value),
                _ => throw new PtxException(o.Line, $"{o.Text} is not a .{type}."),
            };
            return o.Minus ? bits ^ (1ul << (Modifiers.Bytes(type) * 8 - 1)) : bits;
        }
        ulong number = o.Minus ? (ulong)-(long)n.Bits : n.Bits;
        if (type == PtxType.Pred) return number;
        if (IsFloatType(type) && type is not (PtxType.F16 or PtxType.BF16))
            throw new PtxException(o.Line, $"{o.Text} is an integer where .{type} is needed.");
        int bits8 = Modifiers.Bytes(type) * 8;
        return bits8 == 64 ? number : bits8 < 32 ? number & 0xffff : (uint)number;
    }

    /// <summary>A number that the instruction must know when it is decoded.</summary>
    private static int Known(Operand o)
    {
        if (o.Kind != OperandKind.Immediate || o.Number.Float != 0) throw new PtxException(o.Line,
            $"a constant was expected, not \"{o.Text}\".");
        return o.Minus ? -(int)o.Number.Bits : (int)o.Number.Bits;
    }

    private void Count(Modifiers m, List<Operand> o, int least, int most = 0)
    {
        if (o.Count < least || o.Count > Math.Max(least, most))
            throw new PtxException(m.Line, $"{m.Opcode} has {o.Count} operands; {least} were expected.");
    }

    /// <summary>Keeps a list of rows for an instruction.</summary>
    private int* List(params int[] rows)
    {
        _lists.Add(rows);
        return (int*)_lists.Count;
    }
}
