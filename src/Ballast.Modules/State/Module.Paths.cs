namespace Ballast;

/// <content>State by dotted path.</content>
public abstract partial class Module
{
    /// <summary>The module at a dotted path; the empty path is this one.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Module GetModule(string path)
    {
        if (path.Length == 0) return this;
        List<(string Path, Module Module)> modules = StateTree.Of(this).Modules;
        foreach ((string at, Module module) in modules)
            if (at == path) return module;
        throw NotFound(path, "module", modules.Select(m => m.Path));
    }

    /// <summary>The parameter at a dotted path.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or it is a buffer.</exception>
    public Parameter GetParameter(string path) => Find<Parameter>(path, "parameter");

    /// <summary>The buffer at a dotted path, saved or not.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or it is a parameter.</exception>
    public Buffer GetBuffer(string path) => Find<Buffer>(path, "buffer");

    /// <summary>Puts a module in the place of the one at a dotted path; registered names and container slots included.</summary>
    /// <param name="path">The path; its parent must exist.</param>
    /// <param name="module">The module, of a type that the member can hold; null only for a registered name.</param>
    /// <param name="create">True to register a name that is not there yet.</param>
    /// <exception cref="KeyNotFoundException">There is no such path, and it was not to be created.</exception>
    /// <exception cref="ArgumentException">The member there holds something else.</exception>
    public void SetModule(string path, Module? module, bool create = false) => Set(path, SlotKind.Module, module, create);

    /// <summary>Puts a handle in the place of the parameter at a dotted path. To write values, use
    /// <c>GetParameter(path).Assign</c>.</summary>
    /// <inheritdoc cref="SetModule"/>
    /// <param name="path">The path; its parent must exist.</param>
    /// <param name="parameter">The handle; null only for a registered name.</param>
    /// <param name="create">True to register a name that is not there yet.</param>
    public void SetParameter(string path, Parameter? parameter, bool create = false) => Set(path, SlotKind.Parameter, parameter, create);

    /// <summary>Puts a handle in the place of the buffer at a dotted path. To write values, use <c>GetBuffer(path).Assign</c> or
    /// <c>Replace</c>.</summary>
    /// <inheritdoc cref="SetModule"/>
    /// <param name="path">The path; its parent must exist.</param>
    /// <param name="buffer">The handle; null only for a registered name.</param>
    /// <param name="create">True to register a name that is not there yet.</param>
    public void SetBuffer(string path, Buffer? buffer, bool create = false) => Set(path, SlotKind.Buffer, buffer, create);

    /// <summary>Sets the value of the buffer at a dotted path; an absent slot that was registered comes to life, saved or not as it was
    /// declared.</summary>
    /// <param name="path">The path.</param>
    /// <param name="value">The value, or null to make a registered slot absent again.</param>
    /// <exception cref="KeyNotFoundException">There is no such path.</exception>
    public void SetBuffer(string path, Tensor? value)
    {
        (Module parent, string name) = Parent(path);
        Set(path, SlotKind.Buffer, value is null ? null : new Buffer(value, parent.SlotPersists(name)), create: false, keepRule: true);
    }

    /// <summary>Takes what was registered under a dotted path out.</summary>
    /// <exception cref="KeyNotFoundException">Nothing is registered there.</exception>
    public void Delete(string path)
    {
        (Module parent, string name) = Parent(path);
        parent.Unregister(name);
    }

    private (Module Parent, string Name) Parent(string path)
    {
        int dot = path.LastIndexOf('.');
        return (GetModule(dot < 0 ? "" : path[..dot]), path[(dot + 1)..]);
    }

    private void Set(string path, SlotKind kind, object? value, bool create, bool keepRule = false)
    {
        (Module parent, string name) = Parent(path);
        StateNames.Check(name);
        bool persistent = parent.SlotPersists(name);
        if (parent.TrySetRegistered(name, kind, value))
        {
            if (keepRule) parent._registered![name] = parent._registered[name] with { Persistent = persistent };
            return;
        }
        var setter = new MemberSetter(name, value);
        parent.MapState(setter);
        if (setter.Found) return;
        if (!create)
        {
            StateTree tree = StateTree.Of(this);
            throw NotFound(path, new Slot(kind, null).Noun, tree.Entries.Select(e => e.Path).Concat(tree.Modules.Select(m => m.Path)));
        }
        parent.Register(name, new Slot(kind, value, persistent));
    }

    private TVariable Find<TVariable>(string path, string kind) where TVariable : Variable
    {
        StateTree tree = StateTree.Of(this);
        foreach (StateEntry entry in tree.Entries)
        {
            if (entry.Path != path) continue;
            return entry.Variable as TVariable
                ?? throw new KeyNotFoundException(
                    $"{GetType().Name}: '{path}' is {(entry.Variable is null ? "absent (null)" : $"a {entry.Variable.Kind}")}, not a "
                    + $"{kind}.");
        }
        throw NotFound(path, kind, tree.Entries.Where(e => e.Variable is TVariable).Select(e => e.Path));
    }

    private KeyNotFoundException NotFound(string path, string kind, IEnumerable<string> known)
    {
        string? near = Names.Nearest(path, known);
        return new KeyNotFoundException(
            $"{GetType().Name} has no {kind} at '{path}'{(near is null ? "." : $"; the nearest is '{near}'.")}");
    }
}
