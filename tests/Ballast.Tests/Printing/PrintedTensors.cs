namespace Ballast.Tests.Printing;

/// <summary>What PyTorch 1.13.1 prints for small tensors, with Ballast's names in the suffixes.</summary>
internal static partial class PrintedTensors
{
    internal sealed record Case(
        int[] Shape, string DType, Func<long, double> Values, bool RequiresGrad, string? Gradient, string? Device, string Expected);

    internal static Dictionary<string, Case> All { get; } = [];

    static PrintedTensors()
    {
        AddValues();
        AddLayouts();
    }

    private static void Add(
        string name, int[] shape, string dtype, double[] values, string expected, bool requiresGrad = false,
        string? gradient = null, string? device = null) =>
        Add(name, shape, dtype, i => values[i], expected, requiresGrad, gradient, device);

    private static void Add(
        string name, int[] shape, string dtype, Func<long, double> values, string expected, bool requiresGrad = false,
        string? gradient = null, string? device = null) =>
        All.Add(name, new Case(shape, dtype, values, requiresGrad, gradient, device, expected));

    private static void AddValues()
    {
        Add("scalar", [], "float32", [3.14159], """
            tensor(3.1416)
            """);
        Add("whole scalar", [], "float32", [7], """
            tensor(7.)
            """);
        Add("integer scalar", [], "int64", [-42], """
            tensor(-42)
            """);
        Add("bool scalar", [], "bool", [1], """
            tensor(True)
            """);
        Add("float64 scalar", [], "float64", [0.1], """
            tensor(0.1000, dtype=float64)
            """);
        Add("nan scalar", [], "float32", [double.NaN], """
            tensor(nan)
            """);
        Add("small scalar", [], "float32", [1.5e-07], """
            tensor(1.5000e-07)
            """);
        Add("negative zero scalar", [], "float32", [-0.0], """
            tensor(-0.)
            """);
        Add("vector", [3], "float32", [1.5, 2.25, -3], """
            tensor([ 1.5000,  2.2500, -3.0000])
            """);
        Add("whole floats", [4], "float32", [1, 2, 3, 4], """
            tensor([1., 2., 3., 4.])
            """);
        Add("whole and negative", [3], "float32", [-1, 20, 300], """
            tensor([ -1.,  20., 300.])
            """);
        Add("zeros", [2, 3], "float32", i => 0 * i + 0, """
            tensor([[0., 0., 0.],
                    [0., 0., 0.]])
            """);
        Add("ones", [2, 3], "float32", i => 0 * i + 1, """
            tensor([[1., 1., 1.],
                    [1., 1., 1.]])
            """);
        Add("nonfinite with whole", [4], "float32", [1, double.NaN, double.PositiveInfinity, double.NegativeInfinity], """
            tensor([1., nan, inf, -inf])
            """);
        Add("nonfinite with fractions", [4], "float32", [1.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity], """
            tensor([1.5000,    nan,    inf,   -inf])
            """);
        Add("only nonfinite", [3], "float32", [double.NaN, double.PositiveInfinity, double.NegativeInfinity], """
            tensor([nan, inf, -inf])
            """);
        Add("negative zero beside one", [2], "float32", [-0.0, 1], """
            tensor([-0., 1.])
            """);
        Add("negative zero beside a fraction", [2], "float32", [-0.0, 0.5], """
            tensor([-0.0000, 0.5000])
            """);
        Add("ratio of exactly 1000", [2], "float32", [0.5, 500], """
            tensor([  0.5000, 500.0000])
            """);
        Add("ratio above 1000", [2], "float32", [0.5, 501], """
            tensor([5.0000e-01, 5.0100e+02])
            """);
        Add("whole ratio of exactly 1000", [2], "float32", [1, 1000], """
            tensor([   1., 1000.])
            """);
        Add("whole ratio above 1000", [2], "float32", [1, 1001], """
            tensor([1.0000e+00, 1.0010e+03])
            """);
        Add("exactly 1e8", [1], "float32", [100000000], """
            tensor([100000000.])
            """);
        Add("above 1e8", [1], "float64", [100000001], """
            tensor([1.0000e+08], dtype=float64)
            """);
        Add("fraction above 1e8", [1], "float64", [123456789.5], """
            tensor([1.2346e+08], dtype=float64)
            """);
        Add("below 1e-4", [2], "float32", [5e-05, 9e-05], """
            tensor([5.0000e-05, 9.0000e-05])
            """);
        Add("1e-4 in float64", [1], "float64", [0.0001], """
            tensor([0.0001], dtype=float64)
            """);
        Add("1e-4 in float32", [1], "float32", [0.0001], """
            tensor([1.0000e-04])
            """);
        Add("huge and tiny", [3], "float64", [1e-300, 1, 1e+300], """
            tensor([1.0000e-300,  1.0000e+00, 1.0000e+300], dtype=float64)
            """);
        Add("negative in scientific", [2, 2], "float32", [-1e-05, 200000, 3, -4.25], """
            tensor([[-1.0000e-05,  2.0000e+05],
                    [ 3.0000e+00, -4.2500e+00]])
            """);
        Add("zero in scientific", [3], "float32", [0, 1e-06, 5], """
            tensor([0.0000e+00, 1.0000e-06, 5.0000e+00])
            """);
        Add("ties at the fifth decimal", [4], "float32", [0.03125, 0.09375, 0.15625, 0.21875], """
            tensor([0.0312, 0.0938, 0.1562, 0.2188])
            """);
        Add("ties in scientific", [4], "float64", [100005, 100015, 1, 2], """
            tensor([1.0000e+05, 1.0002e+05, 1.0000e+00, 2.0000e+00], dtype=float64)
            """);
        Add("carry", [2], "float32", [0.99999, 0.5], """
            tensor([1.0000, 0.5000])
            """);
        Add("carry in scientific", [2], "float32", [9.99999e-06, 0.05], """
            tensor([1.0000e-05, 5.0000e-02])
            """);
        Add("float64 vector", [3], "float64", i => 0.1 * i + 0, """
            tensor([0.0000, 0.1000, 0.2000], dtype=float64)
            """);
        Add("float16 vector", [3], "float16", i => 0.1 * i + 0.1, """
            tensor([0.1000, 0.2000, 0.3000], dtype=float16)
            """);
        Add("bfloat16 vector", [3], "bfloat16", i => 0.1 * i + 0.1, """
            tensor([0.1001, 0.2002, 0.3008], dtype=bfloat16)
            """);
        Add("float16 largest", [2], "float16", [65504, 1], """
            tensor([6.5504e+04, 1.0000e+00], dtype=float16)
            """);
        Add("int64 vector", [5], "int64", i => 1 * i + 0, """
            tensor([0, 1, 2, 3, 4])
            """);
        Add("int64 alignment", [2, 3], "int64", [-100, 2, 33, 4, -5, 600], """
            tensor([[-100,    2,   33],
                    [   4,   -5,  600]])
            """);
        Add("int32", [3], "int32", i => -7 * i + 0, """
            tensor([  0,  -7, -14], dtype=int32)
            """);
        Add("int16", [2], "int16", i => 300 * i + 0, """
            tensor([  0, 300], dtype=int16)
            """);
        Add("int8", [2], "int8", [-128, 127], """
            tensor([-128,  127], dtype=int8)
            """);
        Add("uint8", [3], "uint8", [0, 128, 255], """
            tensor([  0, 128, 255], dtype=uint8)
            """);
        Add("bool vector", [3], "bool", [1, 0, 1], """
            tensor([ True, False,  True])
            """);
        Add("bool matrix", [2, 2], "bool", [0, 0, 0, 1], """
            tensor([[False, False],
                    [False,  True]])
            """);
        Add("all false", [2], "bool", [0, 0], """
            tensor([False, False])
            """);
        Add("matrix", [2, 3], "float32", i => 0.37 * i + -1, """
            tensor([[-1.0000, -0.6300, -0.2600],
                    [ 0.1100,  0.4800,  0.8500]])
            """);
        Add("3-d", [2, 2, 2], "float32", i => 1 * i + 0, """
            tensor([[[0., 1.],
                     [2., 3.]],

                    [[4., 5.],
                     [6., 7.]]])
            """);
        Add("4-d", [2, 2, 1, 2], "float32", i => 0.5 * i + 0, """
            tensor([[[[0.0000, 0.5000]],

                     [[1.0000, 1.5000]]],


                    [[[2.0000, 2.5000]],

                     [[3.0000, 3.5000]]]])
            """);
        Add("5-d", [1, 2, 1, 2, 1], "int64", i => 1 * i + 0, """
            tensor([[[[[0],
                       [1]]],


                     [[[2],
                       [3]]]]])
            """);
        Add("8-d", [1, 1, 1, 1, 1, 1, 1, 2], "int64", i => 1 * i + 0, """
            tensor([[[[[[[[0, 1]]]]]]]])
            """);
        Add("wrapped vector", [25], "float32", i => 0.125 * i + 0, """
            tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
                    1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,
                    2.2500, 2.3750, 2.5000, 2.6250, 2.7500, 2.8750, 3.0000])
            """);
        Add("wrapped integers", [60], "int64", i => 1 * i + 0, """
            tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,
                    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
                    36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
                    54, 55, 56, 57, 58, 59])
            """);
        Add("wrapped matrix", [2, 20], "float32", i => 0.3 * i + -2, """
            tensor([[-2.0000, -1.7000, -1.4000, -1.1000, -0.8000, -0.5000, -0.2000,  0.1000,
                      0.4000,  0.7000,  1.0000,  1.3000,  1.6000,  1.9000,  2.2000,  2.5000,
                      2.8000,  3.1000,  3.4000,  3.7000],
                    [ 4.0000,  4.3000,  4.6000,  4.9000,  5.2000,  5.5000,  5.8000,  6.1000,
                      6.4000,  6.7000,  7.0000,  7.3000,  7.6000,  7.9000,  8.2000,  8.5000,
                      8.8000,  9.1000,  9.4000,  9.7000]])
            """);
        Add("wrapped scientific", [12], "float64", i => 1234.5 * i + 0.001, """
            tensor([1.0000e-03, 1.2345e+03, 2.4690e+03, 3.7035e+03, 4.9380e+03, 6.1725e+03,
                    7.4070e+03, 8.6415e+03, 9.8760e+03, 1.1111e+04, 1.2345e+04, 1.3580e+04],
                   dtype=float64)
            """);
    }
}
