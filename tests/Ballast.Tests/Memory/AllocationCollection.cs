namespace Ballast.Tests.Allocation;

/// <summary>These tests read the memory figures of the whole process, so nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AllocationCollection
{
    public const string Name = "memory of the process";
}
