namespace Ballast;

/// <summary>Loads a state into a module: first everything is checked, then everything is written.</summary>
internal static class StateLoader
{
    public static LoadReport Load(Module module, IReadOnlyDictionary<string, Tensor> state, LoadPolicy policy)
    {
        StateTree tree = StateTree.Of(module);
        var report = new LoadReport(tree.RootName);
        var loads = new List<(Variable Variable, Tensor Value)>();
        var used = new HashSet<string>();
        ILookup<string?, string> aliases = tree.Entries.Where(e => e.Alias is not null).ToLookup(e => e.Alias, e => e.Path);
        foreach (StateEntry entry in tree.Distinct())
        {
            if (entry.Variable is Buffer { Persistent: false } or Buffer { IsDerived: true }) continue;
            if (Pick(state, entry.Path, aliases[entry.Path], used, report) is { } value) Check(entry, value, policy, report, loads);
            else Miss(entry.Path, state, policy, report);
        }
        AddUnexpected(tree, state, used, policy, report);
        if (!report.Succeeded) throw new StateLoadException(report);
        Device? landed = null;
        foreach ((Variable variable, Tensor value) in loads)
        {
            bool fresh = variable.Device.IsMeta;
            Write(variable, value);
            if (fresh) landed ??= variable.Device;
        }
        // A module that was built on meta is now where the values are; what it derives is computed there.
        if (landed is not null)
        {
            foreach (StateEntry entry in tree.Distinct())
                if (entry.Variable is Buffer { IsDerived: true } derived && derived.Device.IsMeta) derived.Prepare(landed, null)();
        }
        return report;
    }

    /// <summary>The value for a path or, if the state has only them, for one of its tied paths. Tied paths that are both there must agree.</summary>
    private static Tensor? Pick(IReadOnlyDictionary<string, Tensor> state, string path, IEnumerable<string> aliases, HashSet<string> used, LoadReport report)
    {
        state.TryGetValue(path, out Tensor? value);
        if (value is not null) used.Add(path);
        foreach (string alias in aliases)
        {
            if (!state.TryGetValue(alias, out Tensor? other)) continue;
            used.Add(alias);
            if (value is null) value = other;
            else if (!ReferenceEquals(value, other) && !Same(value, other))
                report.UnexpectedList.Add(new LoadDifference(alias, $"is tied to {path}, and the state has another value for it", false));
        }
        return value;
    }

    private static bool Same(Tensor a, Tensor b) =>
        a.Shape == b.Shape && a.DType == b.DType && (a.SameMemory(b) || a.Device.IsMeta || a.Eq(b.To(a.Device)).All().Item<bool>());

    private static void Check(StateEntry entry, Tensor value, LoadPolicy policy, LoadReport report, List<(Variable, Tensor)> loads)
    {
        Variable target = entry.Variable!;
        if (value.Shape != target.Shape)
        {
            report.ShapeList.Add(new LoadDifference(entry.Path, $"the module has {target.Shape}, the state {value.Shape}", LoadPolicy.Allows(policy.Shape, entry.Path)));
            return;
        }
        if (value.DType != target.DType)
        {
            bool allowed = LoadPolicy.Allows(policy.DType, entry.Path);
            report.DTypeList.Add(new LoadDifference(entry.Path, $"the module has {target.DType.Name}, the state {value.DType.Name}", allowed));
            if (!allowed) return;
        }
        value.CheckReadable();
        report.LoadedList.Add(entry.Path);
        loads.Add((target, value));
    }

    private static void Miss(string path, IReadOnlyDictionary<string, Tensor> state, LoadPolicy policy, LoadReport report)
    {
        string? near = Names.Nearest(path, state.Keys);
        report.MissingList.Add(new LoadDifference(path, near is null ? "" : $"the state has '{near}'", LoadPolicy.Allows(policy.Missing, path)));
    }

    private static void AddUnexpected(StateTree tree, IReadOnlyDictionary<string, Tensor> state, HashSet<string> used, LoadPolicy policy, LoadReport report)
    {
        Dictionary<string, StateEntry> known = tree.Entries.ToDictionary(e => e.Path);
        foreach (string key in state.Keys)
        {
            if (used.Contains(key)) continue;
            string text = !known.TryGetValue(key, out StateEntry entry) ? Names.Nearest(key, known.Keys) is { } near ? $"the module has '{near}'" : ""
                : entry.Variable is null ? "is declared and absent (null) in the module"
                : "is not saved by the module: it is derived or not persistent";
            report.UnexpectedList.Add(new LoadDifference(key, text, LoadPolicy.Allows(policy.Unexpected, key)));
        }
    }

    private static void Write(Variable variable, Tensor value)
    {
        using (Autograd.NoGrad())
        {
            if (!variable.Device.IsMeta) variable.Current.CopyFrom(value);
            else if (variable is Parameter parameter) parameter.Replace(value.To(variable.DType), null);
            else ((Buffer)variable).Replace(value.To(variable.DType));
        }
    }
}
