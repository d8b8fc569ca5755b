namespace Ballast.Tests.Modules;

/// <summary>What buffers declare about themselves, and that casts keep to it.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void A_cast_of_the_module_follows_keeps_or_stops_as_each_buffer_declares()
    {
        var module = new Rules();
        module.To(DType.BFloat16);
        Assert.Equal(DType.BFloat16, module.Follows.DType);
        Assert.Equal(DType.Float32, module.Keeps.DType);
        Assert.Equal(DType.Float64, module.Fixed.DType);
        Assert.Equal(DType.Float32, module.Least.DType);
        Assert.Equal(DType.Float32, module.Mean.DType);
        Assert.Equal(DType.Int64, module.Count.DType);
        module.To(DType.Float64);
        Assert.Equal(DType.Float64, module.Least.DType);
        Assert.Equal(DType.Float64, module.Mean.DType);
        Assert.Equal(DType.Float32, module.Keeps.DType);
        module.To(DType.BFloat16);
        Assert.Equal(DType.Float32, module.Mean.DType);
        module.To(DType.Float16, new MoveOptions { CastKept = true });
        Assert.Equal(DType.Float16, module.Keeps.DType);
        Assert.Equal(DType.Float16, module.Mean.DType);
        Assert.Equal(DType.Int64, module.Count.DType);
    }

    [Fact]
    public void The_state_table_shows_every_rule_that_is_not_the_default()
    {
        string text = new Rules().ToString();
        Assert.Contains("keeps its dtype", text);
        Assert.Contains("always float64", text);
        Assert.Contains("float32 at least, averaged, replicas: sum", text);
        Assert.Contains("RunningStat", text);
        Assert.Contains("replicas: mean", text);
        Assert.Contains("kept by averages, replicas: local, optional", text);
        Assert.Contains("on cpu", text);
    }

    [Fact]
    public void A_cast_that_destroys_is_refused_with_the_key_named_unless_asked_for()
    {
        var module = new Rules();
        _ = module.Buffers().Count();
        Assert.Contains("Rules.follows", Assert.Throws<DTypeException>(() => module.Follows.Cast(DType.Int64)).Message);
        Assert.Contains("Rules.mean is float32 at least", Assert.Throws<DTypeException>(() => module.Mean.Cast(DType.BFloat16)).Message);
        Assert.Contains("Rules.fixed is always float64", Assert.Throws<DTypeException>(() => module.Fixed.Cast(DType.Float32)).Message);
        Assert.Contains("Rules.keeps keeps its dtype", Assert.Throws<DTypeException>(() => module.Keeps.Cast(DType.Float16)).Message);
        Assert.Contains("Rules.count", Assert.Throws<DTypeException>(() => module.Count.Assign(Tensor.From(1.9f))).Message);
        Assert.Contains("Rules.mean", Assert.Throws<DTypeException>(() => module.Mean.Replace(Tensor.Ones([2], DType.Float16))).Message);
        module.Count.Assign(Tensor.From(1.9f), lossy: true);
        Assert.Equal(1, module.Count.Value.Item<long>());
        module.Mean.Cast(DType.BFloat16, lossy: true);
        Assert.Equal(DType.BFloat16, module.Mean.DType);
        module.Follows.Cast(DType.Int64, lossy: true);
        Assert.Equal(DType.Int64, module.Follows.DType);
    }

    [Fact]
    public void A_policy_that_the_first_value_does_not_fit_widens_it_or_is_refused()
    {
        Assert.Equal(DType.Float64, new Buffer(Tensor.Ones(1)) { DTypePolicy = DTypePolicy.Fixed(DType.Float64) }.DType);
        Assert.Throws<DTypeException>(() => new Buffer(Tensor.Ones(1)) { DTypePolicy = DTypePolicy.Fixed(DType.BFloat16) });
        Assert.Throws<DTypeException>(() => new Buffer(Tensor.Ones(1)) { DTypePolicy = DTypePolicy.Fixed(DType.Int32) });
        Assert.Throws<DTypeException>(() => DTypePolicy.AtLeast(DType.Int64));
        Assert.Throws<DTypeException>(() => new RunningStat(Tensor.From(1L)));
        Assert.Equal(DType.Float32, new RunningStat(Tensor.Ones([1], DType.Float16)).DType);
    }

    [Fact]
    public void A_running_statistic_takes_its_share_in_place()
    {
        var stat = new RunningStat(Tensor.Zeros(2));
        Tensor before = stat.Value;
        stat.Update(Tensor.From([2f, 4f]).To(DType.BFloat16), 0.25);
        Assert.Same(before, stat.Value);
        Assert.Equal([0.5f, 1f], stat.Value.ToArray<float>());
        Assert.Equal((AverageRule.Copy, ReplicaRule.Mean, true), (stat.Averaging, stat.Replicas, stat.Persistent));
    }

    [Fact]
    public void A_derived_buffer_for_a_length_is_computed_anew_when_more_is_needed()
    {
        int runs = 0;
        Buffer table = Buffer.DerivedFor(4, (device, n) =>
        {
            runs++;
            return Tensor.Arange(n, device: device).To(DType.Float32);
        });
        Assert.Equal(0, runs);
        Assert.Equal([4], table.Cover(3).Shape);
        Assert.Equal([4], table.Cover(4).Shape);
        Assert.Equal(1, runs);
        Assert.True(table.Cover(5).Shape[0] >= 5);
        Assert.Equal(table.Length, table.Shape[0]);
        Assert.Equal(2, runs);
        Assert.Throws<InvalidOperationException>(() => new Buffer(Tensor.Ones(1)).Cover(2));
    }

    [Fact]
    public void F6_A_rotary_table_stays_float32_under_a_half_cast_and_grows()
    {
        var holder = new Tables().To(DType.BFloat16);
        Assert.Equal(DType.Float32, holder.Rotary.DType);
        Assert.Equal(DType.BFloat16, holder.Positions.DType);
        Assert.Equal(DType.Bool, holder.Mask.DType);
        Tensor x = Tensor.RandN([1, 2, 9, 4], generator: new Generator(1));
        Tensor all = holder.Rotary.Apply(x);
        Assert.True(holder.Rotary.Length >= 9);
        Tensor late = holder.Rotary.Apply(x.Narrow(2, 5, 4), position: 5);
        Assert.Equal(all.Narrow(2, 5, 4).ToArray<float>(), late.ToArray<float>());
        Assert.Equal(DType.BFloat16, holder.Rotary.Apply(x.To(DType.BFloat16)).DType);
        Assert.Empty(holder.Snapshot());
        Assert.Throws<ShapeException>(() => holder.Rotary.Apply(Tensor.Ones(2, 3)));
    }

    [Fact]
    public void Rotary_positions_turn_pairs_by_the_angle_of_their_position()
    {
        foreach (bool interleaved in new[] { false, true })
        {
            var table = new RotaryTable(4, 8, interleaved: interleaved);
            float[] x = [1, 2, 3, 4, 5, 6, 7, 8];
            float[] y = table.Apply(Tensor.From(x, [2, 4])).ToArray<float>();
            for (int p = 0; p < 2; p++)
            {
                for (int i = 0; i < 2; i++)
                {
                    double angle = p * Math.Pow(10000, -2.0 * i / 4);
                    int a = p * 4 + (interleaved ? 2 * i : i), b = p * 4 + (interleaved ? 2 * i + 1 : i + 2);
                    Assert.Equal(x[a] * Math.Cos(angle) - x[b] * Math.Sin(angle), y[a], 1e-5);
                    Assert.Equal(x[b] * Math.Cos(angle) + x[a] * Math.Sin(angle), y[b], 1e-5);
                }
            }
        }
        Tensor q = Tensor.RandN([3, 4], generator: new Generator(2));
        Assert.Equal(q.Square().Sum().Item(), new RotaryTable(4, 3).Apply(q).Square().Sum().Item(), 1e-4);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RotaryTable(3, 4));
    }

    [Fact]
    public void A_causal_mask_hides_what_lies_ahead_also_behind_cached_keys()
    {
        var mask = new CausalMask(2);
        Assert.Equal([false, true, true, false, false, true, false, false, false], mask.For(3).ToArray<bool>());
        Assert.Equal([false, false, true, false, false, false], mask.For(2, 3).ToArray<bool>());
        Assert.Throws<ArgumentOutOfRangeException>(() => mask.For(3, 2));
    }

    [Fact]
    public void Alibi_slopes_are_those_of_the_paper()
    {
        Assert.Equal([0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f, 0.015625f, 0.0078125f, 0.00390625f],
            new AlibiSlopes(8).Value.ToArray<float>());
        Assert.Equal([0.0625f, 0.00390625f, 0.25f], new AlibiSlopes(3).Value.ToArray<float>());
        Tensor bias = new AlibiSlopes(1).Bias(2, 3);
        Assert.Equal([1, 2, 3], bias.Shape);
        float slope = new AlibiSlopes(1).Value.Item();
        Assert.Equal([-slope, 0f, slope, -2 * slope, -slope, 0f], bias.ToArray<float>());
    }

    [Fact]
    public void Tables_come_to_life_after_a_meta_start()
    {
        Tables tables;
        using (Device.Meta.AsDefault()) tables = new Tables();
        Assert.True(tables.Rotary.Value.Device.IsMeta);
        tables.ToEmpty(Device.Cpu);
        Assert.Equal(RotaryTable.Table(4, 4).ToArray<float>(), tables.Rotary.Value.ToArray<float>());
        Assert.Equal(SinusoidalPositions.Table(4, 6).ToArray<float>(), tables.Positions.Value.ToArray<float>());
        Assert.Equal([false, true, false, false], tables.Mask.For(2).ToArray<bool>());
        Assert.Contains("for length 4", tables.ToString());
    }
}

/// <summary>One buffer for each rule.</summary>
internal sealed partial class Rules : Module
{
    public Buffer Follows { get; } = new(Tensor.Ones(2));

    public Buffer Keeps { get; } = new(Tensor.Ones(2), keepDType: true);

    public Buffer Fixed { get; } = new(Tensor.Ones(2)) { DTypePolicy = DTypePolicy.Fixed(DType.Float64) };

    public Buffer Least { get; } = new(Tensor.Ones(2))
    {
        DTypePolicy = DTypePolicy.AtLeast(DType.Float32),
        Averaging = AverageRule.Average,
        Replicas = ReplicaRule.Sum,
    };

    public RunningStat Mean { get; } = new(Tensor.Zeros(2));

    public Buffer Count { get; } = new(Tensor.From(0L)) { Averaging = AverageRule.Keep, Replicas = ReplicaRule.Local, Optional = true };
}

/// <summary>The ready-made derived tables.</summary>
internal sealed partial class Tables : Module
{
    public RotaryTable Rotary { get; } = new(4, 4);

    public SinusoidalPositions Positions { get; } = new(4, 6);

    public CausalMask Mask { get; } = new(4);

    public AlibiSlopes Slopes { get; } = new(2);
}
