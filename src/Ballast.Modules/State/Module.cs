namespace Ballast;

/// <summary>
/// The base of everything that holds state. Declaring a <see cref="Parameter"/>, a <see cref="Buffer"/> or a module as a field or
/// property is registering it: the source generator writes the walk over the members of every partial class that derives from this.
/// </summary>
public abstract partial class Module
{
    /// <summary>Tells a visitor the members of this module. Written by the source generator; by hand only for containers.</summary>
    public abstract void VisitState(IStateVisitor visitor);

    /// <summary>Shows a map each member that holds state, by reference. Written by the source generator; by hand only for
    /// containers.</summary>
    /// <exception cref="NotSupportedException">The class writes its walk by hand and has no map.</exception>
    public virtual void MapState(StateMap map) => throw new NotSupportedException(
        $"{GetType().Name} writes VisitState by hand and has no MapState, so its members can be neither copied nor exchanged.\n  fix    "
        + "override MapState beside VisitState, "
        + "with the same members by reference, or let the generator write both.");

    /// <summary>The version of the layout of this module's own state: that of <c>[StateVersion]</c>, 1 without.</summary>
    public virtual int StateVersion => 1;

    /// <summary>Brings a state of an older version to <see cref="StateVersion"/>. Written by the source generator, from the methods
    /// marked <c>[MigratesFrom]</c>.</summary>
    public virtual void MigrateState(StateMigration migration) { }

    /// <summary>Called on a copy when its state is copied, for what is no state: caches to drop, lists to copy.</summary>
    /// <param name="original">The module that was copied; members that hold no state still refer to the original's objects.</param>
    protected virtual void OnCloned(Module original) { }

    internal void FinishClone(Module original) => OnCloned(original);

    internal Module ShallowCopy()
    {
        var copy = (Module)MemberwiseClone();
        copy._registered = _registered is null ? null : new OrderedDictionary<string, Slot>(_registered);
        return copy;
    }

    /// <summary>True in training mode, which dropout and batch statistics look at; set for the whole tree by Train() and Eval().</summary>
    public bool Training { get; internal set; } = true;

    /// <summary>All parameters with their paths, each handle once: own members first, then children in declaration order.</summary>
    /// <param name="withAliases">Also the further paths of tied parameters.</param>
    public IEnumerable<KeyValuePair<string, Parameter>> NamedParameters(bool withAliases = false)
    {
        foreach (StateEntry entry in StateTree.Of(this).Entries)
            if (entry.Variable is Parameter parameter && (withAliases || entry.Alias is null)) yield return new(entry.Path, parameter);
    }

    /// <summary>All buffers with their paths, each handle once, saved or not.</summary>
    /// <param name="withAliases">Also the further paths of shared buffers.</param>
    public IEnumerable<KeyValuePair<string, Buffer>> NamedBuffers(bool withAliases = false)
    {
        foreach (StateEntry entry in StateTree.Of(this).Entries)
            if (entry.Variable is Buffer buffer && (withAliases || entry.Alias is null)) yield return new(entry.Path, buffer);
    }

    /// <summary>The parameters that a filter takes, with their paths, each handle once.</summary>
    public IEnumerable<KeyValuePair<string, Parameter>> NamedParameters(StateFilter filter) =>
        NamedParameters().Where(p => filter.Matches(p.Key, p.Value));

    /// <summary>The buffers that a filter takes, with their paths, each handle once.</summary>
    public IEnumerable<KeyValuePair<string, Buffer>> NamedBuffers(StateFilter filter) =>
        NamedBuffers().Where(b => filter.Matches(b.Key, b.Value));

    /// <summary>This module (under the empty path) and all below, each once, parents first.</summary>
    public IEnumerable<KeyValuePair<string, Module>> NamedModules()
    {
        var seen = new HashSet<Module>(ReferenceEqualityComparer.Instance);
        foreach ((string path, Module module) in StateTree.Of(this).Modules)
            if (seen.Add(module)) yield return new(path, module);
    }

    /// <summary>The modules directly below, each once, with their names.</summary>
    public IEnumerable<KeyValuePair<string, Module>> NamedChildren()
    {
        var seen = new HashSet<Module>(ReferenceEqualityComparer.Instance);
        foreach ((string name, Module? child) in StateTree.Members.Of(this).Children)
            if (child is not null && seen.Add(child)) yield return new(name, child);
    }

    /// <summary>All parameters, each once.</summary>
    public IEnumerable<Parameter> Parameters() => NamedParameters().Select(p => p.Value);

    /// <summary>All buffers, each once.</summary>
    public IEnumerable<Buffer> Buffers() => NamedBuffers().Select(b => b.Value);

    /// <summary>This module and all below, each once.</summary>
    public IEnumerable<Module> Modules() => NamedModules().Select(m => m.Value);

    /// <summary>The modules directly below, each once.</summary>
    public IEnumerable<Module> Children() => NamedChildren().Select(c => c.Value);

    /// <summary>Sets every gradient to null.</summary>
    public void ZeroGrad()
    {
        foreach (Parameter parameter in Parameters()) parameter.Grad = null;
    }

    /// <summary>Freezes or unfreezes all parameters, or those that a filter takes; buffers are not touched.</summary>
    /// <param name="requiresGrad">False to freeze.</param>
    /// <param name="filter">Which parameters; all if left out.</param>
    /// <returns>How many parameters the filter took.</returns>
    public int RequiresGrad(bool requiresGrad, StateFilter? filter = null)
    {
        int count = 0;
        foreach ((_, Parameter parameter) in NamedParameters(filter ?? StateFilter.All))
        {
            parameter.RequiresGrad = requiresGrad && parameter.DType.IsFloating;
            count++;
        }
        return count;
    }

    /// <summary>The state now, as live aliases: changes in place are seen on both sides. Ties stand once, under their first path.</summary>
    /// <param name="prefix">A path put before every path, with a dot between; none if left out.</param>
    /// <param name="filter">Which state; all that is saved if left out.</param>
    public StateDict View(string prefix = "", StateFilter? filter = null) => StateDict.Of(this, copy: false, prefix, filter);

    /// <summary>A copy of the state, untouched by what happens to the module afterwards. Ties stand once, under their first path.</summary>
    /// <param name="prefix">A path put before every path, with a dot between; none if left out.</param>
    /// <param name="filter">Which state; all that is saved if left out.</param>
    public StateDict Snapshot(string prefix = "", StateFilter? filter = null) => StateDict.Of(this, copy: true, prefix, filter);

    /// <summary>Loads a state: all of it, or nothing if anything differs that the policy does not name.</summary>
    /// <param name="state">Values by path, such as a <see cref="StateDict"/> or what a file holds.</param>
    /// <param name="policy">Differences that are allowed; none if left out.</param>
    /// <returns>What was loaded, and every allowed difference.</returns>
    /// <exception cref="StateLoadException">Something differs; the report names all of it, and the module is as it was.</exception>
    public LoadReport Load(IReadOnlyDictionary<string, Tensor> state, LoadPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        return StateLoader.Load(this, state, policy ?? LoadPolicy.Strict);
    }

    /// <summary>The state tree: kinds, dtypes, shapes, devices, rules, aliases and totals.</summary>
    public override string ToString() => StateTable.Render(this);

    internal void SetTraining(bool training)
    {
        foreach (Module module in Modules()) module.Training = training;
    }
}
