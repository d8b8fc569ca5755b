namespace Zoo.Tests.Twins;

/// <summary>Every twin, and what the rules may say of the modules as they are.</summary>
internal static partial class AllTwins
{
    private static readonly Dictionary<string, Twin> s_byName;

    static AllTwins()
    {
        List = [.. AttentionTwins, .. VisionTwins, .. RecurrentTwins, .. GenerativeTwins, .. SelfSupervisedTwins, .. AdaptationTwins,
            .. SequenceTwins, .. FieldTwins, .. UsageTwins, .. HarderTwins, .. HardestTwins, .. ReachedTwins, .. SoundVariants, .. SoundReachedVariants];
        s_byName = List.ToDictionary(t => t.ToString());
    }

    public static IReadOnlyList<Twin> List { get; }

    /// <summary>Remarks of the lowest kind about the modules as they are, each of them true: (id, file, reported text).</summary>
    public static (string Id, string File, string Text)[] KnownInZoo { get; } =
    [
        ("BAL0015", "Fields.cs", "new(waves.Clone())"),          // the waves are the caller's
    ];

    public static Twin Get(string name) => s_byName[name];
}
