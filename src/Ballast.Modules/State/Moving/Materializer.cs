namespace Ballast;

/// <summary>A module that can draw the first values of its own parameters and buffers again, as its constructor did.</summary>
public interface IResettable
{
    /// <summary>Writes first values, drawn from <see cref="Generator.Default"/>, over the module's state; modules below have drawn theirs
    /// before.</summary>
    void ResetParameters();
}

/// <summary>Gives modules that were built on meta the values that they would have had.</summary>
internal sealed class Materializer
{
    private readonly List<IResettable> _order = [];
    private readonly HashSet<Module> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Variable> _drawn = new(ReferenceEqualityComparer.Instance);

    public static void Run(Module root, Device device)
    {
        var plan = new Materializer();
        plan.Visit(root);
        foreach (StateEntry entry in StateTree.Of(root).Distinct())
        {
            if (NeedsValue(entry.Variable!) && !plan._drawn.Contains(entry.Variable!))
                throw new MetaTensorException(
                    $"{entry.Variable!.Name} is on meta, and the module that holds it cannot draw it again.\n  fix    let that module "
                    + "implement IResettable, make the buffer "
                    + "Buffer.Derived, or use ToEmpty and load a state.");
        }
        StateMover.MoveEmpty(root, device);
        using (Autograd.NoGrad())
        {
            foreach (IResettable module in plan._order) module.ResetParameters();
        }
    }

    /// <summary>Children first, as constructors do; a module whose state is drawn already, because it is tied, draws nothing.</summary>
    /// <returns>True if the module has state, all of it on meta.</returns>
    private bool Visit(Module module)
    {
        if (!_seen.Add(module)) return true;
        StateTree.Members members = StateTree.Members.Of(module);
        bool any = false, all = true;
        foreach ((_, Module? child) in members.Children)
        {
            if (child is null) continue;
            bool below = Visit(child);
            any |= below;
            all &= below || !child.NamedParameters().Any() && !child.NamedBuffers().Any(b => !b.Value.IsDerived);
        }
        List<Variable> own = [.. members.Variables.Select(v =>
            v.Variable).OfType<Variable>().Where(v => v is not Buffer { IsDerived: true })];
        bool wants = own.Exists(v => NeedsValue(v) && !_drawn.Contains(v));
        any |= own.Exists(NeedsValue);
        all &= own.TrueForAll(NeedsValue);
        // A parent without state of its own may draw that of its children anew, as long as none of it has data already.
        if (module is IResettable resettable && (wants || (own.Count == 0 && any && all)))
        {
            if (own.Exists(v => !NeedsValue(v)))
                throw new MetaTensorException(
                    $"{own.Find(NeedsValue)!.Name} is on meta beside {own.Find(v => !NeedsValue(v))!.Name}, which has data that drawing "
                    + "again would overwrite.");
            _order.Add(resettable);
            _drawn.UnionWith(own);
        }
        return any && all;
    }

    private static bool NeedsValue(Variable variable) => variable is not Buffer { IsDerived: true } && variable.Device.IsMeta;
}
