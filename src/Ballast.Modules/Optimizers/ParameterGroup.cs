using System.Globalization;

namespace Ballast.Optimizers;

/// <summary>Parameters that an optimizer treats alike, with settings that differ from the optimizer's own.</summary>
public sealed class ParameterGroup
{
    /// <summary>A group of handles; their state is saved under numbers 0, 1, … counted over all groups.</summary>
    public ParameterGroup(IEnumerable<Parameter> parameters) : this(parameters.Select(p => new KeyValuePair<string, Parameter>("", p))) { }

    /// <summary>A group of handles with names, such as <c>module.NamedParameters()</c>; their state is saved under these.</summary>
    public ParameterGroup(IEnumerable<KeyValuePair<string, Parameter>> parameters) => Named = [.. parameters];

    /// <summary>A group of the parameters that a filter takes: <c>new ParameterGroup(model, StateFilter.Under("head"))</c>.</summary>
    /// <exception cref="ArgumentException">The filter takes none.</exception>
    public ParameterGroup(Module module, StateFilter filter) : this(module.NamedParameters(filter))
    {
        if (Named.Count == 0)
            throw new ArgumentException(
                $"ParameterGroup: no parameter of {module.GetType().Name} is chosen by '{filter}'.", nameof(filter));
    }

    /// <summary>The step length of this group before any schedule; null for the optimizer's.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The weight decay of this group; null for the optimizer's.</summary>
    public double? WeightDecay { get; set; }

    /// <summary>The handles.</summary>
    public IEnumerable<Parameter> Parameters => Named.Select(p => p.Value);

    internal List<KeyValuePair<string, Parameter>> Named { get; }

    /// <summary>
    /// Two groups: parameters of two or more axes (matrices, embeddings) with that weight decay, and the others (biases, norms) with none.
    /// </summary>
    /// <param name="parameters">Such as <c>module.NamedParameters()</c>.</param>
    /// <param name="weightDecay">For parameters of two or more axes.</param>
    public static ParameterGroup[] DecayMatrices(IEnumerable<KeyValuePair<string, Parameter>> parameters, double weightDecay)
    {
        ILookup<bool, KeyValuePair<string, Parameter>> split = parameters.ToLookup(p => p.Value.Rank >= 2);
        return [new(split[true]) { WeightDecay = weightDecay }, new(split[false]) { WeightDecay = 0 }];
    }

    internal static string NameAt(string given, int number) => given.Length > 0 ? given : number.ToString(CultureInfo.InvariantCulture);
}
