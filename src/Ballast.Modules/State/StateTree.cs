namespace Ballast;

/// <summary>One declared member of a module tree.</summary>
/// <param name="Path">The full dotted path.</param>
/// <param name="Variable">The handle, or null if the member is declared and absent.</param>
/// <param name="Alias">The first path under which the same handle was met, or null if this is the first.</param>
internal readonly record struct StateEntry(string Path, Variable? Variable, string? Alias);

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
                throw new InvalidOperationException($"{RootName}: the module at '{path}' contains itself, so its state has no end. Mark the reference back to the parent [Scratch(\"parent\")].");
        }
        _open.Add(module);
        Modules.Add((path, module));
        var members = new Members(module);
        module.VisitState(members);
        foreach ((string name, Variable? variable) in members.Variables)
            if (variable is Parameter or null) Add(path, name, variable);
        foreach ((string name, Variable? variable) in members.Variables)
            if (variable is not (Parameter or null)) Add(path, name, variable);
        foreach ((string name, Module? child) in members.Children)
            if (child is not null) Walk(child, Join(path, name));
        _open.RemoveAt(_open.Count - 1);
    }

    private void Add(string path, string name, Variable? variable)
    {
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
