using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Ballast.Formats;

/// <summary>
/// A restricted interpreter of pickles of protocols 2 to 5: it builds data and the tensors of <see cref="TorchBuilder"/>, and nothing else.
/// It never recurses, so no pickle can exhaust the thread's stack.
/// </summary>
internal ref struct Unpickler
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly TorchBuilder _builder;
    private readonly long _position;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _at;
    private int _op;
    private int _objects;
    private string? _lastText;

    private Unpickler(ReadOnlySpan<byte> bytes, TorchBuilder builder, long position)
    {
        _bytes = bytes;
        _builder = builder;
        _position = position;
    }

    /// <summary>Reads one pickle from the start of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The pickle, and whatever follows it.</param>
    /// <param name="builder">Makes storages and tensors.</param>
    /// <param name="position">Where the bytes start in the file, for errors.</param>
    /// <param name="consumed">The length of the pickle.</param>
    public static object? Load(ReadOnlySpan<byte> bytes, TorchBuilder builder, long position, out int consumed)
    {
        Unpickler machine = new(bytes, builder, position);
        object? result = machine.Run();
        consumed = machine._at;
        TorchTree.Check(result, builder.File, position);
        return result;
    }

    private object? Run()
    {
        if (_bytes.Length < 2 || _bytes[0] != 0x80)
            throw Fail("no pickle of protocol 2 or later starts here (its first byte is 0x80). Was the file written by torch.save?");
        for (int steps = 0; ; steps++)
        {
            if (steps == PickleLimits.Steps)
                throw Fail($"the pickle has more than {PickleLimits.Steps} instructions.");
            if (_at == _bytes.Length)
                throw Fail("the pickle has no end (no STOP). Was the file cut short?");
            _op = _at;
            byte code = _bytes[_at++];
            if (code == '.')
                break;
            Step(code);
        }
        if (_marks.Count > 0 || _stack.Count != 1)
            throw Fail($"the pickle ends with {_stack.Count} values on its stack and {_marks.Count} marks; expected one value.");
        return _stack[0];
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case 0x80: Protocol(); break;
            case 0x95: Count(Unsigned(8), "a frame"); break;
            case (byte)'(': _marks.Add(_stack.Count); break;
            case (byte)'0': PopOrMark(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(Peek()); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': Push((long)Take(1)[0]); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8a: Push(Number(Count(Unsigned(1), "a number"))); break;
            case 0x8b: Push(Number(Count(Unsigned(4), "a number"))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 0x8c or (byte)'U': Push(Text(Unsigned(1))); break;
            case (byte)'X' or (byte)'T': Push(Text(Unsigned(4))); break;
            case 0x8d: Push(Text(Unsigned(8))); break;
            case (byte)'C': Push(Take(Count(Unsigned(1), "bytes")).ToArray()); break;
            case (byte)'B': Push(Take(Count(Unsigned(4), "bytes")).ToArray()); break;
            case 0x8e or 0x96: Push(Take(Count(Unsigned(8), "bytes")).ToArray()); break;
            case (byte)']': Push(Sequence(TorchSequenceKind.List, [])); break;
            case (byte)'l': Push(Sequence(TorchSequenceKind.List, PopToMark())); break;
            case (byte)')': Push(Sequence(TorchSequenceKind.Tuple, [])); break;
            case (byte)'t': Push(Sequence(TorchSequenceKind.Tuple, PopToMark())); break;
            case 0x85: Push(Sequence(TorchSequenceKind.Tuple, PopMany(1))); break;
            case 0x86: Push(Sequence(TorchSequenceKind.Tuple, PopMany(2))); break;
            case 0x87: Push(Sequence(TorchSequenceKind.Tuple, PopMany(3))); break;
            case 0x8f: Push(Sequence(TorchSequenceKind.Set, [])); break;
            case 0x91: Push(Sequence(TorchSequenceKind.FrozenSet, Items(PopToMark()))); break;
            case (byte)'a': Append(TorchSequenceKind.List, PopMany(1)); break;
            case (byte)'e': Append(TorchSequenceKind.List, PopToMark()); break;
            case 0x90: Append(TorchSequenceKind.Set, Items(PopToMark())); break;
            case (byte)'}': Push(Dictionary(isOrdered: false)); break;
            case (byte)'d': NewDictionary(PopToMark()); break;
            case (byte)'s': SetItems(PopMany(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;
            case (byte)'q': Memoize((uint)Unsigned(1)); break;
            case (byte)'r': Memoize((uint)Unsigned(4)); break;
            case 0x94: Memoize((uint)_memo.Count); break;
            case (byte)'h': Recall((uint)Unsigned(1)); break;
            case (byte)'j': Recall((uint)Unsigned(4)); break;
            case (byte)'c': Global(Line(), Line()); break;
            case 0x93: StackGlobal(); break;
            case (byte)'R' or 0x81: Reduce(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': Push(Made(_builder.Storage(Pop("a persistent id"), Place))); break;
            default: throw Refuse(code);
        }
    }

    private readonly long Place => _position + _op;

    private void Protocol()
    {
        byte protocol = Take(1)[0];
        if (protocol is < 2 or > 5)
            throw Fail($"the pickle is of protocol {protocol}; protocols 2 to 5 are read. Save with torch.save's default protocol.");
        if (_op != 0)
            throw Fail("the protocol is named in the middle of the pickle; it may stand only at its start.");
    }

    private readonly TorchFormatException Refuse(byte code)
    {
        string? name = code switch
        {
            (byte)'i' or (byte)'o' => "INST and OBJ, which build objects of classes",
            0x92 => "NEWOBJ_EX, which builds objects of classes",
            (byte)'P' => "PERSID, an id of protocol 0",
            0x82 or 0x83 or 0x84 => "EXT, which calls what a program registered",
            0x97 or 0x98 => "NEXT_BUFFER and READONLY_BUFFER, whose bytes lie outside the file",
            (byte)'I' or (byte)'L' or (byte)'F' or (byte)'S' or (byte)'V' or (byte)'p' or (byte)'g' => "protocol 0",
            _ => null,
        };
        return name is null ? Fail($"0x{code:x2} is no instruction of a pickle. Is the file damaged?")
            : Fail($"the pickle uses an instruction of {name}; it is refused.");
    }

    private void Push(object? value)
    {
        if (value is string text)
            _lastText = text;
        _stack.Add(value);
    }

    private readonly int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private readonly object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Fail("the pickle reads from an empty stack.");

    private object? Pop(string what)
    {
        if (_stack.Count <= Floor)
            throw Fail($"the pickle needs {what} on its stack, which is empty.");
        object? value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private void PopOrMark()
    {
        if (_stack.Count == Floor && _marks.Count > 0)
            _marks.RemoveAt(_marks.Count - 1);
        else
            Pop("a value");
    }

    private List<object?> PopMany(int count)
    {
        if (_stack.Count - Floor < count)
            throw Fail($"the pickle needs {count} values on its stack, which has {_stack.Count - Floor}.");
        List<object?> items = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private List<object?> PopToMark()
    {
        if (_marks.Count == 0)
            throw Fail("the pickle looks for a mark on its stack, which has none.");
        int mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        List<object?> items = _stack.GetRange(mark, _stack.Count - mark);
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private object? Made(object? value)
    {
        if (++_objects > PickleLimits.Objects)
            throw Fail($"the pickle makes more than {PickleLimits.Objects} objects.");
        return value;
    }

    private object? Sequence(TorchSequenceKind kind, List<object?> items) => Made(new TorchSequence(kind, items));

    private TorchDictionary Dictionary(bool isOrdered) => (TorchDictionary)Made(new TorchDictionary(isOrdered))!;

    private void Append(TorchSequenceKind kind, List<object?> items)
    {
        if (Peek() is not TorchSequence sequence || sequence.Kind != kind)
            throw Fail($"the pickle adds items to {TorchTree.Describe(Peek())}; expected a {kind.ToString().ToLowerInvariant()}.");
        foreach (object? item in items)
            sequence.Add(item);
    }

    private readonly List<object?> Items(List<object?> items)
    {
        foreach (object? item in items)
        {
            if (item is not null && !TorchDictionary.IsKey(item))
                throw Fail($"a set holds {TorchTree.Describe(item)}; expected numbers, strings or flat tuples.");
        }
        return items;
    }

    private void NewDictionary(List<object?> items)
    {
        Push(Dictionary(isOrdered: false));
        SetItems(items);
    }

    private readonly void SetItems(List<object?> items)
    {
        if (Peek() is not TorchDictionary dictionary)
            throw Fail($"the pickle sets items of {TorchTree.Describe(Peek())}; expected a dictionary.");
        if (items.Count % 2 != 0)
            throw Fail("a dictionary gets a key without a value.");
        for (int i = 0; i < items.Count; i += 2)
            Add(dictionary, items[i], items[i + 1]);
    }

    private readonly void Add(TorchDictionary dictionary, object? key, object? value)
    {
        if (!TorchDictionary.IsKey(key))
            throw Fail($"{TorchTree.Describe(key)} is the key of a dictionary; expected a string, a number or a flat tuple.");
        if (!dictionary.TryAdd(key, value))
            throw Fail($"a dictionary has the key {SafetensorsFormatException.Quote(key.ToString() ?? "")} twice.");
    }

    private readonly void Memoize(uint index) => _memo[index] = Peek();

    private void Recall(uint index)
    {
        if (!_memo.TryGetValue(index, out object? value))
            throw Fail($"the pickle refers to its value {index}, which it has not made.");
        Push(value);
    }

    private void StackGlobal()
    {
        object? name = Pop("a name"), module = Pop("a module's name");
        if (name is not string nameText || module is not string moduleText)
            throw Fail("a Python name is not made of two strings.");
        Global(moduleText, nameText);
    }

    private void Global(string module, string name)
    {
        object? known = PickleGlobal.Find(module, name);
        Push(known ?? throw Fail(PickleGlobal.Refusal(module, name)));
    }

    private void Reduce()
    {
        object? arguments = Pop("arguments"), callable = Pop("a callable");
        if (callable is not PickleGlobal global)
            throw Fail($"the pickle calls {TorchTree.Describe(callable)}; it is refused.");
        if (arguments is not TorchSequence { Kind: TorchSequenceKind.Tuple } tuple)
            throw Fail($"the pickle calls {global.Name} with {TorchTree.Describe(arguments)}; expected a tuple of arguments.");
        if (global.Call == PickleCall.OrderedDict)
            OrderedDict(tuple);
        else if (global.Call is PickleCall.Set or PickleCall.FrozenSet)
        {
            TorchSequenceKind kind = global.Call == PickleCall.Set ? TorchSequenceKind.Set : TorchSequenceKind.FrozenSet;
            Push(Sequence(kind, Items(_builder.Single(tuple, global, Place))));
        }
        else
            Push(Made(_builder.Call(global, tuple, Place)));
    }

    private void OrderedDict(TorchSequence arguments)
    {
        TorchDictionary dictionary = Dictionary(isOrdered: true);
        Push(dictionary);
        if (arguments.Count == 0)
            return;
        // Python 2 gives the items along: OrderedDict([[key, value], ...]).
        if (arguments is not [TorchSequence { Kind: TorchSequenceKind.List } pairs])
            throw Fail("an OrderedDict is made from something other than a list of pairs.");
        foreach (object? pair in pairs)
        {
            if (pair is not TorchSequence { Count: 2 } item)
                throw Fail("an OrderedDict is made from something other than a list of pairs.");
            Add(dictionary, item[0], item[1]);
        }
    }

    private void Build()
    {
        object? state = Pop("a state");
        if (Peek() is not TorchDictionary { IsOrdered: true } dictionary || state is not TorchDictionary attributes)
        {
            throw Fail($"the pickle sets the attributes of {TorchTree.Describe(Peek())} to {TorchTree.Describe(state)}; "
                + "only an OrderedDict may have some.");
        }
        dictionary.SetAttributes(attributes);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
            throw Fail($"the pickle needs {count} more bytes, and {_bytes.Length - _at} follow. Was the file cut short?");
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private ulong Unsigned(int bytes)
    {
        ulong value = 0;
        ReadOnlySpan<byte> data = Take(bytes);
        for (int i = bytes - 1; i >= 0; i--)
            value = value << 8 | data[i];
        return value;
    }

    private readonly int Count(ulong length, string what) => length <= (ulong)(_bytes.Length - _at)
        ? (int)length
        : throw Fail($"{what} of {length} bytes is announced, and {_bytes.Length - _at} bytes follow. Was the file cut short?");

    private object Number(int length)
    {
        if (length > PickleLimits.NumberBytes)
            throw Fail($"a whole number has {length} bytes; at most {PickleLimits.NumberBytes} are read.");
        BigInteger value = new(Take(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string Text(ulong length)
    {
        ReadOnlySpan<byte> text = Take(Count(length, "a text"));
        try
        {
            return s_utf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw Fail("a text is not valid UTF-8.");
        }
    }

    private string Line()
    {
        const int longest = 1000;
        int length = _bytes[_at..].IndexOf((byte)'\n');
        if (length is < 0 or > longest)
            throw Fail("a Python name has no end.");
        string line = Text((ulong)length);
        _at++;
        return line;
    }

    private readonly TorchFormatException Fail(string problem)
    {
        string near = _lastText is null ? "" : $" (after the text {SafetensorsFormatException.Quote(_lastText)})";
        return new TorchFormatException(_builder.File, Place, problem + near);
    }
}
