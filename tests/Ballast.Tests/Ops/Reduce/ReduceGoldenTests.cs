using System.Text.Json;
using Ballast.Formats;

namespace Ballast.Tests.Ops.Reduce;

/// <summary>Values and gradients of libtorch for the reductions that have files of their own.</summary>
public sealed class ReduceGoldenTests
{
    private static readonly string _path = Repository.Golden("ops.safetensors");
    private static readonly Lazy<IReadOnlyDictionary<string, Tensor>> _tensors = new(() => Safetensors.Load(_path));
    private static readonly IReadOnlyDictionary<string, string> _cases = Safetensors.LoadMetadata(_path);
    private static readonly string[] _ops = ["var", "std", "logsumexp", "norm", "argmax", "argmin", "cumsum"];

    public static TheoryData<string> Names => [.. _cases.Where(c => _ops.Contains(OpOf(c.Value))).Select(c => c.Key)];

    private static string OpOf(string json)
    {
        if (!json.StartsWith('{')) return "";
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("op", out JsonElement op) ? op.GetString()! : "";
    }

    [Fact]
    public void There_are_as_many_cases_as_the_script_writes() => Assert.True(Names.Count >= 80, $"{Names.Count} cases");

    [Theory]
    [MemberData(nameof(Names))]
    public void Reduces_as_libtorch(string name)
    {
        using JsonDocument document = JsonDocument.Parse(_cases[name]);
        JsonElement c = document.RootElement;
        bool keep = c.TryGetProperty("keepdim", out JsonElement k) && k.GetBoolean();
        int[] axes = c.TryGetProperty("axes", out JsonElement a) ? [.. a.EnumerateArray().Select(x => x.GetInt32())] : [];
        int? axis = c.TryGetProperty("axis", out JsonElement single) ? single.GetInt32() : null;
        Tensor x = _tensors.Value[name + "/input"].Clone().WithGrad();
        Tensor y = c.GetProperty("op").GetString() switch
        {
            "var" => x.Var(axes, keep, c.GetProperty("correction").GetDouble()),
            "std" => x.Std(axes, keep, c.GetProperty("correction").GetDouble()),
            "logsumexp" => x.LogSumExp(axes, keep),
            "norm" =>
            x.Norm(c.GetProperty("p") is { ValueKind: JsonValueKind.Number } p ? p.GetDouble() : double.PositiveInfinity, axes, keep),
            "argmax" => axis is { } i ? x.ArgMax(i, keep) : x.ArgMax(),
            "argmin" => axis is { } i ? x.ArgMin(i, keep) : x.ArgMin(),
            _ => x.CumSum(axis!.Value),
        };
        Tensor expected = _tensors.Value[name + "/output"];
        Assert.Equal(expected.Shape, y.Shape);
        Assert.Equal(expected.DType, y.DType);
        if (y.DType == DType.Int64)
        {
            Assert.Equal(expected.ToArray<long>(), y.ToArray<long>());
            Assert.False(y.RequiresGrad);
            return;
        }
        Near(expected, y);
        y.Backward(_tensors.Value[name + "/loss_weight"]);
        Near(_tensors.Value[name + "/grad_input"], x.Grad!);
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        float[] e = expected.ToArray<float>(), a = actual.ToArray<float>();
        Assert.Equal(e.Length, a.Length);
        for (int i = 0; i < e.Length; i++)
            Assert.True(Math.Abs(e[i] - a[i]) <= 2e-6f * Math.Max(1, Math.Abs(e[i])), $"element {i}: expected {e[i]:G9}, got {a[i]:G9}");
    }
}
