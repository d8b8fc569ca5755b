namespace Ballast;

/// <summary>A rule that computes a parameter from other handles, such as a direction and a length, or a frozen matrix and a low-rank
/// update.</summary>
/// <remarks>
/// <c>module.Parametrize("fc.weight", new WeightNorm())</c> puts a computed parameter in the place of <c>fc.weight</c>, wherever the tree
/// holds
/// that handle. Its former handle lives on as <see cref="Original"/>, under <c>fc.parametrizations.weight.original</c>, so optimizers that
/// know it go on training it. What the rule needs besides are parameters and buffers of its own: they are walked, saved and moved.
/// <c>Fold</c> writes the computed value into the former handle and puts that back.
/// Source: torch.nn.utils.parametrize; conformance C102.
/// </remarks>
public abstract partial class Parametrization : Module
{
    /// <summary>The handle that is parametrised; null before that.</summary>
    public Parameter? Original { get; private set; }

    /// <summary>Makes the rule's own parameters to fit a value, such that the computed value is equal to it or near.</summary>
    /// <param name="original">The value that is parametrised.</param>
    protected abstract void Prepare(Tensor original);

    /// <summary>The value from <paramref name="original"/> and the rule's own handles; recorded, so that all of them can be
    /// trained.</summary>
    public abstract Tensor Forward(Tensor original);

    internal void Attach(Parameter original)
    {
        if (Original is not null)
            throw new InvalidOperationException(
                $"this {GetType().Name} parametrises {Original.Name} already; each handle needs a rule of its own.");
        using (Autograd.NoGrad()) Prepare(original.Value.Detach());
        Original = original;
        Tensor value = Forward(original);
        if (value.Shape == original.Shape && value.DType == original.DType) return;
        Original = null;
        throw new ShapeException(
            $"{GetType().Name}: the rule gives {value.DType.Name} {value.Shape} for {original.Name}, which is {original.DType.Name} "
            + $"{original.Shape}; they must be the same.");
    }

    internal void Detach() => Original = null;
}

/// <summary>The parameter that stands in a module while its value is computed; it holds no state itself.</summary>
internal sealed class ParametrizedParameter(Parameter original, Parametrization rule) : Parameter
{
    private Parametrization _rule = rule;

    public Parameter Original => _rule.Original ?? original;

    public Parametrization Rule => _rule;

    public override string Kind => "Parameter (computed)";

    public override Shape Shape => Original.Shape;

    public override DType DType => Original.DType;

    public override Device Device => Original.Device;

    public override bool RequiresGrad
    {
        get => _rule.Parameters().Any(p => p.RequiresGrad);
        set => throw new InvalidOperationException(
            $"{Name} is computed; freeze what it is computed from: {string.Join(", ", _rule.NamedParameters().Select(p => p.Key))}.");
    }

    /// <summary>Names the handle for messages and gives the rule to be walked.</summary>
    public Parametrization Introduce(string root, string path)
    {
        Label = $"{root}.{path}";
        return _rule;
    }

    private protected override Tensor Compute()
    {
        Tensor value = _rule.Forward(Original);
        value.Label = Label;
        return value;
    }

    internal override void Adopt(Tensor value, Tensor? grad) =>
        throw new InvalidOperationException($"{Name} is computed from other handles and has no value of its own to replace.");

    /// <summary>In a copy: points at the copy of the rule.</summary>
    public void MapParts(CloneMap map)
    {
        _rule = map.Copy(_rule);
        original = map.Copy(original, true);
    }
}

/// <summary>Parametrising parameters of a tree, and undoing it.</summary>
public static class Parametrizations
{
    extension(Module module)
    {
        /// <summary>Lets the parameter at a path be computed by a rule from now on.</summary>
        /// <param name="path">The parameter; ties of it in this tree are computed too.</param>
        /// <param name="rule">A rule of its own for this handle.</param>
        /// <exception cref="KeyNotFoundException">There is no parameter at the path.</exception>
        /// <exception cref="ShapeException">The rule gives another shape or dtype; nothing was changed.</exception>
        public void Parametrize(string path, Parametrization rule)
        {
            Parameter original = module.GetParameter(path);
            rule.Attach(original);
            HandleSwap.Run(module, original, new ParametrizedParameter(original, rule));
        }

        /// <summary>Writes the computed value of the parameter at a path into its former handle and puts that back.</summary>
        /// <exception cref="KeyNotFoundException">The parameter is not computed.</exception>
        public void Fold(string path) => Undo(module, path, fold: true);

        /// <summary>Puts the former handle of the parameter at a path back, with the value it has.</summary>
        /// <exception cref="KeyNotFoundException">The parameter is not computed.</exception>
        public void RemoveParametrization(string path) => Undo(module, path, fold: false);

        /// <summary>The rules in the tree, by the path of the parameter that they compute.</summary>
        public IEnumerable<KeyValuePair<string, Parametrization>> NamedParametrizations()
        {
            foreach ((string path, Module at) in StateTree.Of(module).Modules)
                if (at is Parametrization rule) yield return new(ComputedPath(path), rule);
        }
    }

    private static string ComputedPath(string path)
    {
        const string mark = "parametrizations.";
        int at = path.LastIndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? path : path[..at] + path[(at + mark.Length)..];
    }

    private static void Undo(Module module, string path, bool fold)
    {
        ParametrizedParameter? computed = null;
        int dot = path.LastIndexOf('.');
        foreach ((string name, Variable? variable) in StateTree.Members.Of(module.GetModule(dot < 0 ? "" : path[..dot])).Variables)
            if (name == path[(dot + 1)..]) computed = variable as ParametrizedParameter;
        if (computed is null)
        {
            string known = string.Join(", ", module.NamedParametrizations().Select(p => p.Key));
            throw new KeyNotFoundException(
                $"{module.GetType().Name} has no computed parameter at '{path}'; there are: {(known.Length == 0 ? "none" : known)}.");
        }
        Parameter original = computed.Original;
        if (fold)
        {
            using (Autograd.NoGrad()) original.Assign(computed.Value);
            original.Grad = null;
        }
        HandleSwap.Run(module, computed, original);
        computed.Rule.Detach();
    }
}
