using System.Collections.Concurrent;
using System.Text;

namespace Ballast.Gpu;

/// <summary>The pieces that program texts are put together from.</summary>
internal static class KernelText
{
    private static readonly ConcurrentDictionary<string, string> _files = new();

    /// <summary>What every program starts with.</summary>
    public static string Prelude { get; } = Read("prelude.cl") + Read("maths.cl");

    /// <summary>A text that is embedded under its file name.</summary>
    public static string File(string name) => _files.GetOrAdd(name, Read);

    private static string Read(string name)
    {
        using Stream stream = typeof(KernelText).Assembly.GetManifestResourceStream(name)
            ?? throw new BallastException($"the kernel text {name} is not embedded in {typeof(KernelText).Assembly.GetName().Name}; "
                + $"it must be a .cl file under ops/ or Kernels/.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The type that elements of a dtype have in memory.</summary>
    public static string Storage(DType dtype) => dtype switch
    {
        DType.Float32 => "float",
        DType.Float64 => "double",
        DType.BFloat16 or DType.Float16 => "ushort",
        DType.Int64 => "i64",
        DType.Int32 => "int",
        DType.Int16 => "short",
        DType.Int8 => "char",
        _ => "uchar",
    };

    /// <summary>An unsigned type of this size, for elements that are only moved.</summary>
    public static string Raw(int sizeBytes) => sizeBytes switch { 1 => "uchar", 2 => "ushort", 4 => "uint", _ => "u64" };

    /// <summary>The type that values of a dtype are read as: float, double or i64.</summary>
    public static string Value(DType dtype) => dtype == DType.Float64 ? "double" : dtype.IsFloating ? "float" : "i64";

    /// <summary>Reads element <paramref name="at"/> of <paramref name="pointer"/> as <see cref="Value"/>.</summary>
    public static string Load(DType dtype, string pointer, string at) => dtype switch
    {
        DType.BFloat16 => $"bf16_to_f32({pointer}[{at}])",
        DType.Float16 => $"vload_half({at}, (const GLOBAL half*){pointer})",
        DType.Float32 or DType.Float64 => $"{pointer}[{at}]",
        _ => $"(i64){pointer}[{at}]",
    };

    /// <summary>Writes a value of type <see cref="Value"/> of <paramref name="from"/>: reals saturate into int64 and then lose their upper
    /// bits, as on the CPU.</summary>
    public static string Store(DType dtype, DType from, string pointer, string at, string value) => dtype switch
    {
        DType.Float32 => $"{pointer}[{at}] = (float){value};",
        DType.Float64 => $"{pointer}[{at}] = (double){value};",
        DType.BFloat16 => $"{pointer}[{at}] = f32_to_bf16((float){value});",
        DType.Float16 => $"vstore_half_rte((float){value}, {at}, (GLOBAL half*){pointer});",
        DType.Bool => $"{pointer}[{at}] = {value} != 0;",
        _ => $"{pointer}[{at}] = ({Storage(dtype)}){(from.IsFloating ? $"convert_long_sat({value})" : value)};",
    };

    /// <summary>Defines STORED, the type in memory, and PUT(y, to, x, from), which writes or adds one element; half types are written
    /// only.</summary>
    public static string Put(DType dtype, bool accumulate)
    {
        string put = accumulate ? $"{{ {Value(dtype)} v_ = {Load(dtype, "(y)", "to")} + {Load(dtype, "(x)", "from")}; "
            + $"{Store(dtype, dtype, "(y)", "(to)", "v_")} }}" : "(y)[to] = (x)[from];";
        return $"#define STORED {Storage(dtype)}\n#define PUT(y, to, x, from) {put}\n";
    }

    /// <summary>Defines T and the functions of formulas for a computing dtype (float32, float64, int64, int32).</summary>
    public static string Compute(DType dtype)
    {
        string s = dtype switch { DType.Float32 => "f32", DType.Float64 => "f64", DType.Int64 => "i64", _ => "i32" };
        string common = $"#define T {Storage(dtype)}\n#define FDIV(a, b) fdiv_{s}(a, b)\n#define REM(a, b) rem_{s}(a, b)\n";
        if (!dtype.IsFloating)
            return common + $"#define DIV(a, b) div_{s}(a, b)\n#define POW(a, b) pow_{s}(a, b)\n"
                + "#define ABS(a) ((a) < 0 ? -(a) : (a))\n#define FLOOR(a) (a)\n#define ROUND(a) (a)\n";
        return common + $"#define DIV(a, b) ((a) / (b))\n#define POW(a, b) pow_{s}(a, b)\n#define ABS(a) abs_{s}(a)\n"
            + $"#define FLOOR(a) floor_{s}(a)\n#define ROUND(a) rint_{s}(a)\n#define SQRT(a) sqrt_{s}(a)\n#define EXP(a) exp_{s}(a)\n"
            + $"#define LOG(a) log_{s}(a)\n#define SIN(a) sin_{s}(a)\n#define COS(a) cos_{s}(a)\n#define TANH(a) tanh_{s}(a)\n"
            + $"#define ERF(a) erf_{s}(a)\n#define CDF(a, w) cdf_{s}(a, w)\n#define CDF_TANH(a, w) cdftanh_{s}(a, w)\n";
    }

    /// <summary>A real literal of the computing type, exact.</summary>
    public static string Infinity(DType dtype, bool negative) => dtype switch
    {
        DType.Float32 or DType.Float64 => negative ? "(-INFINITY)" : "INFINITY",
        DType.Int64 => negative ? "LONG_MIN" : "LONG_MAX",
        _ => negative ? "INT_MIN" : "INT_MAX",
    };
}
