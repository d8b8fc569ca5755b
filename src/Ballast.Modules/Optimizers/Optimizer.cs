namespace Ballast.Optimizers;

/// <summary>Updates parameters from their gradients.</summary>
/// <remarks>
/// It holds handles, so moving, casting or loading the module needs nothing here: what is remembered follows its parameter at the next
/// step.
/// Settings (learning rate, decay) are code and are not saved; step counts and moments are.
/// </remarks>
public abstract class Optimizer
{
    private readonly List<ParameterGroup> _groups = [];
    private readonly List<ParameterState> _states = [];
    private readonly HashSet<Parameter> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _names = [];

    /// <summary>An optimizer of these groups.</summary>
    /// <exception cref="ArgumentException">There is no parameter, or one stands there twice.</exception>
    protected Optimizer(IEnumerable<ParameterGroup> groups, double learningRate, double weightDecay)
    {
        LearningRate = NotNegative(learningRate, nameof(learningRate));
        WeightDecay = NotNegative(weightDecay, nameof(weightDecay));
        foreach (ParameterGroup group in groups) Add(group);
        if (_states.Count == 0)
            throw new ArgumentException($"{GetType().Name}: no parameter was given. Pass module.NamedParameters().", nameof(groups));
    }

    /// <summary>The step length before any schedule, for groups without their own.</summary>
    public double LearningRate { get; set; }

    /// <summary>A factor on every group's learning rate; schedules set it.</summary>
    public double LearningRateFactor { get; set; } = 1;

    /// <summary>The weight decay of groups without their own.</summary>
    public double WeightDecay { get; set; }

    /// <summary>The groups, in the order they were given.</summary>
    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>What is remembered, one entry for each parameter.</summary>
    public IReadOnlyList<ParameterState> States => _states;

    /// <summary>The handles of all groups.</summary>
    public IEnumerable<Parameter> Parameters => _states.Select(s => s.Parameter);

    /// <summary>Adds a group, for instance of layers that were frozen until now.</summary>
    /// <exception cref="ArgumentException">A parameter, or a name, is there already; nothing is added.</exception>
    public void Add(ParameterGroup group)
    {
        var added = new List<ParameterState>();
        var parameters = new HashSet<Parameter>(_seen, ReferenceEqualityComparer.Instance);
        var names = new HashSet<string>(_names);
        foreach ((string given, Parameter parameter) in group.Named)
        {
            string name = ParameterGroup.NameAt(given, _states.Count + added.Count);
            if (!parameters.Add(parameter))
            {
                throw new ArgumentException(
                    $"{GetType().Name}: the parameter '{name}' ({parameter.Label ?? "without a module"}) is in the groups twice; "
                    + "each belongs to one group, once.", nameof(group));
            }
            if (!names.Add(name))
            {
                throw new ArgumentException(
                    $"{GetType().Name}: two parameters are called '{name}', so their states could not be told apart; "
                    + "give each its own name.", nameof(group));
            }
            added.Add(new ParameterState(name, parameter, group));
        }
        _groups.Add(group);
        _states.AddRange(added);
        _seen.UnionWith(parameters);
        _names.UnionWith(names);
    }

    /// <summary>Updates every parameter that has a gradient; frozen ones and those without a gradient stay as they are.</summary>
    public void Step()
    {
        using (Autograd.NoGrad())
        {
            foreach (ParameterGroup group in _groups)
            {
                var ready = new List<(ParameterState State, Tensor Gradient)>();
                foreach (ParameterState state in _states)
                {
                    if (state.Group != group || !state.Parameter.RequiresGrad || state.Parameter.Grad is not { } gradient) continue;
                    state.Follow();
                    state.Step++;
                    ready.Add((state, gradient));
                }
                if (ready.Count == 0) continue;
                UpdateAll(ready, (group.LearningRate ?? LearningRate) * LearningRateFactor, group.WeightDecay ?? WeightDecay);
            }
        }
    }

    /// <summary>Sets every gradient to null.</summary>
    public void ZeroGrad()
    {
        foreach (ParameterState state in _states) state.Parameter.Grad = null;
    }

    /// <summary>Updates the parameters of one group in place, one after the other unless overridden; runs without recording.</summary>
    /// <param name="ready">Parameters with their gradients; see <see cref="Update"/>.</param>
    /// <param name="learningRate">The step length now.</param>
    /// <param name="weightDecay">The weight decay of the group.</param>
    protected virtual void UpdateAll(IReadOnlyList<(ParameterState State, Tensor Gradient)> ready, double learningRate, double weightDecay)
    {
        foreach ((ParameterState state, Tensor gradient) in ready) Update(state, gradient, learningRate, weightDecay);
    }

