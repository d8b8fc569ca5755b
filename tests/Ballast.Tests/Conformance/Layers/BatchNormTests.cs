namespace Ballast.Tests.Conformance.Layers;

/// <summary>Group I: training mode and running statistics.</summary>
[Collection(DefaultGenerator.Name)]
public sealed partial class BatchNormTests
{
    private static Tensor Input => Tensor.From([1f, 2f, 3f, 6f]).Reshape(2, 2);

    [Fact]
    public void C078_Training_is_on_at_first_and_set_for_the_whole_tree_by_calls_that_give_the_module_back()
    {
        var tree = new Sequential(new BatchNorm1d(2), new Sequential(new Dropout()));
        Assert.All(tree.Modules(), m => Assert.True(m.Training));
        Assert.Same(tree, tree.Eval());
        Assert.All(tree.Modules(), m => Assert.False(m.Training));
        Assert.Same(tree, tree.Train());
        Assert.All(tree.Modules(), m => Assert.True(m.Training));
        // A mode that is no bool does not compile.
        Assert.Same(tree, tree.Train(false));
        Assert.All(tree.Modules(), m => Assert.False(m.Training));
    }

    [Fact]
    public void C080_Batch_norm_begins_with_ones_zeros_and_an_int64_count()
    {
        var norm = new BatchNorm1d(2);
        StateDict state = norm.View();
        Assert.Equal(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], state.Keys);
        Assert.Equal([1f, 1f], state["weight"].ToArray<float>());
        Assert.Equal([0f, 0f], state["bias"].ToArray<float>());
        Assert.Equal([0f, 0f], state["running_mean"].ToArray<float>());
        Assert.Equal([1f, 1f], state["running_var"].ToArray<float>());
        norm.To(DType.Float64);
        Assert.Equal(DType.Float64, norm.RunningMean!.DType);
        Assert.Equal((DType.Int64, 0), (norm.NumBatchesTracked!.DType, norm.NumBatchesTracked.Rank));
    }

    [Fact]
    public void C081_Training_normalises_with_the_biased_variance_and_remembers_the_unbiased()
    {
        var norm = new BatchNorm1d(2);
        Near([-0.999995f, -0.99999875f, 0.999995f, 0.99999875f], norm.Forward(Input));
        Near([0.2f, 0.4f], norm.RunningMean!);
        Near([1.1f, 1.7f], norm.RunningVar!);
        Assert.Equal(1L, norm.NumBatchesTracked!.Value.Item<long>());
    }

    [Fact]
    public void C083_Without_momentum_the_statistics_are_averages_of_all_batches()
    {
        var norm = new BatchNorm1d(2, momentum: null);
        norm.Forward(Input);
        Near([2f, 4f], norm.RunningMean!);
        Near([2f, 8f], norm.RunningVar!);
        norm.Forward(Input * 3);
        Near([4f, 8f], norm.RunningMean!);
        Near([10f, 40f], norm.RunningVar!);
        Assert.Equal(2L, norm.NumBatchesTracked!.Value.Item<long>());
    }

    [Fact]
    public void C084_Statistics_are_updated_in_place_and_also_without_gradients()
    {
        var norm = new BatchNorm1d(2);
        RunningStat handle = norm.RunningMean!;
        Tensor before = handle.Value;
        using (Autograd.NoGrad()) norm.Forward(Input);
        Assert.Same(handle, norm.RunningMean);
        Assert.True(before.SameMemory(handle.Value));
        Near([0.2f, 0.4f], before);
    }

    [Fact]
    public void C086_Without_affine_only_statistics_are_saved()
    {
        var norm = new BatchNorm2d(2, affine: false);
        Assert.Null(norm.Weight);
        Assert.Null(norm.Bias);
        Assert.Equal(["running_mean", "running_var", "num_batches_tracked"], norm.View().Keys);
    }

    [Fact]
    public void C088_A_wrong_rank_or_channel_count_says_what_was_wanted_and_given()
    {
        ShapeException rank = Assert.Throws<ShapeException>(() => new BatchNorm1d(2).Forward(Tensor.Ones(2, 2, 2, 2)));
        Assert.Contains("2 or 3 axes", rank.Message);
        Assert.Contains("[2, 2, 2, 2]", rank.Message);
        ShapeException channels = Assert.Throws<ShapeException>(() => new BatchNorm1d(2).Forward(Tensor.Ones(4, 3)));
        Assert.Contains("2 channels", channels.Message);
        Assert.Contains("[4, 3] has 3", channels.Message);
    }

    [Fact]
    public void C089_Tracking_switched_off_leaves_the_statistics_alone_and_evaluation_still_uses_them()
    {
        var norm = new BatchNorm1d(2);
        norm.Forward(Input);
        float[] mean = norm.RunningMean!.Value.ToArray<float>();
        norm.TrackRunningStats = false;
        Near([-0.999995f, -0.99999875f, 0.999995f, 0.99999875f], norm.Forward(Input));
        Assert.Equal(mean, norm.RunningMean.Value.ToArray<float>());
        Assert.Equal(1L, norm.NumBatchesTracked!.Value.Item<long>());
        norm.Eval();
        Near([(1 - 0.2f) / MathF.Sqrt(1.1f + 1e-5f), (2 - 0.4f) / MathF.Sqrt(1.7f + 1e-5f)], norm.Forward(Input)[0]);
    }

    [Fact]
    public void C090_Without_a_count_the_momentum_still_applies_and_a_reset_is_in_place()
    {
        var norm = new BatchNorm1d(2) { NumBatchesTracked = null };
        norm.Forward(Input);
        Near([0.2f, 0.4f], norm.RunningMean!);
        Tensor held = norm.RunningVar!.Value;
        norm.ResetRunningStats();
        Near([0f, 0f], norm.RunningMean!);
        Near([1f, 1f], held);
        var counted = new BatchNorm1d(2);
        counted.Forward(Input);
        counted.ResetRunningStats();
        Assert.Equal(0L, counted.NumBatchesTracked!.Value.Item<long>());
    }

    [Fact]
    public void C092_Dropout_in_evaluation_changes_and_draws_nothing_and_scales_in_training()
    {
        Generator generator = new(3), same = new(3);
        var dropout = new Dropout(0.75, generator);
        Tensor x = Tensor.Ones(64);
        Assert.Equal(x.ToArray<float>(), dropout.Eval().Forward(x).ToArray<float>());
        Assert.Equal(same.NextFloat32(), generator.NextFloat32());
        Assert.Equal([0f, 4f], dropout.Train().Forward(x).ToArray<float>().Distinct().Order());
    }

    [Fact]
    public void C093_Every_slot_has_its_key_or_its_tie_and_every_module_its_version()
    {
        var net = new Net();
        StateDict state = net.View();
        // PyTorch writes the shared layer twice; here it stands once, with the second name as a tie.
        Assert.Equal(["linear1.weight", "linear1.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
            "bn.num_batches_tracked", "block.inner.weight"], state.Keys);
        Assert.Equal(["linear2.weight", "linear2.bias"], state.Aliases.Keys);
        Assert.Equal(10, state.Count + state.Aliases.Count);
        Assert.Equal(["", "linear1", "linear2", "bn", "block", "block.inner"], state.Versions.Keys);
        foreach ((string path, Tensor value) in state) Assert.True(value.SameMemory(Value(net, path)), path);
        Assert.Same(state["linear1.weight"], state["linear2.weight"]);
    }

    [Fact]
    public void C097_Versions_are_1_and_that_of_batch_norm_is_2()
    {
        IDictionary<string, int> versions = new Net().View().Versions;
        Assert.Equal((1, 2, 1), (versions[""], versions["bn"], versions["block.inner"]));
    }

    private static Tensor Value(Module module, string path) =>
        module.NamedParameters().Select(p => (p.Key, (Tensor)p.Value)).Concat(module.NamedBuffers().Select(b => (b.Key, (Tensor)b.Value)))
            .Single(v => v.Key == path).Item2;

    private static void Near(float[] expected, Tensor actual) =>
        Assert.Equal(expected, actual.ToArray<float>(), (a, b) => MathF.Abs(a - b) <= 1e-6f + 1e-6f * MathF.Abs(a));

    private sealed partial class Net : Module
    {
        public Net()
        {
            Linear1 = new Linear(5, 5);
            Linear2 = Linear1;
        }

        public Linear Linear1 { get; }

        public Linear Linear2 { get; }

        public BatchNorm2d Bn { get; } = new(2);

        public Block Block { get; } = new();

        public Linear? Empty { get; }
    }

    private sealed partial class Block : Module
    {
        public Linear Inner { get; } = new(2, 3, bias: false);
    }
}
