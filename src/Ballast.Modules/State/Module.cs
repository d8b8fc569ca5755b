namespace Ballast;

/// <summary>
/// The base of everything that holds state. Declaring a <see cref="Parameter"/>, a <see cref="Buffer"/> or a module as a field or
/// property is registering it: the source generator writes the walk over the members of every partial class that derives from this.
/// </summary>
public abstract class Module
{
    /// <summary>Tells a visitor the members of this module. Written by the source generator; by hand only for containers.</summary>
    public abstract void VisitState(IStateVisitor visitor);

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
        var members = new StateTree.Members(this);
        VisitState(members);
        var seen = new HashSet<Module>(ReferenceEqualityComparer.Instance);
        foreach ((string name, Module? child) in members.Children)
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

    /// <summary>The module at a dotted path; the empty path is this one.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Module GetModule(string path)
    {
        if (path.Length == 0) return this;
        foreach ((string at, Module module) in StateTree.Of(this).Modules)
            if (at == path) return module;
        throw NotFound(path, "module", StateTree.Of(this).Modules.Select(m => m.Path));
    }

    /// <summary>The parameter at a dotted path.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or it is a buffer.</exception>
    public Parameter GetParameter(string path) => Find<Parameter>(path, "parameter");

    /// <summary>The buffer at a dotted path, saved or not.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or it is a parameter.</exception>
    public Buffer GetBuffer(string path) => Find<Buffer>(path, "buffer");

    private TVariable Find<TVariable>(string path, string kind) where TVariable : Variable
    {
        StateTree tree = StateTree.Of(this);
        foreach (StateEntry entry in tree.Entries)
        {
            if (entry.Path != path) continue;
            return entry.Variable as TVariable
                ?? throw new KeyNotFoundException($"{GetType().Name}: '{path}' is {(entry.Variable is null ? "absent (null)" : $"a {entry.Variable.Kind}")}, not a {kind}.");
        }
        throw NotFound(path, kind, tree.Entries.Where(e => e.Variable is TVariable).Select(e => e.Path));
    }

    private KeyNotFoundException NotFound(string path, string kind, IEnumerable<string> known)
    {
        string? near = Names.Nearest(path, known);
        return new KeyNotFoundException($"{GetType().Name} has no {kind} at '{path}'{(near is null ? "." : $"; the nearest is '{near}'.")}");
    }

    /// <summary>Sets every gradient to null.</summary>
    public void ZeroGrad()
    {
        foreach (Parameter parameter in Parameters()) parameter.Grad = null;
    }

    /// <summary>Freezes or unfreezes all parameters; buffers are not touched.</summary>
    public void RequiresGrad(bool requiresGrad)
    {
        foreach (Parameter parameter in Parameters()) parameter.RequiresGrad = requiresGrad && parameter.DType.IsFloating;
    }

    /// <summary>The state now, as live aliases: changes in place are seen on both sides. Ties stand once, under their first path.</summary>
    public StateDict View() => StateDict.Of(this, copy: false);

    /// <summary>A copy of the state, untouched by what happens to the module afterwards. Ties stand once, under their first path.</summary>
    public StateDict Snapshot() => StateDict.Of(this, copy: true);

    /// <summary>Loads a state: all of it, or nothing if anything differs that the policy does not name.</summary>
    /// <param name="state">Values by path, such as a <see cref="StateDict"/> or what a file holds.</param>
    /// <param name="policy">Differences that are allowed; none if left out.</param>
    /// <returns>What was loaded, and every allowed difference.</returns>
    /// <exception cref="StateLoadException">Something differs; the report names all of it, and the module is as it was.</exception>
    public LoadReport Load(IReadOnlyDictionary<string, Tensor> state, LoadPolicy? policy = null) => StateLoader.Load(this, state, policy ?? LoadPolicy.Strict);

    /// <summary>The state tree: kinds, dtypes, shapes, devices, aliases and totals.</summary>
    public override string ToString() => StateTable.Render(this);

    internal void Move(Device? device, DType? dtype)
    {
        if (dtype is { IsFloating: false } wrong)
            throw new DTypeException($"{GetType().Name}.To: only floating dtypes are accepted, {wrong.Name} was given; integer state keeps its dtype.");
        var commits = new List<Action>();
        using (Autograd.NoGrad())
        {
            // Everything is computed before the first handle changes: a failure leaves the module as it was.
            foreach (StateEntry entry in StateTree.Of(this).Distinct()) commits.Add(entry.Variable!.Prepare(device, dtype));
            foreach (Action commit in commits) commit();
        }
    }

    internal void MoveEmpty(Device device)
    {
        var commits = new List<Action>();
        foreach (StateEntry entry in StateTree.Of(this).Distinct())
        {
            Variable variable = entry.Variable!;
            if (variable is Buffer { IsDerived: true } || !variable.Device.IsMeta)
            {
                commits.Add(variable.Prepare(device, null));
                continue;
            }
            Tensor empty = Tensor.Empty(variable.Shape, variable.DType, device);
            commits.Add(variable is Parameter parameter ? () => parameter.Replace(empty, null) : () => ((Buffer)variable).Replace(empty));
        }
        foreach (Action commit in commits) commit();
    }

    internal void SetTraining(bool training)
    {
        foreach (Module module in Modules()) module.Training = training;
    }
}

/// <summary>Calls that give the module back, in its own type, for chaining.</summary>
public static class ModuleExtensions
{
    extension<TModule>(TModule module) where TModule : Module
    {
        /// <summary>Moves all parameters and buffers, and gradients, to a device. Handles, ties and optimizers stay valid; a failure changes nothing.</summary>
        /// <exception cref="MetaTensorException">A value on meta has no data to move; use ToEmpty or Load.</exception>
        public TModule To(Device device)
        {
            module.Move(device, null);
            return module;
        }

        /// <summary>Casts all floating parameters and buffers, except those that keep their dtype; integers and bools stay. A failure changes nothing.</summary>
        /// <exception cref="DTypeException">The dtype is not floating.</exception>
        public TModule To(DType dtype)
        {
            module.Move(null, dtype);
            return module;
        }

        /// <summary>Moves and casts in one step.</summary>
        public TModule To(Device device, DType dtype)
        {
            module.Move(device, dtype);
            return module;
        }

        /// <summary>Gives what is on meta memory of undefined contents on a device; what has data moves with it; derived buffers are computed there.</summary>
        public TModule ToEmpty(Device device)
        {
            module.MoveEmpty(device);
            return module;
        }

        /// <summary>Sets training mode for the whole tree.</summary>
        public TModule Train(bool training = true)
        {
            module.SetTraining(training);
            return module;
        }

        /// <summary>Sets evaluation mode for the whole tree.</summary>
        public TModule Eval()
        {
            module.SetTraining(false);
            return module;
        }
    }
}