    /// <summary>Updates one parameter in place; runs without recording.</summary>
    /// <param name="state">The parameter and what is remembered about it, on its device; its step count already includes this
    /// update.</param>
    /// <param name="gradient">The gradient; it may be read again by the caller, so it must not be changed.</param>
    /// <param name="learningRate">The step length now.</param>
    /// <param name="weightDecay">The weight decay of its group.</param>
    protected abstract void Update(ParameterState state, Tensor gradient, double learningRate, double weightDecay);

    /// <summary>The names of all tensors that may be remembered about a parameter, such as <c>exp_avg</c>.</summary>
    protected abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>What is remembered, as live aliases: <c>step/NAME</c> (0-d int64) and, once there, <c>exp_avg/NAME</c> and so on.</summary>
    public StateDict View() => State(copy: false);

    /// <summary>A copy of <see cref="View"/>, untouched by later steps.</summary>
    public StateDict Snapshot() => State(copy: true);

    private StateDict State(bool copy)
    {
        var result = new StateDict();
        foreach (ParameterState state in _states)
        {
            result.Add($"step/{state.Name}", Tensor.From(state.Step, Device.Cpu));
            foreach ((string name, Tensor tensor) in state.Tensors)
                result.Add($"{name}/{state.Name}", copy ? TensorScope.Keep(tensor.Clone()) : tensor.Detach());
        }
        return result;
    }

    /// <summary>Loads what <see cref="Snapshot"/> gave for the same parameters: all of it, or nothing if anything does not fit.</summary>
    /// <returns>What was loaded.</returns>
    /// <exception cref="StateLoadException">A name is missing or unexpected, or a shape differs; nothing was changed.</exception>
    public LoadReport Load(IReadOnlyDictionary<string, Tensor> state)
    {
        var report = new LoadReport(GetType().Name);
        var used = new HashSet<string>();
        var loads = new List<(ParameterState State, long Step, List<(string Name, Tensor Value)> Tensors)>();
        foreach (ParameterState entry in _states)
        {
            string stepKey = $"step/{entry.Name}";
            if (!state.TryGetValue(stepKey, out Tensor? step))
            {
                string? near = Names.Nearest(stepKey, state.Keys);
                report.MissingList.Add(new LoadDifference(stepKey, near is null ? "" : $"the state has '{near}'", false));
                continue;
            }
            used.Add(stepKey);
            if (step.Elements != 1)
                report.ShapeList.Add(new LoadDifference(stepKey, $"a step count has one element, the state {step.Shape}", false));
            else
            {
                report.LoadedList.Add(stepKey);
                loads.Add((entry, step.Item<long>(), Find(entry, state, used, report)));
            }
        }
        foreach (string key in state.Keys)
            if (!used.Contains(key)) report.UnexpectedList.Add(new LoadDifference(key, "", false));
        if (!report.Succeeded) throw new StateLoadException(report);
        using (Autograd.NoGrad())
        {
            foreach ((ParameterState entry, long step, List<(string Name, Tensor Value)> tensors) in loads)
            {
                entry.Clear();
                entry.Step = step;
                foreach ((string name, Tensor value) in tensors)
                    entry.Set(name, Tensor.Empty(value.Shape, entry.DType, entry.Parameter.Device)).CopyFrom(value);
            }
        }
        return report;
    }

    private List<(string Name, Tensor Value)> Find(
        ParameterState entry, IReadOnlyDictionary<string, Tensor> state, HashSet<string> used, LoadReport report)
    {
        var found = new List<(string, Tensor)>();
        foreach (string name in StateNames)
        {
            string key = $"{name}/{entry.Name}";
            if (!state.TryGetValue(key, out Tensor? value)) continue;
            used.Add(key);
            if (value.Shape != entry.Parameter.Shape)
                report.ShapeList.Add(new LoadDifference(key, $"the parameter has {entry.Parameter.Shape}, the state {value.Shape}", false));
            else if (!value.DType.IsFloating)
                report.DTypeList.Add(new LoadDifference(key, $"moments are floating, the state has {value.DType.Name}", false));
            else
            {
                value.CheckReadable();
                report.LoadedList.Add(key);
                found.Add((name, value));
            }
        }
        return found;
    }

    internal static double NotNegative(double value, string name) =>
        value >= 0 ? value : throw new ArgumentOutOfRangeException(name, value, "it must be 0 or more.");

    internal static double Fraction(double value, string name) =>
        value >= 0 && value < 1 ? value : throw new ArgumentOutOfRangeException(name, value, "it must be at least 0 and less than 1.");
}
