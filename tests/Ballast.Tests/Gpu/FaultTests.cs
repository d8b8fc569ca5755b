namespace Ballast.Tests.Gpu;

/// <summary>Indices out of range are found by kernels and told at the next wait of any thread, so these tests run alone.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class FaultTests
{
    [OpenClFact]
    public void An_index_outside_its_table_is_reported_at_the_next_wait()
    {
        Tensor table = Tensor.Ones([3, 2], device: OpenCl.Device);
        Tensor rows = Tensor.Embedding(table, Tensor.From([0L, 7, 2], OpenCl.Device));
        var error = Assert.Throws<ShapeException>(() => rows.ToArray<float>());
        Assert.Contains("embedding: an index is outside the table [3, 2]", error.Message);
        Assert.Contains("it is 7", error.Message);
        Assert.Equal(6, Tensor.Embedding(table, Tensor.From([0L, 1, 2], OpenCl.Device)).Sum().Item());
    }
}

/// <summary>Runs while no other test does.</summary>
[CollectionDefinition(nameof(FaultsAlone), DisableParallelization = true)]
public sealed class FaultsAlone;
