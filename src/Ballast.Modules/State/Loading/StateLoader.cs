namespace Ballast;

/// <summary>Loads a state into a module: first everything is checked and computed, then everything is written.</summary>
internal sealed class StateLoader
{
    private readonly StateTree _tree;
    private readonly LoadPolicy _policy;
    private readonly LoadReport _report;
    private readonly OrderedDictionary<string, Tensor> _state = [];
    private readonly Dictionary<string, int> _versions = [];
    private readonly HashSet<string> _used = [];
    private readonly List<StateEntry> _missing = [];
    private readonly StateWriter _writer;

    private StateLoader(Module module, LoadPolicy policy)
    {
        _tree = StateTree.Of(module);
        _policy = policy;
        _report = new LoadReport(_tree.RootName);
        _writer = new StateWriter(policy);
    }

    public static LoadReport Load(Module module, IReadOnlyDictionary<string, Tensor> state, LoadPolicy policy)
    {
        var loader = new StateLoader(module, policy);
        using (Autograd.NoGrad()) loader.Run(state);
        return loader._report;
    }

    private void Run(IReadOnlyDictionary<string, Tensor> state)
    {
        Take(state);
        Migrate();
        ILookup<string?, string> aliases = _tree.Entries.Where(e => e.Alias is not null).ToLookup(e => e.Alias, e => e.Path);
        foreach (StateEntry entry in _tree.Entries)
        {
            if (entry.Extra is not null) CheckExtra(entry);
            else if (entry is { Variable: { } variable, Alias: null } && IsLoaded(entry.Path, variable))
            {
                if (Pick(entry.Path, aliases[entry.Path]) is { } value) Check(entry.Path, variable, value);
                else if (variable is not Buffer { Optional: true }) _missing.Add(entry);
            }
        }
        List<string> unused = [.. _state.Keys.Where(k => !_used.Contains(k))];
        AddMissing(unused);
        AddUnexpected(unused);
        if (!_report.Succeeded) throw new StateLoadException(_report);
        _writer.Write(_tree);
    }

    /// <summary>The given paths under their new names; the given state itself is never changed.</summary>
    private void Take(IReadOnlyDictionary<string, Tensor> state)
    {
        var dict = state as StateDict;
        foreach ((string key, Tensor value) in state) Add(key, value);
        foreach ((string alias, string first) in dict?.Aliases ?? new Dictionary<string, string>()) Add(alias, state[first]);
        foreach ((string path, int version) in dict?.Versions ?? new Dictionary<string, int>()) _versions[RenameModule(path)] = version;
    }

    private void Add(string key, Tensor? value)
    {
        if (value is null) throw new ArgumentException($"{_tree.RootName}: the state has null at '{key}'; a value is a tensor.");
        if (!_state.TryAdd(Rename(key), value))
            throw new ArgumentException(
                $"{_tree.RootName}: the rules of LoadPolicy.Rename give two paths the name '{Rename(key)}', '{key}' among them.");
    }

    private string Rename(string key)
    {
        foreach (RenameRule rule in _policy.Rename)
            if (rule.Apply(key) is { } name) return name;
        return key;
    }

    private string RenameModule(string path)
    {
        // A rule such as "module.*" is written for what stands below a module.
        string below = Rename(path.Length == 0 ? "x" : path + ".x");
        return below == "x" ? "" : below.EndsWith(".x", StringComparison.Ordinal) ? below[..^2] : path;
    }

    private void Migrate()
    {
        foreach ((string path, Module module) in _tree.Modules)
        {
            int now = module.StateVersion;
            bool told = _versions.TryGetValue(path, out int version);
            // A state that tells versions leaves out those that are 1.
            if (!told) version = _versions.Count > 0 ? 1 : _policy.AssumedVersion ?? now;
            if (version == now) continue;
            string name = path.Length == 0 ? _tree.RootName : path;
            if (version > now)
            {
                _report.VersionList.Add(new LoadDifference(
                    name, $"the state is of version {version}, {module.GetType().Name} knows versions up to {now}: use a newer program",
                        false));
                continue;
            }
            module.MigrateState(new StateMigration(_state, path, version));
            if (told) _report.VersionList.Add(new LoadDifference(name, $"migrated from version {version} to {now}", true));
        }
    }

    private bool IsLoaded(string path, Variable variable) =>
        variable is not Buffer { Persistent: false } && _policy.Filter?.Matches(path, variable) != false;

    /// <summary>The value for a path or, if the state has only them, for one of its tied paths. Tied paths that are both there must
    /// agree.</summary>
    private Tensor? Pick(string path, IEnumerable<string> aliases)
    {
        _state.TryGetValue(path, out Tensor? value);
        if (value is not null) _used.Add(path);
        foreach (string alias in aliases)
        {
            if (!_state.TryGetValue(alias, out Tensor? other)) continue;
            _used.Add(alias);
            if (value is null) value = other;
            else if (!ReferenceEquals(value, other) && !Same(value, other))
                _report.UnexpectedList.Add(new LoadDifference(alias, $"is tied to {path}, and the state has another value for it", false));
        }
        return value;
    }

    private static bool Same(Tensor a, Tensor b) =>
        a.Shape == b.Shape && a.DType == b.DType && (a.SameMemory(b) || a.Device.IsMeta || a.Eq(b.To(a.Device)).All().Item<bool>());

