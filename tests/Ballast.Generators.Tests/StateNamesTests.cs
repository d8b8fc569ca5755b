using Ballast.Generators.Modules;

namespace Ballast.Generators.Tests;

public sealed class StateNamesTests
{
    [Theory]
    [InlineData("Weight", "weight")]
    [InlineData("_proj", "proj")]
    [InlineData("__proj", "proj")]
    [InlineData("RunningMean", "running_mean")]
    [InlineData("QKVProj", "qkv_proj")]
    [InlineData("_qkvProj", "qkv_proj")]
    [InlineData("Norm1", "norm1")]
    [InlineData("W2Bias", "w2_bias")]
    [InlineData("Conv1D", "conv1d")]
    [InlineData("Conv2DProj", "conv2d_proj")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("Mixed_Case", "mixed_case")]
    [InlineData("W", "w")]
    [InlineData("QKV", "qkv")]
    [InlineData("_", "_")]
    public void A_member_name_becomes_snake_case(string member, string expected) => Assert.Equal(expected, StateNames.From(member));
}
