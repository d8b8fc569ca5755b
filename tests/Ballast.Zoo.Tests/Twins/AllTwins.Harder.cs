namespace Zoo.Tests.Twins;

/// <content>State hidden with more effort.</content>
internal static partial class AllTwins
{
    private static Twin[] HarderTwins =>
    [
        Hidden("a class behind an interface without tensors", "BAL0006", "new Holder(",
            "private readonly INamed _named = new Holder(Tensor.Ones(1));",
            "public interface INamed { string Name { get; } } public sealed class Holder(Tensor kept) : INamed { public string Name => "
                + "kept.ToString(); }"),
        Hidden("an interface without tensors, by way of a local", "BAL0006", "named", "private readonly INamed _named;",
            "public interface INamed { string Name { get; } } public sealed class Holder(Tensor kept) : INamed { public string Name => "
                + "kept.ToString(); }",
            "INamed named = new Holder(Tensor.Ones(1)); _named = named;"),
        Hidden("an object by way of a local", "BAL0006", "o", "private readonly object _kept;", "",
            "object o = Tensor.Ones(1); _kept = o;"),
        Hidden("a dictionary of objects, filled by index", "BAL0006", "Tensor.Ones(1)",
            "private readonly Dictionary<string, object> _bag = [];", "",
            "_bag[\"mask\"] = Tensor.Ones(1);"),
        Hidden("a dictionary of objects, filled at once", "BAL0006", "Tensor.Ones(1)",
            "private readonly Dictionary<string, object> _bag = new() { [\"mask\"] = Tensor.Ones(1) };"),
        Hidden("a boxed tuple", "BAL0006", "Tensor.Ones(1)", "private readonly object _kept = (Tensor.Ones(1), 2);"),
        Hidden("an untyped array", "BAL0006", "Tensor.Ones(1)", "private readonly Array _kept = new[] { Tensor.Ones(1) };"),
        Hidden("a read-only list of objects", "BAL0006", "Tensor.Ones(1)",
            "private readonly IReadOnlyList<object> _kept = new object[] { 1, Tensor.Ones(1) };"),
        Hidden("a finished task", "BAL0001", "_kept", "private readonly Task<Tensor> _kept = Task.FromResult(Tensor.Ones(1));"),
        Hidden("a state dict", "BAL0001", "_first", "private readonly StateDict _first = new() { { \"a\", Tensor.Ones(1) } };"),
        Hidden("a table by module that is weak", "BAL0001", "s_masks",
            "private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<Module, Tensor> s_masks = new();", "",
            "s_masks.Add(this, Tensor.Ones(1));"),
        Hidden("a field of a property with a body", "BAL0006", "Tensor.Ones(1)",
            "public object Kept => Late; private object Late { get => field ??= Tensor.Ones(1); }", "",
            "_ = Kept;"),
        Hidden("a lambda that a local function makes", "BAL0007", "Read", "private readonly Func<Tensor> _read;", "",
            "Tensor one = Tensor.Ones(1); Tensor Read() => one; _read = Read;"),
        Hidden("a lambda around a lambda", "BAL0007", "() =>", "private readonly Func<Func<Tensor>> _read;", "",
            "Tensor one = Tensor.Ones(1); _read = () => () => one;"),
        Hidden("a lambda by way of a local", "BAL0007", "() => one", "private readonly Func<Tensor> _read;", "",
            "Tensor one = Tensor.Ones(1); Func<Tensor> read = () => one; _read = read;"),
        Hidden("a lambda over a list of tensors", "BAL0007", "() =>", "private readonly Func<int> _count;", "",
            "List<Tensor> some = [Tensor.Ones(1)]; _count = () => some.Count;"),
        Hidden("a subscription in the constructor", "BAL0007", "() => _ = one.Rank", "public event Action? Moved;", "",
            "Tensor one = Tensor.Ones(1); Moved += () => _ = one.Rank; Moved();"),
        Hidden("an inline array", "BAL0001", "_row", "private Row _row;",
            "[System.Runtime.CompilerServices.InlineArray(2)] public struct Row { private Tensor? _first; }", "_row[0] = Tensor.Ones(1);"),
        Hidden("a generic holder that is given a tensor type", "BAL0001", "_kept",
            "private readonly Box<Tensor> _kept = new() { Value = Tensor.Ones(1) };",
            "public sealed class Box<T> { public T? Value { get; set; } }"),
        Hidden("a generic module that is given a tensor type", "BAL0006", "new()",
            "public Slot<Tensor> Kept { get; } = new() { Value = Tensor.Ones(1) };",
            "public sealed partial class Slot<T> : Module { public T? Value { get; set; } }"),
        Hidden("a class of a class of a list", "BAL0001", "_outer", "private readonly Outer _outer = new();",
            "public sealed class Outer { public Inner Inner { get; } = new(); } public sealed class Inner { public List<Tensor> All { "
                + "get; } = [Tensor.Ones(1)]; }"),
        Hidden("a base class of the held class", "BAL0001", "_kept", "private readonly Derived _kept = new();",
            "public abstract class Base { public Tensor Mask { get; } = Tensor.Ones(1); } public sealed class Derived : Base;"),
        Hidden("a held class that derives from one without tensors", "BAL0006", "new Derived()",
            "private readonly Plain _kept = new Derived();",
            "public class Plain; public sealed class Derived : Plain { public Tensor Mask { get; } = Tensor.Ones(1); }"),
        Hidden("a buffer class with a tensor of its own", "BAL0001", "Shadow", "public Kept Extra { get; } = new(Tensor.Ones(1));",
            "public sealed class Kept(Tensor value) : Buffer(value) { public Tensor Shadow { get; } = value.Clone(); }"),
        Hidden("a module under an interface that no tensor passes", "BAL0006", "new Quiet()",
            "private readonly IQuiet _quiet = new Quiet();",
            "public interface IQuiet { int Count { get; } } public sealed partial class Quiet : Module, IQuiet { public Linear Fc { "
                + "get; } = new(1, 1); public int Count => 1; }"),
        Hidden("a module behind object", "BAL0006", "new Linear(1, 1)", "private object? _late;", "", "_late = new Linear(1, 1);"),
        Hidden("a parameter behind IDisposable or object", "BAL0006", "new Parameter(Tensor.Ones(1))",
            "private readonly object[] _all = new object[1];", "",
            "_all[0] = new Parameter(Tensor.Ones(1));"),
        Hidden("a nested module class in a hash set", "BAL0004", "_set", "private readonly HashSet<Module> _set = [new Linear(1, 1)];"),
        Hidden("a function of layers", "BAL0007", "new Linear(3, 3).Forward", "private readonly Func<Tensor, Tensor> _apply;", "",
            "_apply = new Linear(3, 3).Forward;"),
    ];

    /// <summary>A layer with one more member, and what its constructor does with it.</summary>
    private static Twin Hidden(string form, string id, string at, string member, string more = "", string inConstructor = "") =>
        new("MomentumContrast", "hidden in " + form, id, at,
            ("private readonly double _momentum;", "private readonly double _momentum;\n    " + member),
            ("_momentum = momentum;", "_momentum = momentum; " + inConstructor))
        {
            More = more,
        };
}
