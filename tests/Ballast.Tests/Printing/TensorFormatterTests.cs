using System.Globalization;

namespace Ballast.Tests.Printing;

public sealed class TensorFormatterTests
{
    /// <summary>Elements computed from their index and cast to the dtype; counts what is read.</summary>
    private sealed class Elements(string dtype, Func<long, double> values) : IElementReader
    {
        internal HashSet<long> Read { get; } = [];

        public double Real(long index)
        {
            Read.Add(index);
            double value = values(index);
            return dtype switch
            {
                "float64" => value,
                "float32" => (float)value,
                "float16" => (double)(Half)(float)value,
                "bfloat16" => (BFloat16)(float)value,
                _ => throw new InvalidOperationException($"{dtype} was read as a float."),
            };
        }

        public long Integer(long index)
        {
            Read.Add(index);
            return dtype == "bool" ? (values(index) != 0 ? 1 : 0) : (long)values(index);
        }
    }

    private static TensorTraits Traits(string dtype) =>
        new(dtype == "bool" ? ElementKind.Boolean : dtype.Contains("float") ? ElementKind.Real : ElementKind.Integer, dtype);

    private static string Format(int[] shape, string dtype, Func<long, double> values, PrintOptions? options = null) =>
        TensorFormatter.Format(shape, Traits(dtype), new Elements(dtype, values), options);

    public static TheoryData<string> Names => [.. PrintedTensors.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Prints_as_PyTorch(string name)
    {
        PrintedTensors.Case c = PrintedTensors.All[name];
        TensorTraits traits = Traits(c.DType) with
        {
            Device = c.Device,
            HasData = c.Device != "meta",
            RequiresGrad = c.RequiresGrad,
            Gradient = c.Gradient,
        };
        string actual = TensorFormatter.Format(c.Shape, traits, new Elements(c.DType, c.Values));
        Assert.Equal(c.Expected, actual, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Only_the_shown_elements_of_a_huge_tensor_are_read()
    {
        Elements elements = new("float32", i => i);
        TensorFormatter.Format([100_000, 100_000], Traits("float32"), elements);
        Assert.Equal(36, elements.Read.Count);
        Assert.Equal(9_999_999_999, elements.Read.Max());
    }

    [Fact]
    public void A_meta_tensor_is_not_read()
    {
        Elements elements = new("float32", i => i);
        string text = TensorFormatter.Format([2, 3], Traits("float32") with { Device = "meta", HasData = false }, elements);
        Assert.Equal("tensor(..., device=meta, size=(2, 3))", text);
        Assert.Empty(elements.Read);
    }

    [Fact]
    public void A_device_that_is_not_the_CPU_is_shown_with_the_values()
    {
        string text = TensorFormatter.Format([2], Traits("int32") with { Device = "cuda:0" }, new Elements("int32", i => i));
        Assert.Equal("tensor([0, 1], device=cuda:0, dtype=int32)", text);
    }

    [Fact]
    public void The_extremes_of_int64_are_printed_in_full()
    {
        string text = TensorFormatter.Format([2], Traits("int64"), new Extremes());
        Assert.Equal("tensor([-9223372036854775808,  9223372036854775807])", text);
    }

    private readonly struct Extremes : IElementReader
    {
        public double Real(long index) => throw new InvalidOperationException("int64 was read as a float.");

        public long Integer(long index) => index == 0 ? long.MinValue : long.MaxValue;
    }

    [Fact]
    public void Options_change_digits_threshold_edges_width_and_notation()
    {
        Assert.Equal("tensor([0.00, 0.33, 0.67])", Format([3], "float64", i => i / 3.0, new() { Precision = 2 })[..^16] + ")");
        Assert.Equal("tensor([0, 1,  ..., 8, 9])", Format([10], "int64", i => i, new() { Threshold = 5, EdgeItems = 2 }));
        Assert.Equal("tensor([...])", Format([10], "int64", i => i, new() { Threshold = 5, EdgeItems = 0 }));
        Assert.Equal("tensor([0, 1, 2,\n        3, 4, 5])", Format([6], "int64", i => i, new() { LineWidth = 16 }));
        Assert.Equal("tensor([0.0000e+00, 5.0000e-01])", Format([2], "float32", i => i / 2.0, new() { Scientific = true }));
        Assert.Equal("tensor([1.0000e-01, 1.0000e+05])", Format([2], "float32", i => i == 0 ? 0.1 : 1e5));
        Assert.Equal("tensor([     0.1000, 100000.0000])", Format([2], "float32", i => i == 0 ? 0.1 : 1e5, new() { Scientific = false }));
        Assert.Contains("Precision 18", Assert.Throws<ArgumentOutOfRangeException>(() => new PrintOptions { Precision = 18 }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrintOptions { EdgeItems = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrintOptions { LineWidth = 0 });
    }

    [Fact]
    public void The_culture_does_not_matter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal("tensor([-1.5000,  2.2500])", Format([2], "float32", i => i == 0 ? -1.5 : 2.25));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
