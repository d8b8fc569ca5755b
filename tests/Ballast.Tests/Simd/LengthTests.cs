using Ballast.Tests.OpTables;

namespace Ballast.Tests.Simd;

/// <summary>
/// Every path of the drivers at lengths 0 to 256 and from four offsets: element by element the bits that one element alone gives, and
/// nothing
/// written around them.
/// </summary>
[Trait("Category", "Simd")]
public sealed class LengthTests
{
    private const int Longest = 256;
    private const int Offsets = 4;
    private const int Room = Longest + 2 * Offsets;
    private const byte Canary = 0xA5;

    private static readonly FormulaDriver _driver = Device.Cpu.Runtime.Formulas!;
    private static readonly DType[] _floating = [DType.Float32, DType.Float64];
    private static readonly DType[] _computing = [DType.Float32, DType.Float64, DType.Int64, DType.Int32];

    /// <summary>One driver call over some operands; the last tensor is the output.</summary>
    private delegate void Path(Tensor[] operands, Tensor output);

    public static TheoryData<string> Unary => [.. UnaryPaths.Keys];

    public static TheoryData<string> Binary => [.. BinaryPaths.Keys];

    public static TheoryData<string> Comparisons => [.. ComparePaths.Keys];

    private static Dictionary<string, (FormulaKind Kind, Path Run, Path? Slope)> UnaryPaths { get; } = new([
        Of(new AbsFormula()), Of(new NegFormula()), Of(new SquareFormula()), Of(new SignFormula()), Of(new ReluFormula()),
        Of(new FloorFormula()),
        Of(new CeilFormula()), Of(new RoundFormula()), Of(new ClampFormula(-1, 2)), Of(new ExpFormula()), Of(new LogFormula()),
        Of(new SinFormula()),
        Of(new CosFormula()), Of(new TanhFormula()), Of(new SigmoidFormula()), Of(new ErfFormula()), Of(new GeluFormula()),
        Of(new GeluTanhFormula()),
        Of(new SiluFormula()), Of(new SqrtFormula()), Of(new RsqrtFormula()), Of(new ScalarRight<PowFormula>(new PowFormula(), 3)),
        Of(new ScalarLeft<SubFormula>(new SubFormula(), 3)), Of(new ScalarRight<MaximumFormula>(new MaximumFormula(), 1)),
    ]);

    private static Dictionary<string, (FormulaKind Kind, Path Run)> BinaryPaths { get; } = new([
        With(new AddFormula()), With(new SubFormula()), With(new MulFormula()), With(new DivFormula()), With(new MaximumFormula()),
        With(new MinimumFormula()), With(new PowFormula()), With(new RemainderFormula()), With(new FloorDivideFormula()),
    ]);

    private static Dictionary<string, (Path Run, Path Scalar)> ComparePaths { get; } = new([
        Like(new EqFormula()), Like(new NeFormula()), Like(new LtFormula()), Like(new LeFormula()), Like(new GtFormula()),
        Like(new GeFormula()),
        Like(new LogicalAndFormula()), Like(new LogicalOrFormula()), Like(new LogicalXorFormula()),
    ]);

    private static KeyValuePair<string, (FormulaKind, Path, Path?)> Of<F>(F f) where F : struct, IUnaryFormula => new(
        $"{F.Name} {typeof(F).Name}", (F.Kind, (x, y) => _driver.Unary(f, x[0], y),
        F.SlopeFrom == SlopeFrom.None ? null : (x, y) => _driver.UnaryGrad(f, F.SlopeFrom == SlopeFrom.Constant ? null : x[0], x[1], y)));

    private static KeyValuePair<string, (FormulaKind, Path)> With<F>(F f) where F : struct, IBinaryFormula =>
        new(F.Name, (F.Kind, (x, y) => _driver.Binary(f, x[0], x[1], y)));

    private static KeyValuePair<string, (Path, Path)> Like<F>(F f) where F : struct, ICompareFormula =>
        new(F.Name, ((x, y) => _driver.Compare(f, x[0], x[1], y), (x, y) => _driver.CompareScalar(f, x[0], 2, y)));

    [Theory]
    [MemberData(nameof(Unary))]
    public void Unary_functions(string name)
    {
        (FormulaKind kind, Path run, _) = UnaryPaths[name];
        foreach (DType dtype in kind == FormulaKind.Any ? _computing : _floating) Agree($"{name} {dtype.Name}", run, [Values(dtype, 1)],
            dtype);
    }

    [Theory]
    [MemberData(nameof(Unary))]
    public void Slopes_of_unary_functions(string name)
    {
        if (UnaryPaths[name].Slope is not { } slope) return;
        foreach (DType dtype in _floating) Agree($"{name} slope {dtype.Name}", slope, [Values(dtype, 1), Values(dtype, 2)], dtype);
    }

