namespace Ballast.Tests.Conformance.Calls;

/// <summary>Group P: data-parallel training is not part of the library; what replicas shall do with a buffer is declared on it.</summary>
public sealed partial class ReplicaFacts
{
    [Fact]
    public void C151_A_buffer_saved_or_not_is_declared_to_follow_the_first_replica()
    {
        Assert.All(new Buffer[] { new(Tensor.Ones(1)), new(Tensor.From(1L)), new(Tensor.Ones(1), persistent: false) },
            b => Assert.Equal(ReplicaRule.BroadcastFirst, b.Replicas));
    }

    [Fact]
    public void C152_Running_statistics_are_declared_to_take_the_mean_of_all_replicas()
    {
        var norm = new BatchNorm1d(2);
        Assert.Equal((ReplicaRule.Mean, ReplicaRule.Mean), (norm.RunningMean!.Replicas, norm.RunningVar!.Replicas));
    }

    [Fact]
    public void C154_A_buffer_with_a_new_value_keeps_its_rule()
    {
        var buffer = new Buffer(Tensor.Ones(1)) { Replicas = ReplicaRule.Sum };
        buffer.Replace(Tensor.Ones(3));
        Assert.Equal(ReplicaRule.Sum, buffer.Replicas);
    }

    [Fact]
    public void C155_A_rule_does_not_depend_on_calls_before()
    {
        var norm = new BatchNorm1d(2);
        using (Autograd.NoGrad()) norm.Eval().Forward(Tensor.Ones(2, 2));
        Assert.Equal(ReplicaRule.Mean, norm.RunningMean!.Replicas);
        Assert.Equal(ReplicaRule.Mean, norm.Clone().To(DType.Float64).RunningMean!.Replicas);
    }

    [Fact]
    public void C157_A_buffer_may_be_declared_to_stay_each_replicas_own()
    {
        var module = new Owner();
        Assert.Equal(ReplicaRule.Local, module.Seen.Replicas);
        Assert.Contains("local", module.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void C158_What_a_replica_writes_into_its_buffer_stays_its_own()
    {
        var module = new Owner();
        Owner replica = module.Clone();
        replica.Seen.Value.AddInPlace(1);
        Assert.Equal((0f, 1f), (module.Seen.Value.Item<float>(), replica.Seen.Value.Item<float>()));
    }

    private sealed partial class Owner : Module
    {
        public Buffer Seen { get; } = new(Tensor.Zeros(1)) { Replicas = ReplicaRule.Local };
    }
}
