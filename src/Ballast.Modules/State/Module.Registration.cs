namespace Ballast;

/// <content>State whose names are known only at run time.</content>
public abstract partial class Module
{
    private OrderedDictionary<string, Slot>? _registered;

    private enum SlotKind : byte
    {
        Buffer,
        Parameter,
        Module,
    }

    private readonly record struct Slot(SlotKind Kind, object? Value, bool Persistent = true)
    {
        public string Noun => Kind switch { SlotKind.Buffer => "buffer", SlotKind.Parameter => "parameter", _ => "module" };
    }

    /// <summary>Adds a buffer under a name that is known only at run time; otherwise declare a member. It is walked after the declared
    /// members.</summary>
    /// <param name="name">One path segment. A name that is registered as a buffer already keeps its place and gets this handle.</param>
    /// <param name="buffer">The handle, or null for a slot that is named and absent.</param>
    /// <returns>The handle.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, is reserved, or belongs to other state of this module.</exception>
    public Buffer? RegisterBuffer(string name, Buffer? buffer)
    {
        Register(name, new Slot(SlotKind.Buffer, buffer, buffer?.Persistent ?? true));
        return buffer;
    }

    /// <summary>Adds a buffer over a tensor, or an absent one whose later value will be saved or not.</summary>
    /// <param name="name">One path segment.</param>
    /// <param name="value">The first value, or null for a slot that is named and absent.</param>
    /// <param name="persistent">False to leave it out of state dicts; remembered for an absent one.</param>
    /// <returns>The handle.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, is reserved, or belongs to other state of this module.</exception>
    public Buffer? RegisterBuffer(string name, Tensor? value, bool persistent = true)
    {
        Buffer? buffer = value is null ? null : new Buffer(value, persistent);
        Register(name, new Slot(SlotKind.Buffer, buffer, persistent));
        return buffer;
    }

    /// <summary>Adds a parameter under a name that is known only at run time; otherwise declare a member.</summary>
    /// <param name="name">One path segment. A name that is registered as a parameter already keeps its place and gets this handle.</param>
    /// <param name="parameter">The handle, or null for a slot that is named and absent.</param>
    /// <returns>The handle.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, is reserved, or belongs to other state of this module.</exception>
    public Parameter? RegisterParameter(string name, Parameter? parameter)
    {
        Register(name, new Slot(SlotKind.Parameter, parameter));
        return parameter;
    }

    /// <summary>Adds a module below under a name that is known only at run time; otherwise declare a member.</summary>
    /// <param name="name">One path segment. A name that is registered as a module already keeps its place and gets this module.</param>
    /// <param name="module">The module, or null for a slot that is named and absent.</param>
    /// <returns>The module.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, is reserved, or belongs to other state of this module.</exception>
    public TModule? RegisterModule<TModule>(string name, TModule? module) where TModule : Module
    {
        Register(name, new Slot(SlotKind.Module, module));
        return module;
    }

    /// <summary>Takes a registered name out; registered again, it stands at the end.</summary>
    /// <exception cref="KeyNotFoundException">Nothing is registered under the name; a declared member cannot be taken out.</exception>
    public void Unregister(string name)
    {
        if (_registered?.Remove(name) == true) return;
        bool declared = Declared(name) is not null;
        throw new KeyNotFoundException(
            $"{GetType().Name} has nothing registered as "
            + $"'{name}'{(declared ? ": it is a declared member, which exists as long as its module" : "")}.");
    }

    /// <summary>The names that were registered at run time, in order.</summary>
    public IReadOnlyList<string> RegisteredNames => _registered is null ? [] : [.. _registered.Keys];

    private void Register(string name, Slot slot)
    {
        StateNames.Check(name);
        if (_registered is not null && _registered.TryGetValue(name, out Slot now))
        {
            if (now.Kind != slot.Kind)
                throw new ArgumentException(
                    $"{GetType().Name}: '{name}' already exists as a {now.Noun}; it cannot become a {slot.Noun}. Unregister(\"{name}\") "
                    + "first.");
            _registered[name] = slot;
            return;
        }
        if (Declared(name) is { } kind)
            throw new ArgumentException(
                $"{GetType().Name}: '{name}' already exists as a declared {kind}; choose another name, or set the member.");
        (_registered ??= []).Add(name, slot);
    }

    /// <summary>The kind of the declared member of that name, or null.</summary>
    private string? Declared(string name)
    {
        var members = new StateTree.Members(this);
        VisitState(members);
        foreach ((string at, Variable? value) in members.Variables)
            if (at == name) return value is Buffer ? "buffer" : value is Parameter ? "parameter" : "parameter or buffer";
        foreach ((string at, _) in members.Children)
            if (at == name) return "module";
        return null;
    }

    internal void VisitRegistered(IStateVisitor visitor)
    {
        if (_registered is null) return;
        foreach ((string name, Slot slot) in _registered)
        {
            if (slot.Kind == SlotKind.Module) visitor.Child(name, (Module?)slot.Value);
            else visitor.Variable(name, (Variable?)slot.Value);
        }
    }

    internal void MapRegistered(StateMap map)
    {
        for (int i = 0; i < (_registered?.Count ?? 0); i++)
        {
            (string name, Slot slot) = _registered!.GetAt(i);
            object? next;
            if (slot.Kind == SlotKind.Module)
            {
                var module = (Module?)slot.Value;
                map.Child(name, ref module);
                next = module;
            }
            else
            {
                var variable = (Variable?)slot.Value;
                map.Variable(name, ref variable);
                next = variable;
            }
            if (!ReferenceEquals(next, slot.Value)) _registered.SetAt(i, slot with { Value = next });
        }
    }

    /// <summary>Puts a registered value in the place of another of its kind; false if nothing is registered under the name.</summary>
    private bool TrySetRegistered(string name, SlotKind kind, object? value)
    {
        if (_registered is null || !_registered.TryGetValue(name, out Slot now)) return false;
        if (now.Kind != kind)
            throw new ArgumentException(
                $"{GetType().Name}: '{name}' is a {now.Noun}; a {new Slot(kind, null).Noun} cannot take its place. "
                + $"Unregister(\"{name}\") first.");
        _registered[name] = now with { Value = value, Persistent = value is Buffer buffer ? buffer.Persistent : now.Persistent };
        return true;
    }

    /// <summary>Whether the buffer slot of that name, absent or not, is saved.</summary>
    internal bool SlotPersists(string name) => _registered is null || !_registered.TryGetValue(name, out Slot slot) || slot.Persistent;
}
