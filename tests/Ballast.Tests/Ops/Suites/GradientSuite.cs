namespace Ballast.Tests.OpTables;

/// <summary>Every gradient rule against difference quotients, and against itself under other circumstances.</summary>
public sealed class GradientSuite
{
    public static TheoryData<OpRow> Differentiable => RowData.Rows(r => r.Differentiable);

    public static TheoryData<OpRow> InPlace => RowData.Rows(r => r.Differentiable && r.InPlace is not null);

    /// <summary>vᵀJu for random v and u: the product with the analytic vᵀJ must be the slope of v·f along u.</summary>
    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Gradients_agree_with_central_differences(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad))
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float64);
            Tensor v = Projection(sample.Run(inputs), row.Name);
            Tensor?[] gradients = Gradients(sample, inputs, v);
            var random = new Random(Samples.Seed(row.Name));
            for (int i = 0; i < inputs.Length; i++)
            {
                if (!sample.Args[i].TakesGrad || inputs[i].Elements == 0) continue;
                for (int direction = 0; direction < 2; direction++)
                {
                    var u = new Host(Draw.Uniform(-1, 1)(random, sample.Args[i].Count), sample.Args[i].Shape);
                    double analytic = gradients[i] is { } g ? Dot(Host.Of(g).Data, u.Data) : 0;
                    double numeric = (Loss(sample, inputs, i, u, row.Step, v) - Loss(sample, inputs, i, u, -row.Step, v)) / (2 * row.Step);
                    double scale = gradients[i] is { } size ? Host.Of(size).Data.Max(Math.Abs) : 0;
                    Bound bound = Tolerances.Differences;
                    Assert.True(Math.Abs(analytic - numeric) <= bound.Relative * (Math.Abs(numeric) + scale) + bound.Absolute,
                        $"{row.Name}, {sample.Label}: along a direction of input {i} the rule gives {analytic:R}, differences {numeric:R}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Float32_gradients_agree_with_float64(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad))
        {
            Tensor[] narrow = Samples.Inputs(row, sample, DType.Float32);
            Tensor[] wide = [.. narrow.Select((x, i) => sample.Args[i].Fixed is null ? x.To(DType.Float64) : x)];
            Tensor v = Projection(sample.Run(narrow), row.Name);
            Tensor?[] expected = Gradients(sample, wide, v), actual = Gradients(sample, narrow, v);
            for (int i = 0; i < narrow.Length; i++)
            {
                if (expected[i] is null && actual[i] is null) continue;
                Assert.Equal(DType.Float32, actual[i]!.DType);
                Check.Close(Host.Of(expected[i]!), actual[i]!, Tolerances.GradientFloat32,
                    $"{row.Name}, {sample.Label}: gradient of input {i}");
            }
        }
    }

    /// <summary>The incoming gradient may be a transposed or stretched view, and inputs may be views.</summary>
    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Gradients_do_not_depend_on_layouts(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad))
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float64);
            Tensor v = Projection(sample.Run(inputs), row.Name);
            foreach ((string name, Tensor laidOut) in Samples.Layouts(v))
                Same(row, sample, $"incoming gradient {name}", Gradients(sample, inputs, laidOut.Contiguous()),
                    Gradients(sample, inputs, laidOut));
            foreach ((string name, Tensor[] laidOut) in Samples.LayoutsOf(inputs))
            {
                // Stretched inputs hold other values, which may be at a kink.
                if (name.Contains("expanded", StringComparison.Ordinal)) continue;
                Same(row, sample, name, Gradients(sample, [.. laidOut.Select(x => x.Contiguous())], v), Gradients(sample, laidOut, v));
            }
        }
    }

    /// <summary>Any subset of the inputs may require a gradient; what is saved depends on it.</summary>
    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Each_input_alone_gets_the_gradient_it_gets_with_the_others(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad && c.Args.Length > 1))
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float64);
            Tensor v = Projection(sample.Run(inputs), row.Name);
            Tensor?[] together = Gradients(sample, inputs, v);
            for (int i = 0; i < inputs.Length; i++)
            {
                if (!sample.Args[i].TakesGrad) continue;
                Tensor?[] alone = Gradients(sample, inputs, v, only: i);
                Same(row, sample, $"input {i} alone", [together[i]], [alone[i]]);
            }
        }
    }

    /// <summary>Changing an input or the output afterwards is either noticed or without effect: nothing is read that was not declared as
    /// saved.</summary>
    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Changing_a_tensor_after_the_forward_pass_is_noticed_or_harmless(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad && c.Args.All(a => a.Count > 0)))
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float64);
            Tensor v = Projection(sample.Run(inputs), row.Name);
            Tensor?[] expected = Gradients(sample, inputs, v);
            for (int changed = 0; changed <= inputs.Length; changed++)
            {
                Tensor[] leaves = Leaves(sample, inputs, -1);
                Tensor result = sample.Run(leaves);
                if (!result.RequiresGrad) continue;
                using (Autograd.NoGrad())
                {
                    Tensor target = changed < inputs.Length ? leaves[changed] : result.Detach();
                    if (target.Layout.Overlaps) continue;
                    target.FillInPlace(target.DType == DType.Bool ? true : 1);
                }
                try
                {
                    result.Backward(v);
                }
                catch (AutogradException error)
                {
                    Assert.Contains("changed in place by fill", error.Message, StringComparison.Ordinal);
                    continue;
                }
                Same(row, sample, changed < inputs.Length ? $"input {changed} changed" : "output changed", expected,
                    [.. leaves.Select(x => x.Grad)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(InPlace))]
    public void In_place_gives_the_gradients_of_the_other_form_or_says_that_it_cannot(OpRow row)
    {
        foreach (Case sample in row.Cases.Where(c => c.CheckGrad))
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float64);
            Tensor forward = sample.Run(inputs);
            if (forward.Shape != inputs[0].Shape) continue;
            Tensor v = Projection(forward, row.Name);
            Case inPlace = sample with { Run = x => row.InPlace!([x[0].Clone(), .. x[1..]]) };
            Tensor?[] actual;
            try
            {
                actual = Gradients(inPlace, inputs, v);
            }
            catch (AutogradException error)
            {
                // A rule that needs the old value of its target cannot run in place: that must be said.
                Assert.Contains($"changed in place by {row.Name}", error.Message, StringComparison.Ordinal);
                continue;
            }
            Same(row, sample, "in place", Gradients(sample, inputs, v), actual);
        }
    }

    private static void Same(OpRow row, Case sample, string what, Tensor?[] expected, Tensor?[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] is null && actual[i] is null) continue;
            Assert.True(expected[i] is not null && actual[i] is not null,
                $"{row.Name}, {sample.Label}, {what}: only one way gives input {i} a gradient");
            Check.Close(Host.Of(expected[i]!), actual[i]!, Tolerances.GradientFloat64,
                $"{row.Name}, {sample.Label}, {what}: gradient of input {i}");
        }
    }

    private static Tensor Projection(Tensor output, string name) =>
        new Host(Draw.Uniform(-1, 1)(new Random(Samples.Seed(name) + 1), (int)output.Elements),
            output.Shape.ToArray()).ToTensor(output.DType);

    private static Tensor[] Leaves(Case sample, Tensor[] inputs, int only)
    {
        var leaves = new Tensor[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            // A detached view keeps the layout; a clone keeps later changes away from the other runs.
            leaves[i] = inputs[i].IsContiguous ? inputs[i].Clone() : inputs[i].Detach();
            leaves[i].RequiresGrad = sample.Args[i].TakesGrad && (only < 0 || only == i);
        }
        return leaves;
    }

    private static Tensor?[] Gradients(Case sample, Tensor[] inputs, Tensor v, int only = -1)
    {
        Tensor[] leaves = Leaves(sample, inputs, only);
        Tensor result = sample.Run(leaves);
        if (result.RequiresGrad) result.Backward(v.To(result.DType));
        foreach (Tensor leaf in leaves)
            if (leaf.Grad is { } gradient) Assert.Equal(leaf.Shape, gradient.Shape);
        return [.. leaves.Select(x => x.Grad)];
    }

    private static double Loss(Case sample, Tensor[] inputs, int input, Host u, double step, Tensor v)
    {
        Tensor[] moved = (Tensor[])inputs.Clone();
        moved[input] = Host.Zip(Host.Of(inputs[input]), u, (x, d) => x + step * d).ToTensor(DType.Float64);
        return Dot(Host.Of(sample.Run(moved)).Data, Host.Of(v).Data);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
