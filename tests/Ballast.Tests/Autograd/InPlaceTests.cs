namespace Ballast.Tests.Gradients;

/// <summary>Writes that would make a gradient wrong are errors; those that would not are recorded.</summary>
public sealed class InPlaceTests
{
    private static Tensor Leaf(params float[] values) => Tensor.From(values).WithGrad();

    [Fact]
    public void A_saved_tensor_changed_in_place_is_an_error_that_names_both_ops()
    {
        Tensor x = Leaf(1, 2), y = x.Exp(), loss = y.Sum();
        using (Autograd.NoGrad()) y.MulInPlace(2);
        string message = Assert.Throws<AutogradException>(() => loss.Backward()).Message;
        Assert.Contains("exp", message);
        Assert.Contains("mul", message);
    }

    [Fact]
    public void A_saved_input_is_guarded_as_well_and_through_any_handle()
    {
        Tensor x = Leaf(1, 2), factor = Tensor.From([3f, 4]), y = (x * factor).Sum();
        factor.Reshape(2, 1).AddInPlace(1);
        string message = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("mul", message);
        Assert.Contains("add", message);
    }

    [Fact]
    public void A_change_of_what_no_rule_needs_is_allowed()
    {
        Tensor x = Leaf(1, 2), other = Tensor.From([3f, 4]), y = (x + other).Sum();
        other.MulInPlace(0);
        y.Backward();
        Assert.Equal([1f, 1], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void In_place_on_a_leaf_is_an_error_outside_NoGrad()
    {
        Tensor x = Leaf(1, 2);
        Assert.Contains("NoGrad", Assert.Throws<AutogradException>(() => x.AddInPlace(1)).Message);
        Assert.Throws<AutogradException>(() => x += 1);
        Assert.Equal([1f, 2], x.ToArray<float>());
        using (Autograd.NoGrad()) x += 1;
        Assert.Equal([2f, 3], x.ToArray<float>());
        Assert.True(x is { IsLeaf: true, RequiresGrad: true });
    }

    [Fact]
    public void In_place_on_a_result_is_recorded()
    {
        Tensor x = Leaf(1, 2), h = x * 3;
        h.AddInPlace(x);
        h *= 2;
        h.Sum().Backward();
        Assert.Equal([8f, 8], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void In_place_of_a_tensor_without_history_takes_that_of_the_operand()
    {
        Tensor x = Leaf(1, 2), sum = Tensor.Zeros(2);
        sum.AddInPlace(x);
        sum += x * x;
        Assert.True(sum.RequiresGrad);
        sum.Sum().Backward();
        Assert.Equal([3f, 5], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void In_place_on_a_view_is_an_error_where_history_would_be_lost()
    {
        Tensor x = Leaf(1, 2, 3), h = x * 2;
        Assert.Contains("view", Assert.Throws<AutogradException>(() => h.Narrow(0, 0, 2).AddInPlace(1)).Message);
        Tensor plain = Tensor.Zeros(3);
        Assert.Contains("view", Assert.Throws<AutogradException>(() => plain.Narrow(0, 0, 2).AddInPlace(x.Narrow(0, 0, 2))).Message);
        plain.Narrow(0, 0, 2).AddInPlace(1);
        Assert.Equal([1f, 1, 0], plain.ToArray<float>());
    }

    [Fact]
    public void A_view_taken_before_a_recorded_write_is_stale()
    {
        Tensor x = Leaf(1, 2, 3), h = x * 2, view = h.Narrow(0, 0, 2);
        h.MulInPlace(5);
        string message = Assert.Throws<AutogradException>(() => view * 2).Message;
        Assert.Contains("mul", message);
        Assert.Contains("take the view again", message);
        h.Narrow(0, 0, 2).Sum().Backward();
        Assert.Equal([10f, 10, 0], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void A_stretched_tensor_cannot_be_written() =>
        Assert.Contains("Clone", Assert.Throws<ShapeException>(() => Tensor.Zeros(1, 3).Expand(2, 3).AddInPlace(1)).Message);

    [Fact]
    public void Leaves_that_got_equal_gradients_do_not_share_them()
    {
        Tensor a = Leaf(1, 2), b = Leaf(3, 4);
        (a + b).Sum().Backward();
        a.Grad!.MulInPlace(100);
        Assert.Equal([1f, 1], b.Grad!.ToArray<float>());
        Assert.Equal([100f, 100], a.Grad!.ToArray<float>());
    }

    [Fact]
    public void A_leaf_used_twice_and_a_gradient_that_was_given_stay_apart()
    {
        Tensor a = Leaf(1, 2), seed = Tensor.From([5f, 6]);
        (a + a).Backward(seed);
        Assert.Equal([10f, 12], a.Grad!.ToArray<float>());
        Tensor b = Leaf(1, 2), c = Leaf(0, 0);
        (b.Reshape(1, 2).Reshape(2) + c).Backward(seed);
        b.Grad!.FillInPlace(0);
        Assert.Equal([5f, 6], seed.ToArray<float>());
        Assert.Equal([5f, 6], c.Grad!.ToArray<float>());
    }

    [Fact]
    public void The_gradient_of_a_stretched_or_transposed_leaf_is_dense_memory_of_its_own()
    {
        Tensor a = Leaf(1, 2), m = Tensor.Ones(2, 3).WithGrad();
        a.Expand(3, 2).Sum().Backward();
        Assert.Equal([3f, 3], a.Grad!.ToArray<float>());
        m.T.Sum().Backward();
        Assert.True(m.Grad!.IsContiguous);
        m.Grad!.AddInPlace(1);
        Assert.Equal([2f, 2, 2, 2, 2, 2], m.Grad!.ToArray<float>());
    }

    [Fact]
    public void Editing_a_gradient_does_not_reach_a_captured_one()
    {
        Tensor x = Leaf(1, 2), h = x + 0, y = h + 0;
        Tensor?[] grads = Autograd.Grad([y], [x, h], [Tensor.Ones(2)]);
        grads[0]!.FillInPlace(7);
        Assert.Equal([1f, 1], grads[1]!.ToArray<float>());
    }
}
