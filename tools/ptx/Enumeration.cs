using System.Reflection;
using Ballast.Gpu;
using Ballast.Models;
using Ballast.Optimizers;
using Ballast.Tests.OpTables;

namespace Ballast.Ptx;

/// <summary>
/// Asks a recording device for everything the library can ask a device for: every formula type in every form and dtype, every row of the op
/// table in every dtype, forwards and backwards, conversions between all dtypes, long reductions, and a model that is trained and sampled.
/// </summary>
internal sealed class Enumeration(Device device)
{
    private static readonly DType[] _all = [.. Enumerable.Range(0, DTypes.Count).Select(i => (DType)i)];
    private static readonly DType[] _computing = [DType.Float32, DType.Float64, DType.Int64, DType.Int32];

    private readonly GpuRuntime _runtime = (GpuRuntime)device.Runtime;

    /// <summary>Calls that were refused, with the reason: dtypes that an op does not take.</summary>
    public List<string> Refused { get; } = [];

    public void Run()
    {
        using DeviceScope scope = device.AsDefault();
        Formulas();
        foreach (OpRow row in OpTable.Rows) Row(row);
        Copies();
        Reductions();
        Attention();
        Order();
        Products();
        foreach (DType dtype in (DType[])[DType.Float32, DType.Float64, DType.BFloat16, DType.Float16]) Model(dtype);
    }

    private void Formulas()
    {
        Type[] types = [.. typeof(Tensor).Assembly.GetTypes().Where(t => t is { IsValueType: true, IsGenericTypeDefinition: false })];
        Type[] binary = [.. types.Where(t => t.IsAssignableTo(typeof(IBinaryFormula)))];
        IEnumerable<Type> unary = types.Where(t => t.IsAssignableTo(typeof(IUnaryFormula)))
            .Concat(binary.Select(f => typeof(ScalarRight<>).MakeGenericType(f))).Concat(binary.Select(f => typeof(ScalarLeft<>).MakeGenericType(f)));
        foreach (Type f in unary) Call(nameof(Unary), f);
        foreach (Type f in binary) Call(nameof(Binary), f);
        foreach (Type f in types.Where(t => t.IsAssignableTo(typeof(ICompareFormula)))) Call(nameof(Compare), f);

        void Call(string method, Type formula) => typeof(Enumeration).GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!
            .MakeGenericMethod(formula).Invoke(this, []);
    }

    private void Unary<F>() where F : struct, IUnaryFormula
    {
        foreach (DType dtype in Computing(F.Kind))
        {
            Tensor x = Tensor.Empty([3], dtype, device);
            Try(F.Name, () => _runtime.Formulas!.Unary<F>(default, x, x));
            if (dtype.IsFloating && F.SlopeFrom != SlopeFrom.None) Try(F.Name, () => _runtime.Formulas!.UnaryGrad<F>(default, x, x, x));
        }
    }

    private void Binary<F>() where F : struct, IBinaryFormula
    {
        foreach (DType dtype in Computing(F.Kind))
        {
            Tensor x = Tensor.Empty([3], dtype, device);
            Try(F.Name, () => _runtime.Formulas!.Binary<F>(default, x, x, x));
        }
    }

    private void Compare<F>() where F : struct, ICompareFormula
    {
        foreach (DType dtype in _computing)
        {
            Tensor x = Tensor.Empty([3], dtype, device), y = Tensor.Empty([3], DType.Bool, device);
            Try(F.Name, () => _runtime.Formulas!.Compare<F>(default, x, x, y));
            Try(F.Name, () => _runtime.Formulas!.CompareScalar<F>(default, x, 3, y));
        }
    }

    private static IEnumerable<DType> Computing(FormulaKind kind) => _computing.Where(d => kind == FormulaKind.Any || d.IsFloating);

    private void Row(OpRow row)
    {
        foreach (DType dtype in _all)
        {
            foreach (Case sample in row.Cases)
            {
                string what = $"{row.Name}, {sample.Label}, {dtype.Name}";
                Try(what, () => sample.Run(Inputs(sample, dtype)));
                if (row.InPlace is { } inPlace) Try(what, () => inPlace(Inputs(sample, dtype)));
                if (dtype.IsFloating && row.Differentiable) Try(what, () => Backward(sample, Inputs(sample, dtype)));
            }
        }
    }

