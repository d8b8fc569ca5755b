using Ballast.Models;
using Ballast.Optimizers;

namespace Ballast.Tests.Modules;

/// <summary>Models that begin on meta and are drawn later.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class MaterializeTests
{
    [Fact]
    public void Materialize_gives_the_weights_of_a_model_that_was_built_with_data()
    {
        var config = new GptConfig { VocabularySize = 11, BlockLength = 8, Width = 8, Heads = 2, Layers = 2 };
        Generator.Default.Seed(5);
        var built = new Gpt(config);
        Gpt late;
        using (Device.Meta.AsDefault()) late = new Gpt(config);
        var optimizer = new AdamW(late.NamedParameters());
        Generator.Default.Seed(5);
        late.Materialize(Device.Cpu);
        Assert.True(StateDiff.Between(built, late).IsEmpty, StateDiff.Between(built, late).ToString());
        Assert.Same(late.TokenEmbedding.Weight, late.Head.Weight);
        Assert.Same(late.TokenEmbedding.Weight, optimizer.States[0].Parameter);
    }
}
