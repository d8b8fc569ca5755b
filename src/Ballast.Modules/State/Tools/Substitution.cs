namespace Ballast;

/// <summary>
/// While open, other tensors stand in for the values of some of a module's handles; disposed, the module has its own again, whatever
/// happened in between.
/// </summary>
/// <remarks>
/// The tensors are used as they are, with their history: gradients reach them. In-place updates of a substituted buffer change the tensor
/// that was given; a buffer that gets a new value is found in <see cref="Results"/>. Ties take part by themselves, because they are one
/// handle. A module is called by one thread at a time while values are substituted.
/// Source: torch.func.functional_call; conformance C132 to C142.
/// </remarks>
public sealed class Substitution : IDisposable
{
    private readonly List<(string Path, Variable Variable, Tensor? Own, bool Was)> _swapped = [];
    private readonly OrderedDictionary<string, Tensor> _results = [];
    private bool _disposed;

    internal Substitution(Module module, IEnumerable<KeyValuePair<string, Tensor>> values, bool strict)
    {
        StateTree tree = StateTree.Of(module);
        Dictionary<string, StateEntry> known = [];
        foreach (StateEntry entry in tree.Entries)
            if (entry.Variable is not null) known[entry.Path] = entry;
        var given = new Dictionary<string, (string Path, Tensor Value)>();
        var names = new HashSet<string>();
        List<string> unexpected = [];
        foreach ((string path, Tensor value) in values)
        {
            if (!names.Add(path)) throw new ArgumentException($"'{path}' is given twice; each state has one substitute.");
            if (!known.TryGetValue(path, out StateEntry entry))
            {
                unexpected.Add(path);
                continue;
            }
            string first = entry.Alias ?? path;
            if (given.TryGetValue(first, out (string Path, Tensor Value) other) && !ReferenceEquals(other.Value, value))
            {
                string tied = string.Join(", ", tree.Entries.Where(e =>
                    (e.Alias ?? e.Path) == first).Select(e => e.Path).Order(StringComparer.Ordinal));
                throw new ArgumentException(
                    $"'{other.Path}' and '{path}' are tied and were given different tensors; the tied paths are: {tied}.");
            }
            given[first] = (path, value);
        }
        List<string> missing = strict ? [.. tree.Distinct().Where(e => !given.ContainsKey(e.Path)).Select(e => e.Path)] : [];
        if (unexpected.Count > 0 || missing.Count > 0)
        {
            string more = missing.Count == 0 ? "" : $"{(unexpected.Count > 0 ? "; " : "")}missing: {string.Join(", ", missing)}";
            throw new ArgumentException(
                $"{module.GetType().Name}: the substituted state does not fit. "
                + $"{(unexpected.Count > 0 ? $"unexpected: {string.Join(", ", unexpected)}" : "")}{more}.");
        }
        foreach ((string first, (string path, Tensor value)) in given)
        {
            Variable variable = known[first].Variable!;
            bool was = variable.IsSubstituted;
            _swapped.Add((path, variable, variable.Exchange(value, true), was));
        }
    }

    /// <summary>The values that stand in now, or, after the end, stood in last: what was given, or what a forward pass put in its
    /// place.</summary>
    public IReadOnlyDictionary<string, Tensor> Results
    {
        get
        {
            if (_disposed) return _results;
            var now = new OrderedDictionary<string, Tensor>();
            foreach ((string path, Variable variable, _, _) in _swapped) now[path] = variable.Current;
            return now;
        }
    }

    /// <summary>Gives the module its own values back.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        for (int i = _swapped.Count - 1; i >= 0; i--)
        {
            (string path, Variable variable, Tensor? own, bool was) = _swapped[i];
            _results[path] = variable.Exchange(own, was)!;
        }
        _disposed = true;
    }
}

/// <summary>Calls with state from outside.</summary>
public static class FunctionalCalls
{
    extension<TModule>(TModule module) where TModule : Module
    {
        /// <summary>Lets other tensors stand in for some of the module's values until the result is disposed.</summary>
        /// <param name="values">Tensors by path; no path twice.</param>
        /// <param name="strict">True if every parameter and buffer must be given.</param>
        /// <exception cref="ArgumentException">A path is unknown, twice there, or tied to one that got another tensor; nothing was
        /// changed.</exception>
        public Substitution Substitute(IEnumerable<KeyValuePair<string, Tensor>> values, bool strict = false) =>
            new(module, values, strict);

        /// <summary>Runs a function of the module with other tensors in place of some of its values; afterwards the module has its own
        /// again.</summary>
        /// <param name="values">Tensors by path. In a <see cref="StateDict"/>, buffers that got a new value in the call are replaced by
        /// it.</param>
        /// <param name="call">What to run, such as <c>m => m.Forward(x)</c>.</param>
        /// <param name="strict">True if every parameter and buffer must be given.</param>
        /// <exception cref="ArgumentException">A path is unknown, twice there, or tied to one that got another tensor; nothing was
        /// changed.</exception>
        public TResult FunctionalCall<TResult>(IEnumerable<KeyValuePair<string, Tensor>> values, Func<TModule, TResult> call,
            bool strict = false)
        {
            TResult result;
            Substitution substitution = module.Substitute(values, strict);
            using (substitution) result = call(module);
            if (values is StateDict state)
            {
                foreach ((string path, Tensor value) in substitution.Results)
                    if (!ReferenceEquals(state[path], value)) state[path] = value;
            }
            return result;
        }
    }
}
