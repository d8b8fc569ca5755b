namespace Ballast;

/// <summary>Reads and replaces the members of one module; the calls are written by the source generator, like those of the walk.</summary>
public abstract class StateMap
{
    private protected StateMap() { }

    /// <summary>A parameter or buffer, by reference to the member that holds it.</summary>
    public void Variable<TVariable>(string name, ref TVariable member) where TVariable : Variable?
    {
        Variable? now = member, next = MapVariable(name, now);
        if (!ReferenceEquals(now, next)) member = Fit<TVariable>(name, next);
    }

    /// <summary>A module below, by reference to the member that holds it.</summary>
    public void Child<TModule>(string name, ref TModule member) where TModule : Module?
    {
        Module? now = member, next = MapChild(name, now);
        if (!ReferenceEquals(now, next)) member = Fit<TModule>(name, next);
    }

    /// <summary>A tensor that was marked as no state.</summary>
    public void Scratch(string name, ref Tensor? member)
    {
        Tensor? now = member, next = MapScratch(name, now);
        if (!ReferenceEquals(now, next)) member = next;
    }

    /// <summary>A handle or module that was marked as no state of this module, such as a parent.</summary>
    public void Reference<T>(string name, ref T member) where T : class?
    {
        object? now = member, next = MapReference(now);
        if (!ReferenceEquals(now, next)) member = (T)next!;
    }

    private protected abstract Variable? MapVariable(string name, Variable? value);

    private protected abstract Module? MapChild(string name, Module? value);

    private protected virtual Tensor? MapScratch(string name, Tensor? value) => value;

    private protected virtual object? MapReference(object? value) => value;

    private static T Fit<T>(string name, object? value) => value is T fits ? fits
        : throw new ArgumentException(
            $"'{name}' holds a {typeof(T).Name}; {(value is null ? "null" : $"a {value.GetType().Name}")} does not fit.");
}

/// <summary>Puts one member in the place of another, by name.</summary>
internal sealed class MemberSetter(string name, object? value) : StateMap
{
    public bool Found { get; private set; }

    private protected override Variable? MapVariable(string member, Variable? now) =>
        Take(member, "parameter or buffer", value is Variable ? (Variable)value : null, now);

    private protected override Module? MapChild(string member, Module? now) =>
        Take(member, "module", value is Module ? (Module)value : null, now);

    private T? Take<T>(string member, string kind, T? next, T? now) where T : class
    {
        if (member != name) return now;
        Found = true;
        return next ?? throw new ArgumentException(
            $"'{name}' is a declared {kind}; {(value is null ? "null" : $"a {value.GetType().Name}")} cannot take its place. "
            + "A member that may be absent is declared nullable and set in code.");
    }
}

/// <summary>Replaces handles by others, wherever they are held in a tree.</summary>
internal sealed class HandleSwap(Variable from, Variable to) : StateMap
{
    public static void Run(Module root, Variable from, Variable to)
    {
        var map = new HandleSwap(from, to);
        foreach ((_, Module module) in StateTree.Of(root).Modules)
        {
            if (module is Parametrization) continue; // it holds what it computes from
            module.MapState(map);
            module.MapRegistered(map);
        }
    }

    private protected override Variable? MapVariable(string name, Variable? value) => ReferenceEquals(value, from) ? to : value;

    private protected override Module? MapChild(string name, Module? value) => value;
}

/// <summary>Copies a tree: every module, handle and tensor once, so that what was one object in the original is one in the copy.</summary>
internal sealed class CloneMap : StateMap
{
    private readonly Dictionary<object, object> _copies = new(ReferenceEqualityComparer.Instance);
    private readonly List<(Variable From, Variable To)> _handles = [];
    private readonly List<(Module From, Module To)> _modules = [];
    private bool _late;

    public static Module Run(Module root)
    {
        var map = new CloneMap();
        Module copy = map.Copy(root);
        map.CopyValues();
        // Second pass: references such as a parent are known only when everything is copied.
        map._late = true;
        foreach ((_, Module to) in map._modules) to.MapState(map);
        foreach ((Module from, Module to) in map._modules) to.FinishClone(from);
        return copy;
    }

    public T Copy<T>(T module) where T : Module
    {
        if (_copies.TryGetValue(module, out object? known)) return (T)known;
        var copy = (T)module.ShallowCopy();
        _copies.Add(module, copy);
        _modules.Add((module, copy));
        copy.MapState(this);
        copy.MapRegistered(this);
        return copy;
    }

    public T Copy<T>(T handle, bool _) where T : Variable
    {
        if (_copies.TryGetValue(handle, out object? known)) return (T)known;
        var copy = (T)handle.CopyHandle();
        _copies.Add(handle, copy);
        if (copy is ParametrizedParameter computed) computed.MapParts(this);
        else _handles.Add((handle, copy));
        return copy;
    }

    private void CopyValues()
    {
        using (Autograd.NoGrad())
        {
            var slots = new List<MoveSlot>();
            foreach ((Variable from, Variable to) in _handles)
            {
                if (from.Held is not { } value || from is Buffer { IsDerived: true }) continue;
                slots.Add(new MoveSlot(from.Name, to, value, IsGrad: false, value.Device,
                    value.DType)
                { Keeps = from is Parameter { RequiresGrad: true } });
            }
            foreach (List<MoveSlot> group in MoveSlot.Group(slots))
            {
                foreach (MoveSlot slot in MoveSlot.CopyTogether(group, static (x, device, dtype) => x.Clone()))
                {
                    Tensor copy = slot.Result!;
                    if (slot.Keeps) copy.RequiresGrad = true;
                    slot.Target.Current = copy;
                }
            }
        }
    }

    private protected override Variable? MapVariable(string name, Variable? value) => value is null || _late ? value : Copy(value, true);

    private protected override Module? MapChild(string name, Module? value) => value is null || _late ? value : Copy(value);

    private protected override Tensor? MapScratch(string name, Tensor? value) => value is null || _late ? value : value.Detach().Clone();

    private protected override object? MapReference(object? value) =>
        value is not null && _late && _copies.TryGetValue(value, out object? copy) ? copy : value;
}
