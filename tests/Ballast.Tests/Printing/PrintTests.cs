using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ballast.Tests.Printing;

public sealed partial class PrintTests
{
    private static readonly Dictionary<string, JsonElement> _golden = JsonDocument
        .Parse(File.ReadAllText(Repository.Golden("printing.json")))
        .RootElement.EnumerateArray().ToDictionary(c => c.GetProperty("case").GetString()!);

    public static TheoryData<string> Names => [.. _golden.Keys];

    [GeneratedRegex(@",\s+(?=dtype=|size=|requires_grad)")]
    private static partial Regex BeforeSuffix();

    [Fact]
    public void There_are_as_many_cases_as_the_script_writes() => Assert.Equal(92, _golden.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void ToString_prints_as_PyTorch(string name)
    {
        JsonElement c = _golden[name];
        DType dtype = DTypes.Parse(c.GetProperty("dtype").GetString()!);
        Shape shape = c.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()).ToArray();
        JsonElement[] values = [.. c.GetProperty("values").EnumerateArray()];
        Tensor x = dtype switch
        {
            DType.Bool => Tensor.From([.. values.Select(v => v.GetBoolean())], shape),
            _ when dtype.IsFloating => Tensor.From([.. values.Select(Real)], shape).To(dtype),
            _ => Tensor.From([.. values.Select(v => v.GetInt64())], shape).To(dtype),
        };
        x.RequiresGrad = c.GetProperty("requires_grad").GetBoolean();
        string expected = c.GetProperty("text").GetString()!.Replace("torch.", "").Replace("requires_grad=True", "requires_grad");
        // Our suffixes are shorter, so they may stand on a line where PyTorch's did not fit; the values may not differ in a character.
        Assert.Equal(BeforeSuffix().Replace(expected, ", "), BeforeSuffix().Replace(x.ToString(), ", "));
    }

    private static double Real(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.NaN,
    };

    [Fact]
    public void A_strided_view_prints_its_own_elements()
    {
        Tensor x = Tensor.Arange(12).Reshape(3, 4);
        Assert.Equal("tensor([[ 0,  4,  8],\n        [ 1,  5,  9],\n        [ 2,  6, 10],\n        [ 3,  7, 11]])", x.T.ToString(),
            ignoreLineEndingDifferences: true);
        Assert.Equal("tensor([[ 5,  6],\n        [ 9, 10]])", x.Narrow(0, 1, 2).Narrow(1, 1, 2).ToString(),
            ignoreLineEndingDifferences: true);
        Assert.Equal("tensor([7, 7, 7])", Tensor.From(7L).Expand(3).ToString());
    }

    [Fact]
    public void Gradient_and_device_are_shown()
    {
        Tensor x = Tensor.From([1f, 2]).WithGrad();
        Assert.Equal("tensor([1., 2.], requires_grad)", x.ToString());
        Assert.Equal("tensor([2., 4.], grad_fn=<Mul>)", (x * 2).ToString());
        Assert.Equal("tensor([1., 3.], grad_fn=<Cumsum>)", x.CumSum(0).ToString());
        Assert.Equal("tensor([2., 4.])", (x * 2).Detach().ToString());
        Assert.Equal("tensor(..., device=meta, size=(2, 3))", Tensor.Zeros([2, 3], DType.Float32, Device.Meta).ToString());
        Assert.Equal("tensor(..., device=meta, size=(2,), dtype=int64)", Tensor.Zeros([2], DType.Int64, Device.Meta).ToString());
    }

    [Fact]
    public void Options_are_passed_on() =>
        Assert.Equal("tensor([0.12, 0.50])", Tensor.From([0.123f, 0.5f]).ToString(new PrintOptions { Precision = 2 }));

    [Fact]
    public void A_tensor_of_a_scope_that_has_ended_says_so()
    {
        Tensor x;
        using (TensorScope.Begin()) x = Tensor.Ones(3);
        Assert.Contains("Keep", Assert.Throws<ObjectDisposedException>(() => x.ToString()).Message);
    }
}