    private void Check(string path, Variable target, Tensor value)
    {
        Shape shape = target.Shape;
        bool slice = false;
        if (value.Shape != shape)
        {
            // [] and [1] say the same; counters are saved as both.
            if (value.Elements == 1 && shape.Elements == 1) value = value.Reshape(shape);
            else
            {
                slice = value.Rank == shape.Rank && LoadPolicy.Allows(_policy.ShapeSlice, path);
                bool allowed = slice || LoadPolicy.Allows(_policy.Shape, path);
                _report.ShapeList.Add(new LoadDifference(path,
                    $"the module has {shape}, the state {value.Shape}{(slice ? ": the common part is loaded" : "")}", allowed));
                if (!slice) return;
            }
        }
        if (value.DType != target.DType)
        {
            bool lossy = Cuts(value.DType, target.DType);
            bool allowed = LoadPolicy.Allows(_policy.LossyDType, path) || (!lossy && LoadPolicy.Allows(_policy.DType, path));
            string text =
                $"the module has {target.DType.Name}, the state "
                + $"{value.DType.Name}{(lossy ? "; a cast would cut values, and LossyDType allows it" : "")}";
            _report.DTypeList.Add(new LoadDifference(path, text, allowed));
            if (!allowed) return;
        }
        value.CheckReadable();
        _report.LoadedList.Add(path);
        _writer.Add(path, target, value, slice);
    }

    /// <summary>Whether a cast loses more than digits.</summary>
    private static bool Cuts(DType from, DType to) =>
        !Op.CanHold(to, from) || (!from.IsFloating && !to.IsFloating && to.SizeBytes < from.SizeBytes)
        || (from == DType.UInt8 && to == DType.Int8)
        || (from == DType.Int8 && to == DType.UInt8);

    private void CheckExtra(StateEntry entry)
    {
        if (_policy.Filter is not null) return;
        if (!_state.TryGetValue(entry.Path, out Tensor? value))
        {
            _report.MissingList.Add(new LoadDifference(entry.Path, "the module saves extra state",
                LoadPolicy.Allows(_policy.Missing, entry.Path)));
            return;
        }
        _used.Add(entry.Path);
        if (value.DType != DType.UInt8 || value.Rank != 1)
        {
            _report.ShapeList.Add(new LoadDifference(entry.Path,
                $"extra state is uint8 [N], the state has {value.DType.Name} {value.Shape}", false));
            return;
        }
        _report.LoadedList.Add(entry.Path);
        _writer.Add(entry.Path, entry.Extra!, value);
    }

    private void AddMissing(List<string> unused)
    {
        foreach (StateEntry entry in _missing)
        {
            string? near = Names.Nearest(entry.Path, unused);
            string text = near is null ? "" : $"the state has '{near}'";
            _report.MissingList.Add(new LoadDifference(entry.Path, text, LoadPolicy.Allows(_policy.Missing, entry.Path)));
        }
        Suggestions.Add(_report, [.. _missing.Select(m => m.Path)], unused);
    }

    private void AddUnexpected(List<string> unused)
    {
        if (unused.Count == 0) return;
        Dictionary<string, StateEntry> known = _tree.Entries.ToDictionary(e => e.Path);
        foreach (string key in unused)
        {
            bool isKnown = known.TryGetValue(key, out StateEntry entry);
            if (isKnown && _policy.Filter is not null && entry.Variable is { } variable && !_policy.Filter.Matches(key, variable)) continue;
            if (_policy.Filter is not null && entry.Extra is not null) continue;
            string text = "";
            bool allowed = LoadPolicy.Allows(_policy.Unexpected, key);
            if (_policy.Constants.FirstOrDefault(c => Names.Matches(key, c.Pattern)) is { } constant)
            {
                if (constant.Holds(_state[key]))
                {
                    _report.ConstantList.Add(key);
                    continue;
                }
                text = $"was to be {constant.What}, and is not: it holds learned or other values";
            }
            else if (!isKnown) text = Names.Nearest(key, _missing.Select(m => m.Path)) is { } near ? $"the module has '{near}'" : "";
            else if (entry.Variable is null) text = "is declared and absent (null) in the module";
            else if (entry.Alias is null) text = "is not saved by the module: it is derived or not persistent";
            _report.UnexpectedList.Add(new LoadDifference(key, text, allowed));
        }
    }
}

/// <summary>What a whole set of missing and unexpected paths has in common.</summary>
internal static class Suggestions
{
    /// <summary>Adds a rule that would make at least half of the missing paths fit.</summary>
    public static void Add(LoadReport report, HashSet<string> missing, List<string> unused)
    {
        if (missing.Count == 0 || unused.Count == 0) return;
        string first = missing.First();
        foreach (string key in unused)
        {
            if (key.EndsWith("." + first, StringComparison.Ordinal))
            {
                string prefix = key[..^first.Length];
                int fit = unused.Count(k => k.StartsWith(prefix, StringComparison.Ordinal) && missing.Contains(k[prefix.Length..]));
                if (fit * 2 < missing.Count) continue;
                bool doubled = missing.Any(m => m.StartsWith(prefix, StringComparison.Ordinal));
                report.SuggestionList.Add($"{fit} paths of the state have the {(doubled ? "doubled " : "")}prefix '{prefix}': Rename = "
                    + $"[RenameRule.StripPrefix(\"{prefix}\")]");
                return;
            }
            if (first.EndsWith("." + key, StringComparison.Ordinal))
            {
                string prefix = first[..^key.Length];
                int fit = unused.Count(k => missing.Contains(prefix + k));
                if (fit * 2 < missing.Count) continue;
                report.SuggestionList.Add($"{fit} paths of the state lack the prefix '{prefix}': Rename = "
                    + $"[RenameRule.AddPrefix(\"{prefix}\")]");
                return;
            }
        }
    }
}
