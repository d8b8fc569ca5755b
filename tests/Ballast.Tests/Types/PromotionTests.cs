using System.Text.Json;

namespace Ballast.Tests.Types;

/// <summary>Result dtypes of every pair of operands against PyTorch's own.</summary>
public sealed class PromotionTests
{
    private static readonly JsonElement _golden = JsonDocument
        .Parse(File.ReadAllText(Repository.Golden("promotion.json"))).RootElement;

    public static TheoryData<string> DTypeNames => [.. Enumerable.Range(0, DTypes.Count).Select(i => ((DType)i).Name)];

    private static readonly Dictionary<string, Scalar> _scalars = new() { ["int"] = 2, ["float"] = 1.5, ["bool"] = true };

    [Fact]
    public void The_table_has_every_dtype() =>
        Assert.Equal(Enumerable.Range(0, DTypes.Count).Select(i => ((DType)i).Name),
            _golden.GetProperty("dtypes").EnumerateArray().Select(e => e.GetString()!));

    [Theory]
    [MemberData(nameof(DTypeNames))]
    public void Two_tensors(string name) => Compare("tensor_tensor", name, other =>
    {
        Tensor a = Vector(name), b = Vector(other);
        Assert.Equal(Promotion.Common(a.DType, b.DType), Promotion.Common(b.DType, a.DType));
        Assert.Equal(Promotion.Common(a.DType, b.DType), Promotion.Result(a, b));
        Assert.Equal((a + b).DType, Promotion.Result(a, b));
        Assert.Equal((a * b).DType, Promotion.Result(a, b));
        Assert.Equal(Tensor.Where(Tensor.Ones([2], DType.Bool), a, b).DType, Promotion.Result(a, b));
        return (a + b).DType;
    });

    [Theory]
    [MemberData(nameof(DTypeNames))]
    public void A_tensor_and_one_without_axes(string name) => Compare("tensor_zero_dim", name, other =>
    {
        Tensor a = Vector(name), b = Point(other);
        Assert.Equal(Promotion.Result(a, b), Promotion.Result(b, a));
        Assert.Equal((b + a).DType, (a + b).DType);
        return (a + b).DType;
    });

    [Theory]
    [MemberData(nameof(DTypeNames))]
    public void A_tensor_and_a_host_scalar(string name)
    {
        Compare("tensor_scalar", name, kind => (Vector(name) + _scalars[kind]).DType);
        Compare("tensor_scalar", name, kind => (_scalars[kind] * Vector(name)).DType);
        Compare("zero_dim_scalar", name, kind => (Point(name) + _scalars[kind]).DType);
        Compare("tensor_scalar", name, kind => Promotion.Result(DTypes.Parse(name), _scalars[kind]));
    }

    [Theory]
    [MemberData(nameof(DTypeNames))]
    public void Division(string name)
    {
        Compare("divide_tensor_tensor", name, other => (Vector(name) / Vector(other)).DType);
        Compare("divide_tensor_zero_dim", name, other => (Vector(name) / Point(other)).DType);
        Compare("divide_tensor_scalar", name, kind => (Vector(name) / _scalars[kind]).DType);
    }

    [Theory]
    [MemberData(nameof(DTypeNames))]
    public void Results_hold_the_value(string name)
    {
        foreach (JsonProperty pair in _golden.GetProperty("tensor_tensor").GetProperty(name).EnumerateObject())
        {
            // true + true stays bool and is true; everything else is 2.
            double expected = name == "bool" && pair.Name == "bool" ? 1 : 2;
            Assert.Equal([expected, expected], (Vector(name) + Vector(pair.Name)).To(DType.Float64).ToArray<double>());
        }
    }

    private static void Compare(string table, string name, Func<string, DType> result)
    {
        int compared = 0;
        foreach (JsonProperty pair in _golden.GetProperty(table).GetProperty(name).EnumerateObject())
        {
            DType actual = result(pair.Name);
            Assert.True(pair.Value.GetString() == actual.Name,
                $"{table}: {name} with {pair.Name} gives {actual.Name}, PyTorch {pair.Value}");
            compared++;
        }
        Assert.True(compared >= 3);
    }

    private static Tensor Vector(string dtype) => Tensor.Ones([2], DTypes.Parse(dtype));

    private static Tensor Point(string dtype) => Tensor.Ones(Shape.Scalar, DTypes.Parse(dtype));
}
