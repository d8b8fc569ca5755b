namespace Ballast;

/// <summary>One declared member of a module tree.</summary>
/// <param name="Path">The full dotted path.</param>
/// <param name="Variable">The handle, or null if the member is declared and absent.</param>
/// <param name="Alias">The first path under which the same handle was met, or null if this is the first.</param>
/// <param name="Extra">The module, if the entry is its extra state.</param>
internal readonly record struct StateEntry(string Path, Variable? Variable, string? Alias, IExtraState? Extra = null);

/// <summary>A walk over a module tree in PyTorch's order: own parameters, own buffers, then children.</summary>
internal sealed class StateTree
{
    private readonly Dictionary<Variable, string> _first = new(ReferenceEqualityComparer.Instance);
    private readonly List<Module> _open = [];

    private StateTree(Module root, string prefix)
    {
        RootName = root.GetType().Name;
        Walk(root, prefix);
    }

    public string RootName { get; }

    public List<StateEntry> Entries { get; } = [];

    public List<(string Path, Module Module)> Modules { get; } = [];

    /// <summary>Walks the tree and, on the way, tells every value its name for error messages.</summary>
    public static StateTree Of(Module root, string prefix = "") => new(root, prefix);

    /// <summary>Each handle once, under its first path.</summary>
    public IEnumerable<StateEntry> Distinct()
    {
        foreach (StateEntry entry in Entries)
            if (entry is { Variable: not null, Alias: null }) yield return entry;
    }

    private void Walk(Module module, string path)
    {
        foreach (Module open in _open)
        {
            if (ReferenceEquals(open, module))
                throw new InvalidOperationException(
                    $"{RootName}: the module at '{path}' contains itself, so its state has no end. Mark the reference back to the "
                    + "parent [Scratch(\"parent\")].");
        }
        _open.Add(module);
        Modules.Add((path, module));
        Members members = Members.Of(module);
        foreach ((string name, Variable? variable) in members.Variables)
            if (variable is (Parameter or null) and not ParametrizedParameter) Add(path, name, variable);
        foreach ((string name, Variable? variable) in members.Variables)
            if (variable is not (Parameter or null)) Add(path, name, variable);
        if (module is IExtraState extra && !Modules.Take(Modules.Count - 1).Any(m => ReferenceEquals(m.Module, module)))
            Entries.Add(new StateEntry(Join(path, ExtraState.Key), null, null, extra));
        foreach ((string name, Module? child) in members.Children)
            if (child is not null) Walk(child, Join(path, name));
        // A computed parameter has no state of its own: what it is computed from stands below the module.
        foreach ((string name, Variable? variable) in members.Variables)
            if (variable is ParametrizedParameter computed) Walk(computed.Introduce(RootName, Join(path, name)),
                Join(path, $"parametrizations.{name}"));
        _open.RemoveAt(_open.Count - 1);
    }

    private void Add(string path, string name, Variable? variable)
    {
        if (name == ExtraState.Key)
            throw new InvalidOperationException(
                $"{RootName}: '{Join(path, name)}' cannot be state: the name is kept for what IExtraState saves.");
        string full = Join(path, name);
        string? alias = null;
        if (variable is not null && !_first.TryGetValue(variable, out alias))
        {
            _first.Add(variable, full);
            variable.Label = $"{RootName}.{full}";
        }
        Entries.Add(new StateEntry(full, variable, alias));
    }

    internal static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;

    /// <summary>The members of one module.</summary>
    internal sealed class Members(Module owner) : IStateVisitor
    {
        /// <summary>Declared members, then what was registered at run time.</summary>
        public static Members Of(Module module)
        {
            var members = new Members(module);
            module.VisitState(members);
            module.VisitRegistered(members);
            return members;
        }

        public List<(string Name, Variable? Variable)> Variables { get; } = [];

        public List<(string Name, Module? Module)> Children { get; } = [];

        void IStateVisitor.Variable(string name, Variable? value) => Variables.Add((name, value));

        void IStateVisitor.Child(string name, Module? value) => Children.Add((name, value));

        void IStateVisitor.Scratch(string member, Tensor? value)
        {
            if (value is not null) value.Label = $"{owner.GetType().Name}.{member}: {DeviceErrors.OutsideState}";
        }
    }
}
