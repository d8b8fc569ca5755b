using System.Text.Json;
using Ballast.Cli.States;
using Ballast.Formats;

namespace Ballast.Cli.Tests;

public sealed class DiffTests
{
    [Fact]
    public async Task Every_kind_of_difference_is_named_with_its_size_and_the_exit_code_is_1()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder["a.safetensors"],
        [
            new("same", Tensor.Ones([3])), new("gone", Tensor.Ones([2])), new("shape", Tensor.Ones([2, 3])), new("dtype", Tensor.Ones([4])),
            new("value", Tensor.From<float>([1, 2, 3, 4])),
        ]);
        Safetensors.Save(folder["b.safetensors"],
        [
            new("same", Tensor.Ones([3])), new("shape", Tensor.Ones([3, 2])), new("dtype", Tensor.Ones([4], DType.Float64)),
            new("value", Tensor.From<float>([1, 2, 3, 5])), new("new", Tensor.Ones([1])),
        ]);
        Outcome outcome = await BallastProcess.Run("diff", folder["a.safetensors"], folder["b.safetensors"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("", outcome.Error);
        string[] lines = outcome.Output.Split('\n');
        Assert.Equal("gone   only in A, float32 [2]", lines[0]);
        Assert.Equal("shape  [2, 3] in A, [3, 2] in B", lines[1]);
        Assert.Equal("dtype  float32 in A, float64 in B, equal values", lines[2]);
        Assert.Equal("value  1 of 4 differ, by up to 1e0 (relative 2e-1)", lines[3]);
        Assert.Equal("new    only in B, float32 [1]", lines[4]);
        Assert.Equal("5 tensors differ (1 only in A, 1 by shape, 1 by dtype, 1 by values, 1 only in B); 1 equal", lines[5]);
        outcome = await BallastProcess.Run("diff", folder["a.safetensors"], folder["b.safetensors"], "--json");
        Assert.Equal(1, outcome.ExitCode);
        using JsonDocument json = JsonDocument.Parse(outcome.Output);
        Assert.False(json.RootElement.GetProperty("equal").GetBoolean());
        JsonElement value = json.RootElement.GetProperty("differences").EnumerateArray().Single(d =>
            d.GetProperty("name").GetString() == "value");
        Assert.Equal(1, value.GetProperty("values").GetProperty("maxAbsolute").GetDouble());
        Assert.Equal(0.2, value.GetProperty("values").GetProperty("maxRelative").GetDouble());
        Assert.Equal(1, value.GetProperty("values").GetProperty("different").GetInt64());
    }

    [Fact]
    public async Task Tolerance_and_dtype_may_be_forgiven_and_the_exit_code_is_0()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder["a.safetensors"], [new("w", Tensor.From<float>([1, 100]))]);
        Safetensors.Save(folder["b.safetensors"], [new("w", Tensor.From<double>([1.001, 100.1]))]);
        Assert.Equal(1, (await BallastProcess.Run("diff", folder["a.safetensors"], folder["b.safetensors"], "--tolerance",
            "0.002")).ExitCode);
        Assert.Equal(1, (await BallastProcess.Run("diff", folder["a.safetensors"], folder["b.safetensors"], "--ignore-dtype")).ExitCode);
        Outcome equal = (await BallastProcess.Run("diff", folder["a.safetensors"], folder["b.safetensors"], "--ignore-dtype",
            "--tolerance", "0.002")).Succeeds();
        Assert.Equal("equal: 1 tensor\n", equal.Output);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_exit_code_2()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder["a.safetensors"], [new("w", Tensor.Ones([1]))]);
        File.WriteAllText(folder["bad.safetensors"], "no checkpoint at all");
        (await BallastProcess.Run("diff", folder["a.safetensors"], folder["none"])).FailsInOneLine(2, "there is no file");
        (await BallastProcess.Run("diff", folder["a.safetensors"], folder["bad.safetensors"])).FailsInOneLine(2, "bad.safetensors");
        (await BallastProcess.Run("diff", folder["a.safetensors"], ConvertTests.Golden("checkpoint-zip-2"))).FailsInOneLine(2,
            "'model' (8 tensors)");
        (await BallastProcess.Run("diff", folder["a.safetensors"])).FailsInOneLine(2, "B");
        (await BallastProcess.Run("diff", folder["a.safetensors"], folder["a.safetensors"], "--tolerence", "1")).FailsInOneLine(2,
            "'--tolerance'");
        (await BallastProcess.Run("diff", folder["a.safetensors"], folder["a.safetensors"], "--tolerance", "-1")).FailsInOneLine(2,
            "of at least 0");
    }

    [Fact]
    public void Large_and_odd_shapes_are_compared_piece_by_piece()
    {
        Tensor a = Tensor.Zeros([3, 1, 1_500_000]), b = a.Clone();
        Assert.Equal(0, TensorDifference.Of(a, b, 0).Different);
        b.Narrow(0, 2, 1).FillInPlace(2);
        TensorDifference difference = TensorDifference.Of(a, b, 0);
        Assert.Equal(1_500_000, difference.Different);
        Assert.Equal(2, difference.MaxAbsolute);
        Assert.Equal(1, difference.MaxRelative);
        Assert.Equal(4_500_000, difference.Elements);
    }

    [Fact]
    public void Nan_equals_nan_infinity_is_not_a_number_and_large_integers_are_told_apart()
    {
        static TensorDifference Of<T>(T a, T b, double tolerance = 0) where T : unmanaged =>
            TensorDifference.Of(Tensor.From(a), Tensor.From(b), tolerance);
        Assert.Equal(0, Of(double.NaN, double.NaN).Different);
        Assert.Equal(1, Of(double.NaN, 1).Different);
        Assert.True(double.IsNaN(Of(double.NaN, 1).MaxAbsolute));
        Assert.Equal(0, Of(double.PositiveInfinity, double.PositiveInfinity).Different);
        Assert.Equal(1, Of(double.PositiveInfinity, 1, 1e300).Different);
        Assert.Equal(1, Of((1L << 60) + 1, 1L << 60).Different);
        Assert.Equal(1, Of((1L << 60) + 1, 1L << 60).MaxAbsolute);
        Assert.Equal(1, Of(long.MinValue, long.MaxValue, 0.5).Different);
        Assert.Equal(1, Of(true, false).Different);
    }
}