    private Tensor[] Inputs(Case sample, DType dtype) =>
        [.. sample.Args.Select(a => Tensor.Empty(new Shape(a.Shape), a.Fixed ?? dtype, device))];

    private static void Backward(Case sample, Tensor[] inputs)
    {
        for (int i = 0; i < inputs.Length; i++) inputs[i].RequiresGrad = sample.Args[i].TakesGrad;
        Tensor result = sample.Run(inputs);
        if (result.RequiresGrad) result.Backward(result.Detach());
    }

    private void Copies()
    {
        foreach (DType from in _all)
        {
            Tensor x = Tensor.Empty([3, 4], from, device);
            foreach (DType to in _all) x.To(to);
            x.T.Contiguous();
            x.T.FillInPlace(1);
            x[.., 1].FillInPlace(1);
        }
    }

    // The recording device has no tensor cores, so that the kernels without them are met; those with them are asked for here.
    private void Products()
    {
        foreach (DType dtype in (DType[])[DType.BFloat16, DType.Float16])
            for (int form = 0; form < 4; form++) GpuGemm.TensorKernel(_runtime, dtype, (form & 1) != 0, (form & 2) != 0);
    }

    private void Reductions()
    {
        foreach (DType dtype in _all)
        {
            foreach (int[] shape in (int[][])[[5, 7], [3_000_000], [70_000, 5], [70_000, 40]])
            {
                Tensor x = Tensor.Empty(new Shape(shape), dtype, device);
                Try("sum", () => x.Sum());
                Try("prod", () => x.Prod());
                Try("max", () => x.Max());
                Try("min", () => x.Min());
                Try("any", () => x.Any());
                Try("all", () => x.All());
                Try("sum", () => x.Sum(0));
                Try("max", () => x.Max(0));
                Try("argmax", () => x.ArgMax(0));
                Try("argmin", () => x.ArgMin(0));
                Try("var", () => x.Var());
                Try("var", () => x.Var(0));
            }
        }
    }

    /// <summary>Heads of each padded width.</summary>
    private void Attention()
    {
        foreach (DType dtype in (DType[])[DType.Float32, DType.Float64, DType.BFloat16, DType.Float16])
        {
            foreach (int width in (int[])[32, 64, 128, 160])
            {
                Tensor x = Tensor.Empty([2, 40, width], dtype, device).WithGrad();
                Try("attention", () => Tensor.ScaledDotProductAttention(x, x, x, causal: true).Backward(x.Detach()));
            }
        }
    }

    private void Order()
    {
        foreach (DType dtype in _all) Try("sort", () => Tensor.Empty([2, 3000], dtype, device).Sort());
        foreach (DrawKind kind in Enum.GetValues<DrawKind>())
        {
            foreach (DType dtype in _all.Where(d => d.IsFloating || kind == DrawKind.Bernoulli))
            {
                Op.RunInPlace(new DrawOp(kind, 1, 0), Tensor.Empty([3, 4], dtype, device));
                Op.RunInPlace(new DrawOp(kind, 1, 0), Tensor.Empty([3, 4], dtype, device).T);
            }
        }
        // How many places there are is read from the device, and a recording one has none.
        Op.Run(new NonZeroOp(3), Tensor.Empty([2, 5], DType.Bool, device));
    }

    private void Model(DType dtype)
    {
        var model = new Gpt(new GptConfig { VocabularySize = 65, BlockLength = 16, Layers = 2, Heads = 2, Width = 32 }, new Generator(1));
        model.To(device);
        model.To(dtype);
        var adam = new AdamW(ParameterGroup.DecayMatrices(model.NamedParameters(), 0.1), 1e-3);
        foreach (Optimizer optimizer in (Optimizer[])[adam, new Sgd(model.NamedParameters(), 1e-3, momentum: 0.9)])
        {
            Tensor tokens = Tensor.Zeros([2, 16], DType.Int64, device);
            model.Forward(tokens).Reshape(-1, 65).CrossEntropy(tokens.Reshape(-1)).Backward();
            GradientClip.ByNorm(model.Parameters(), 1);
            optimizer.Step();
            optimizer.ZeroGrad();
        }
    }

    private void Try(string what, Action call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (e is BallastException or ArgumentException or InvalidOperationException)
        {
            Refused.Add($"{what}: {e.Message.Split('\n')[0]}");
        }
    }
}
