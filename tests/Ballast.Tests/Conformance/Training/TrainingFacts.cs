using Ballast.Optimizers;

namespace Ballast.Tests.Conformance.Training;

/// <summary>Groups L, M and N: copies, ties, optimizers and calls with substituted state.</summary>
public sealed partial class TrainingFacts
{
    [Fact]
    public void C121_A_copy_never_shares_its_registry_with_the_original()
    {
        var module = new Linear(1, 1);
        Linear copy = module.Clone();
        copy.RegisterParameter("late", new Parameter(Tensor.Ones(1)));
        Assert.Equal(["weight", "bias"], module.View().Keys);
        Assert.Equal(["weight", "bias", "late"], copy.View().Keys);
    }

    [Fact]
    public void C125_What_a_copy_does_to_itself_does_not_reach_the_original()
    {
        var module = new Counting();
        Counting copy = module.Clone();
        copy.Forward(Tensor.Ones(1));
        Assert.Equal((0L, 1L), (module.Calls.Value.Item<long>(), copy.Calls.Value.Item<long>()));
    }

    [Fact]
    public void C126_A_tied_weight_is_listed_once_and_collects_one_gradient()
    {
        var net = new Tied();
        Assert.Equal(["e.weight"], net.NamedParameters().Select(p => p.Key));
        Assert.Equal(["e.weight", "o.weight"], net.View().Keys.Concat(net.View().Aliases.Keys));
        net.O.Forward(net.E.Forward(Tensor.From([0L]))).Sum().Backward();
        Assert.NotNull(net.E.Weight.Grad);
        Assert.Same(net.E.Weight, net.O.Weight);
        Assert.Same(net.E.Weight.Grad, net.O.Weight.Grad);
    }

    [Fact]
    public void C127_An_optimizer_gets_no_buffer_and_leaves_them_alone()
    {
        var norm = new BatchNorm1d(2);
        Assert.Equal(2, norm.Parameters().Count());
        norm.RunningMean!.Assign(Tensor.From([3f, 4f]));
        var optimizer = new Sgd(norm.Parameters(), 0.1, weightDecay: 0.5);
        norm.Eval().Forward(Tensor.Ones(2, 2)).Sum().Backward();
        optimizer.Step();
        Assert.Equal([3f, 4f], norm.RunningMean.Value.ToArray<float>());
    }

    [Fact]
    public void C129_F41_An_optimizer_takes_parameters_and_nothing_else()
    {
        foreach (Type optimizer in new[] { typeof(Sgd), typeof(Adam), typeof(AdamW) })
        {
            IEnumerable<Type> first = optimizer.GetConstructors().Select(c => c.GetParameters()[0].ParameterType.GetGenericArguments()[0]);
            Assert.All(first, t => Assert.Contains(t, new[] { typeof(Parameter), typeof(KeyValuePair<string, Parameter>), typeof(ParameterGroup) }));
        }
        // A parameter without a gradient is skipped.
        var parameter = new Parameter(Tensor.Ones(1));
        new Sgd([parameter], 1).Step();
        Assert.Equal(1f, parameter.Value.Item<float>());
    }

    [Fact]
    public void C130_ZeroGrad_sets_gradients_to_null_frozen_parameters_or_not()
    {
        var layer = new Linear(1, 1);
        layer.Bias!.RequiresGrad = false;
        layer.Forward(Tensor.Ones(1, 1)).Sum().Backward();
        Assert.NotNull(layer.Weight.Grad);
        layer.ZeroGrad();
        Assert.Null(layer.Weight.Grad);
        Assert.Null(layer.Bias.Grad);
    }

    [Fact]
    public void C131_F32_A_buffer_never_carries_a_graph_so_a_second_backward_pass_works()
    {
        var linear = new Linear(1, 1);
        var h = new Buffer(Tensor.Zeros(1, 1));
        for (int i = 0; i < 2; i++)
        {
            Tensor next = h + linear.Forward(Tensor.Ones(1, 1));
            h.Value = next;
            next.Sum().Backward();
        }
        Assert.False(h.Value.RequiresGrad);
        Assert.Equal(2f, linear.Bias!.Grad!.Item<float>());
    }

    [Fact]
    public void C135_Batch_statistics_given_for_a_call_are_updated_and_the_modules_are_not()
    {
        var norm = new BatchNorm1d(10);
        Tensor given = Tensor.Zeros(10), input = Tensor.Full([20, 10], 128f);
        using (Substitution call = norm.Substitute([new("running_mean", given)]))
        {
            norm.Forward(input);
            Assert.All(call.Results["running_mean"].ToArray<float>(), x => Assert.Equal(12.8f, x, 4));
        }
        Assert.All(norm.RunningMean!.Value.ToArray<float>(), x => Assert.Equal(0f, x));
        norm.FunctionalCall([], n => n.Forward(input));
        Assert.All(norm.RunningMean.Value.ToArray<float>(), x => Assert.Equal(12.8f, x, 4));
    }

    private sealed partial class Tied : Module
    {
        public Tied() => O = new Linear(E.Weight);

        public Embedding E { get; } = new(3, 2);

        public Linear O { get; }
    }

    private sealed partial class Counting : Module, IForward<Tensor, Tensor>
    {
        public Buffer Calls { get; } = new(Tensor.From(0L));

        public Tensor Forward(Tensor input)
        {
            Calls.Value.AddInPlace(1);
            return input;
        }
    }
}
