namespace Ballast.Tests.Gradients;

public sealed class FunctionTests
{
    private sealed class Cube : Function
    {
        protected override Tensor[] Forward(FunctionContext ctx, ReadOnlySpan<Tensor> inputs)
        {
            Assert.False(Autograd.Enabled);
            ctx.Save(inputs[0]);
            return [inputs[0] * inputs[0] * inputs[0]];
        }

        protected override Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients)
        {
            Assert.False(Autograd.Enabled);
            return [gradients[0]! * 3 * ctx.Saved(0).Square()];
        }
    }

    /// <summary>A function made of two lambdas, for the cases that need one each.</summary>
    private sealed class Custom(Func<FunctionContext, Tensor[], Tensor[]> forward, Func<FunctionContext, Tensor?[], Tensor?[]> backward)
        : Function
    {
        public override string Name => "custom";

        protected override Tensor[] Forward(FunctionContext ctx, ReadOnlySpan<Tensor> inputs) => forward(ctx, inputs.ToArray());

        protected override Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients) => backward(ctx, gradients.ToArray());
    }

    private static Tensor Leaf(params float[] values) => Tensor.From(values).WithGrad();

    [Fact]
    public void A_users_rule_is_used_in_the_middle_of_a_graph()
    {
        Tensor x = Leaf(1, 2, -3), y = new Cube().Apply(x * 2)[0];
        Assert.Equal([8f, 64, -216], y.ToArray<float>());
        Assert.Equal("Cube", y.GradientOp);
        Assert.EndsWith("grad_fn=<Cube>)", y.ToString());
        (y * 10).Sum().Backward();
        Assert.Equal([240f, 960, 2160], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void One_function_object_serves_many_runs()
    {
        Cube cube = new();
        Tensor a = Leaf(2), b = Leaf(3);
        (cube.Apply(a)[0] + cube.Apply(b)[0]).Backward();
        Assert.Equal([12f], a.Grad!.ToArray<float>());
        Assert.Equal([27f], b.Grad!.ToArray<float>());
        Assert.Equal([12f], Autograd.Grad([cube.Apply(a)[0]], [a])[0]!.ToArray<float>());
    }

    [Fact]
    public void Nothing_is_recorded_where_nothing_requires_a_gradient()
    {
        bool? needed = null;
        Custom function = new((ctx, x) => { needed = ctx.NeedsGrad(0); return [x[0] + 1]; }, (_, g) => g);
        Assert.False(function.Apply(Tensor.Ones(2))[0].RequiresGrad);
        Assert.False(needed);
        using (Autograd.NoGrad()) Assert.False(function.Apply(Leaf(1))[0].RequiresGrad);
        Assert.False(needed);
        Assert.True(function.Apply(Leaf(1))[0].RequiresGrad);
        Assert.True(needed);
    }

    [Fact]
    public void Several_inputs_and_outputs_with_state_and_missing_gradients()
    {
        Tensor?[]? seen = null;
        Custom function = new(
            (ctx, x) =>
            {
                ctx.State = 4;
                ctx.Save(x[1]);
                return [x[0] * 4, x[0] * x[1]];
            },
            (ctx, g) =>
            {
                seen = g;
                Assert.Equal(2, ctx.Inputs);
                Assert.Equal(1, ctx.SavedCount);
                Assert.True(ctx.NeedsGrad(0));
                Assert.False(ctx.NeedsGrad(1));
                return [(g[0] is { } first ? first * (int)ctx.State! : Tensor.Zeros(2))
                    + (g[1] is { } second ? second * ctx.Saved(0) : 0 * Tensor.Zeros(2)), null];
            });
        Tensor x = Leaf(1, 2), w = Tensor.From([10f, 20]);
        Tensor[] y = function.Apply(x, w);
        y[1].Sum().Backward();
        Assert.Null(seen![0]);
        Assert.Equal([10f, 20], x.Grad!.ToArray<float>());
        x.Grad = null;
        y = function.Apply(x, w);
        (y[0] + y[1]).Sum().Backward();
        Assert.Equal([14f, 24], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void An_output_may_carry_no_gradient()
    {
        Custom function = new(
            (ctx, x) =>
            {
                Tensor sign = x[0].Sign(), places = x[0].ArgMax();
                ctx.MarkNonDifferentiable(sign);
                return [x[0] * 2, sign, places];
            },
            (_, g) => [g[0]! * 2]);
        Tensor x = Leaf(-1, 5);
        Tensor[] y = function.Apply(x);
        Assert.Equal([true, false, false], y.Select(t => t.RequiresGrad));
        y[0].Sum().Backward();
        Assert.Equal([2f, 2], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void A_gradient_of_the_wrong_number_shape_or_dtype_names_the_function()
    {
        Tensor x = Leaf(1, 2);
        foreach ((Func<Tensor?[]> give, string part) in new (Func<Tensor?[]>, string)[]
        {
            (() => [], "0 gradients for 1 input"),
            (() => [Tensor.Ones(2), null], "2 gradients for 1 input"),
            (() => [Tensor.Ones(2, 1)], "shape [2, 1] for input 0, which is [2]"),
            (() => [Tensor.Ones(1)], "shape [1]"),
            (() => [Tensor.Arange(2)], "int64"),
            (() => null!, "null"),
        })
        {
            Tensor y = new Custom((_, t) => [t[0] + 1], (_, _) => give()).Apply(x)[0].Sum();
            string message = Assert.Throws<AutogradException>(() => y.Backward()).Message;
            Assert.Contains("custom", message);
            Assert.Contains(part, message);
        }
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Forward_must_give_an_output()
    {
        Assert.Contains("custom", Assert.Throws<AutogradException>(() => new Custom((_, _) => [], (_, g) => g).Apply(Leaf(1))).Message);
        Assert.Contains("output 1",
            Assert.Throws<AutogradException>(() => new Custom((_, x) => [x[0], null!], (_, g) => g).Apply(Leaf(1))).Message);
    }

    [Fact]
    public void A_saved_tensor_changed_in_place_is_an_error_that_names_both()
    {
        Tensor x = Leaf(1, 2), h = x * 1, y = new Cube().Apply(h)[0].Sum();
        using (Autograd.NoGrad()) h.AddInPlace(1);
        string message = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("Cube", message);
        Assert.Contains("add", message);
    }

    [Fact]
    public void A_second_backward_needs_retainGraph_and_saved_places_are_checked()
    {
        Tensor x = Leaf(2), y = new Cube().Apply(x)[0];
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.Equal([24f], x.Grad!.ToArray<float>());
        Assert.Contains("Cube", Assert.Throws<AutogradException>(() => y.Backward()).Message);
        Tensor z = new Custom((_, t) => [t[0] * 1], (ctx, _) => [ctx.Saved(0)]).Apply(x)[0];
        Assert.Contains("Saved(0)", Assert.Throws<AutogradException>(() => z.Backward()).Message);
    }

    [Fact]
    public void A_tensor_that_the_rule_keeps_never_becomes_a_leafs_gradient_itself()
    {
        Tensor kept = Tensor.Ones(2) * 3;
        Tensor a = Leaf(1, 2), b = Leaf(3, 4);
        Custom function = new((_, x) => [x[0] + x[1]], (_, _) => [kept, kept]);
        function.Apply(a, b)[0].Sum().Backward();
        a.Grad!.FillInPlace(0);
        Assert.Equal([3f, 3], b.Grad!.ToArray<float>());
        Assert.Equal([3f, 3], kept.ToArray<float>());
    }

    [Fact]
    public void An_input_handed_back_as_output_is_a_view_of_it()
    {
        Tensor x = Leaf(1, 2), h = x * 1;
        Tensor y = new Custom((_, t) => [t[0]], (_, g) => [g[0]! * -1]).Apply(h)[0]; // gradient reversal
        Assert.NotSame(h, y);
        Assert.Equal("mul", h.GradientOp);
        Assert.Throws<AutogradException>(() => y.AddInPlace(1));
        (y + h * 3).Sum().Backward();
        Assert.Equal([2f, 2], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Functions_run_on_meta_tensors()
    {
        Tensor x = Tensor.Zeros([2, 3], DType.Float32, Device.Meta).WithGrad();
        Tensor y = new Cube().Apply(x)[0];
        Assert.True(y.Device.IsMeta);
        y.Sum().Backward();
        Assert.Equal<Shape>([2, 3], x.Grad!.Shape);
    }
}
