using System.Reflection;

namespace Ballast.Tests.Conformance.Calls;

/// <summary>Group Q: what hooks do in PyTorch is done by modules around modules, and by functions with a gradient of their own.</summary>
public sealed partial class CallFacts
{
    [Fact]
    public void C159_Modules_around_a_module_run_from_the_outside_in_and_are_taken_off_by_using_the_inner_one()
    {
        var log = new List<string>();
        var inner = new Linear(1, 1);
        var around = new Around(new Around(inner, "inner", log), "outer", log);
        Tensor y = around.Forward(Tensor.Ones(1, 1));
        Assert.Equal(["before outer", "before inner", "after inner", "after outer"], log);
        Assert.Equal(y.Item<float>(), inner.Forward(Tensor.Ones(1, 1)).Item<float>());
        Assert.Equal(4, log.Count);
        Assert.Equal(["inner.inner.weight", "inner.inner.bias"], around.View().Keys);
    }

    [Fact]
    public void C160_C163_A_module_around_another_replaces_inputs_and_output()
    {
        var twice = new Scaled(new Plus(), 2);
        // The input passes, the bias is doubled before the call and added once more after it: x + 4 · bias in all.
        Assert.Equal(1f + 2 * 2 * 3f, twice.Forward(Tensor.From(1f), Tensor.From(3f)).Item<float>());
    }

    [Fact]
    public void C162_No_call_is_changed_by_process_wide_state()
    {
        FieldInfo[] fields = typeof(Module).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic);
        Assert.DoesNotContain(fields, f => typeof(Delegate).IsAssignableFrom(f.FieldType));
        Assert.Empty(typeof(Module).GetEvents());
    }

    [Fact]
    public void C165_A_function_may_replace_the_gradient_that_reaches_its_input()
    {
        Tensor x = Tensor.Ones(3).WithGrad();
        new Stop().Apply(x * 2)[0].Sum().Backward();
        Assert.Equal([0f, 0f, 0f], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void C166_A_function_with_the_wrong_number_of_gradients_says_how_many_were_given_and_wanted()
    {
        Tensor x = Tensor.Ones(3).WithGrad();
        AutogradException error = Assert.Throws<AutogradException>(() => new Two().Apply(x)[0].Sum().Backward());
        Assert.Contains("2 gradients for 1 inputs", error.Message);
    }

    [Fact]
    public void C167_An_output_that_is_no_tensor_is_a_type_of_its_own_and_gradients_flow_through_its_parts()
    {
        var module = new Pair();
        (Tensor sum, Dictionary<string, Tensor> more) = module.Forward(Tensor.Ones(2));
        (sum.Sum() + more["square"].Sum()).Backward();
        Assert.Equal([4f, 4f], module.Scale.Grad!.ToArray<float>(), (a, b) => MathF.Abs(a - b) < 1e-6f);
        // No input requires a gradient: nothing is recorded, and that is no error.
        using (Autograd.NoGrad()) Assert.False(module.Forward(Tensor.Ones(2)).Sum.RequiresGrad);
    }

    private sealed partial class Around(IForward<Tensor, Tensor> inner, string name, List<string> log) : Module, IForward<Tensor, Tensor>
    {
        public Module Inner { get; } = (Module)inner;

        public Tensor Forward(Tensor input)
        {
            log.Add("before " + name);
            Tensor y = ((IForward<Tensor, Tensor>)Inner).Forward(input);
            log.Add("after " + name);
            return y;
        }
    }

    private sealed partial class Plus : Module
    {
        public Tensor Forward(Tensor x, Tensor bias) => x + bias;
    }

    private sealed partial class Scaled(Plus inner, double factor) : Module
    {
        public Plus Inner { get; } = inner;

        public Tensor Forward(Tensor x, Tensor bias)
        {
            Tensor more = bias * factor;
            return Inner.Forward(x, more) + more;
        }
    }

    private sealed partial class Pair : Module
    {
        public Parameter Scale { get; } = new(Tensor.Ones(2));

        public (Tensor Sum, Dictionary<string, Tensor> More) Forward(Tensor x)
        {
            Tensor y = x * Scale;
            return (y + y, new() { ["square"] = y.Square() });
        }
    }

    private sealed class Stop : Function
    {
        protected override Tensor[] Forward(FunctionContext ctx, ReadOnlySpan<Tensor> inputs) => [inputs[0] + 0];

        protected override Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients) => [gradients[0]!.MaskedFill(Tensor.From(true), 0)];
    }

    private sealed class Two : Function
    {
        protected override Tensor[] Forward(FunctionContext ctx, ReadOnlySpan<Tensor> inputs) => [inputs[0] + 0];

        protected override Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients) => [gradients[0], gradients[0]];
    }
}