    [Theory]
    [MemberData(nameof(Binary))]
    public void Binary_functions_of_two_rows_and_of_a_row_with_one_element(string name)
    {
        (FormulaKind kind, Path run) = BinaryPaths[name];
        foreach (DType dtype in kind == FormulaKind.Any ? _computing : _floating)
        {
            Tensor a = Values(dtype, 1), b = Values(dtype, 2), one = Values(dtype, 3).Narrow(0, 1, 1);
            Agree($"{name} {dtype.Name}", run, [a, b], dtype);
            Agree($"{name} {dtype.Name}, one on the right", run, [a, one], dtype);
            Agree($"{name} {dtype.Name}, one on the left", run, [one, b], dtype);
        }
    }

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void Comparisons_of_two_rows_and_with_one_element(string name)
    {
        (Path run, Path scalar) = ComparePaths[name];
        foreach (DType dtype in _computing)
        {
            Tensor a = Values(dtype, 1), b = Values(dtype, 2), one = Values(dtype, 3).Narrow(0, 1, 1);
            Agree($"{name} {dtype.Name}", run, [a, b], DType.Bool);
            Agree($"{name} {dtype.Name}, one on the right", run, [a, one], DType.Bool);
            Agree($"{name} {dtype.Name}, one on the left", run, [one, b], DType.Bool);
            Agree($"{name} {dtype.Name} with a host scalar", scalar, [a], DType.Bool);
        }
    }

    public static TheoryData<DType> All => [.. Enumerable.Range(0, DTypes.Count).Select(i => (DType)i)];

    [Theory]
    [MemberData(nameof(All))]
    public void Copies_and_casts_from(DType from)
    {
        for (int i = 0; i < DTypes.Count; i++)
        {
            DType to = (DType)i;
            Agree($"{from.Name} to {to.Name}", (x, y) => Op.Execute(new CastOp(to), Device.Cpu, [x[0]], [y]), [Values(from, 1)], to);
            Tensor converted = Values(from, 1).To(to);
            double[] expected = [.. Host.Of(Values(from, 1)).Data.Select(v => to == DType.Bool ? (v != 0 ? 1.0 : 0) : v)];
            Assert.Equal(expected, Host.Of(converted).Data);
        }
    }

    /// <summary>Runs every length from every offset into the middle of a buffer and compares with single elements and the untouched
    /// rest.</summary>
    private static void Agree(string name, Path run, Tensor[] operands, DType result)
    {
        int size = result.SizeBytes;
        byte[] expected = new byte[Room * size];
        for (int i = 0; i < Room; i++)
        {
            Tensor single = Tensor.Empty([1], result);
            run([.. operands.Select(x => x.Elements == 1 ? x : x.Narrow(0, i, 1))], single);
            Check.Bytes(single).CopyTo(expected, i * size);
        }
        Tensor buffer = Tensor.Empty([Room], result);
        byte[] actual = new byte[Room * size];
        for (int length = 0; length <= Longest; length++)
        {
            for (int offset = 0; offset < Offsets; offset++)
            {
                buffer.Device.Runtime.Fill(buffer.Storage.Handle, 0, buffer.Bytes, Canary);
                run([.. operands.Select(x => x.Elements == 1 ? x : x.Narrow(0, offset, length))], buffer.Narrow(0, offset, length));
                buffer.CopyToHost(actual);
                int begin = offset * size, end = (offset + length) * size;
                if (!actual.AsSpan(begin, end - begin).SequenceEqual(expected.AsSpan(begin, end - begin)))
                {
                    int element = actual.AsSpan(begin).CommonPrefixLength(expected.AsSpan(begin)) / size;
                    Assert.Fail($"{name}: length {length} from offset {offset}: element {element} differs from the same element alone");
                }
                if (actual.AsSpan(0, begin).ContainsAnyExcept(Canary) || actual.AsSpan(end).ContainsAnyExcept(Canary))
                    Assert.Fail($"{name}: length {length} from offset {offset}: something was written outside");
            }
        }
    }

    /// <summary>Positive, not whole, exact in every floating dtype; small and positive in the integers.</summary>
    private static Tensor Values(DType dtype, int seed)
    {
        var random = new Random(seed);
        var values = new double[Room];
        for (int i = 0; i < Room; i++) values[i] = dtype.IsFloating ? random.Next(1, 12) * 0.25 : random.Next(1, 4);
        // Casts to integers cut fractions off, which the references of casts leave out.
        if (seed == 1) for (int i = 0; i < Room; i++) values[i] = Math.Ceiling(values[i]);
        return Tensor.From(values).To(dtype);
    }
}
