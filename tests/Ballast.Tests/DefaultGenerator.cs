namespace Ballast.Tests;

/// <summary>Tests that read or seed <see cref="Generator.Default"/>, which every layer built meanwhile would move: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DefaultGenerator
{
    public const string Name = nameof(DefaultGenerator);
}
