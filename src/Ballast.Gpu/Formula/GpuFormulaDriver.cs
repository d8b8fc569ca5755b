namespace Ballast.Gpu;

/// <summary>Runs formulas as generated kernels: one text per formula, dtype and rank, whatever the host scalars are.</summary>
internal sealed class GpuFormulaDriver(GpuRuntime runtime) : FormulaDriver
{
    public override void Unary<F>(in F formula, Tensor x, Tensor y)
    {
        Check(F.Name, y.DType, F.Kind);
        FormulaKernel kernel = FormulaKernels<F>.Get(formula, y.DType, 0, static (f, dtype) =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym result = f.Of(text.Input("x"));
            return FormulaKernel.Make(F.Name, dtype, text, $"{result}", dtype, "x");
        });
        kernel.Run([Here(x), y]);
    }

    public override void UnaryGrad<F>(in F formula, Tensor? saved, Tensor dy, Tensor dx)
    {
        if (!dx.DType.IsFloating) throw Op.Unsupported(F.Name, dx.DType, dx.Device, DTypeSet.Floating);
        Check(F.Name, dx.DType, FormulaKind.Floating);
        FormulaKernel kernel = FormulaKernels<F>.Get(formula, dx.DType, 1, static (f, dtype) =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym result = text.Input("g") * f.Slope(text.Input("x"));
            return FormulaKernel.Make(F.Name + "_grad", dtype, text, $"{result}", dtype, "g", "x");
        });
        kernel.Run([Here(dy), Here(saved ?? dy), dx]);
    }

    public override void Binary<F>(in F formula, Tensor a, Tensor b, Tensor y)
    {
        Check(F.Name, y.DType, F.Kind);
        FormulaKernel kernel = FormulaKernels<F>.Get(formula, y.DType, 0, static (f, dtype) =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym result = f.Of(text.Input("x"), text.Input("z"));
            return FormulaKernel.Make(F.Name, dtype, text, $"{result}", dtype, "x", "z");
        });
        kernel.Run([Here(a), Here(b), y]);
    }

    public override void Compare<F>(in F formula, Tensor a, Tensor b, Tensor y)
    {
        Check(F.Name, a.DType, FormulaKind.Any);
        FormulaKernel kernel = FormulaKernels<F>.Get(formula, a.DType, 0, static (f, dtype) =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym result = f.Of(text.Input("x"), text.Input("z"));
            return FormulaKernel.Make(F.Name, dtype, text, $"{result} != 0", DType.Bool, "x", "z");
        });
        kernel.Run([Here(a), Here(b), y]);
    }

    public override void CompareScalar<F>(in F formula, Tensor a, Scalar b, Tensor y)
    {
        Check(F.Name, a.DType, FormulaKind.Any);
        FormulaKernel kernel = FormulaKernels<(F Formula, Scalar B)>.Get((formula, b), a.DType, 0, static (f, dtype) =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym result = f.Formula.Of(text.Input("x"), Sym.Given(f.B));
            return FormulaKernel.Make(F.Name, dtype, text, $"{result} != 0", DType.Bool, "x");
        });
        kernel.Run([Here(a), y]);
    }

    /// <summary>A 0-d operand of the host may meet operands of the device; everything else was refused before.</summary>
    private Tensor Here(Tensor x) => ReferenceEquals(x.Device, runtime.Device) ? x : x.Detach().To(runtime.Device);

    private void Check(string name, DType dtype, FormulaKind kind)
    {
        runtime.CheckDType(name, dtype);
        bool known = dtype is DType.Float32 or DType.Float64 || (kind == FormulaKind.Any && dtype is DType.Int64 or DType.Int32);
        if (!known) throw Op.Unsupported(name, dtype, runtime.Device, kind == FormulaKind.Any ? DTypeSet.All
            : DTypeSet.Floating | DTypeSet.Halves);
    }
}

/// <summary>A formula's kernel with the numbers that its text leaves open.</summary>
internal sealed class FormulaKernel
{
    private static readonly Dictionary<(string Text, string Name), ElementKernel> _shared = [];

    private readonly ElementKernel _kernel;
    private readonly Arg[] _constants;

    private FormulaKernel(ElementKernel kernel, Arg[] constants)
    {
        _kernel = kernel;
        _constants = constants;
    }

    public void Run(ReadOnlySpan<Tensor> operands) => _kernel.Run(operands, _constants);

    public static FormulaKernel Make(string name, DType dtype, FormulaText text, string result, DType output, params string[] inputs)
    {
        string type = KernelText.Storage(dtype), body = "";
        for (int i = 0; i < inputs.Length; i++) body += $"  T {inputs[i]} = p{i}[a{i}];\n";
        body += text.Lines + $"  p{inputs.Length}[a{inputs.Length}] = {result};\n";
        string[] types = [.. inputs.Select(_ => type), KernelText.Storage(output)];
        string[] parameters = [.. text.Constants.Select((_, i) => $"T c{i}")];
        string head = KernelText.Compute(dtype);
        ElementKernel? kernel;
        lock (_shared)
        {
            if (!_shared.TryGetValue((head + body, name), out kernel))
                _shared[(head + body, name)] = kernel = new ElementKernel(name, types, head, body, parameters);
        }
        return new FormulaKernel(kernel, [.. text.Constants.Select(c => Arg.Number(c, dtype))]);
    }
}

/// <summary>The kernels of one formula type, by the formula's numbers and dtype.</summary>
internal static class FormulaKernels<F>
{
    // Host scalars that change with every step (a learning rate) must not pile up.
    private const int Most = 256;

    private static readonly Dictionary<(F Formula, DType DType, int Form), FormulaKernel> _known = [];

    public static FormulaKernel Get(in F formula, DType dtype, int form, Func<F, DType, FormulaKernel> make)
    {
        lock (_known)
        {
            if (_known.TryGetValue((formula, dtype, form), out FormulaKernel? kernel)) return kernel;
            if (_known.Count >= Most) _known.Clear();
            return _known[(formula, dtype, form)] = make(formula, dtype);
        }
    }
}
