namespace Zoo.Tests.Twins;

/// <summary>
/// What goes wrong in a run by the mistakes that leave no tensor behind after a move; for each id a test that finds it without the rules.
/// </summary>
internal static class Symptoms
{
    private static readonly Dictionary<string, Func<Example, string?>> s_all = new()
    {
        ["BAL0009"] = LeftEmpty,
        ["BAL0010"] = Replaced,
        ["BAL0011"] = SharedTensor,
        ["BAL0013"] = MadeElsewhere,
    };

    /// <summary>Whether the rule's mistakes show so.</summary>
    public static bool Has(string id) => s_all.ContainsKey(id);

    /// <summary>What goes wrong, in words; null where nothing does.</summary>
    public static string? Of(string id, Example example) => s_all[id](example);

    /// <summary>All that goes wrong, by the ids.</summary>
    public static string[] Of(Example example) =>
        [.. s_all.Select(s => s.Value(example) is { } symptom ? $"{s.Key}: {symptom}" : null).OfType<string>()];

    /// <summary>BAL0009: built on meta and loaded, a part has no value.</summary>
    private static string? LeftEmpty(Example example)
    {
        Module other;
        using (Device.Meta.AsDefault()) other = example.Create();
        if (example.State.Length == 0) return null;
        other.Load(example.Create().Snapshot());
        return Audit.Elsewhere(other, Device.Cpu).FirstOrDefault();
    }

    /// <summary>BAL0010: what held a handle before, an optimizer or a tie, holds another one than the module after a run.</summary>
    private static string? Replaced(Example example)
    {
        Module module = example.Create();
        example.Run(module);
        Variable[] before = Handles(module);
        example.Run(module);
        return Handles(module).Except(before).FirstOrDefault() is { } other ? $"{other.Shape} has a new handle" : null;
    }

    /// <summary>BAL0011: two handles over one tensor: one tie until something is moved or loaded.</summary>
    private static string? SharedTensor(Example example)
    {
        Module module = example.Create();
        example.Run(module);
        return Handles(module).GroupBy(Storage).FirstOrDefault(g => g.Count() > 1) is { } shared
            ? $"{shared.Count()} handles over one storage of {shared.First().Shape}" : null;
    }

    /// <summary>BAL0013: moved to meta, it mixes devices or answers from another one.</summary>
    private static string? MadeElsewhere(Example example)
    {
        Module module = example.Create();
        example.Run(module);
        module.To(Device.Meta);
        try
        {
            Device answered = example.Run(module, Device.Meta).Device;
            return ReferenceEquals(answered, Device.Meta) ? null : $"the result is on {answered}";
        }
        catch (DeviceMismatchException e)
        {
            return e.Message;
        }
    }

    private static Storage Storage(Variable handle) => (handle is Parameter parameter ? parameter.Value : ((Buffer)handle).Value).Storage;

    private static Variable[] Handles(Module module) => [.. module.Parameters(), .. module.Buffers()];
}
