namespace Ballast.Tests.Gradients;

/// <summary>What a backward pass adds up, what it frees, and how scopes switch recording.</summary>
public sealed class GraphTests
{
    private static Tensor Leaf(params float[] values) => Tensor.From(values).WithGrad();

    private static float[] GradOf(Tensor leaf) => leaf.Grad!.ToArray<float>();

    [Fact]
    public void Two_backward_passes_add_up()
    {
        Tensor x = Leaf(1, 2, 3);
        x.Square().Sum().Backward();
        Assert.Equal([2f, 4, 6], GradOf(x));
        (x * 10).Sum().Backward();
        Assert.Equal([12f, 14, 16], GradOf(x));
        x.Grad = null;
        x.Sum().Backward();
        Assert.Equal([1f, 1, 1], GradOf(x));
    }

    [Fact]
    public void NoGrad_records_nothing_and_EnableGrad_inside_it_records_again()
    {
        Tensor x = Leaf(2);
        using (Autograd.NoGrad())
        {
            Assert.False(Autograd.Enabled);
            Assert.False((x * 3).RequiresGrad);
            using (Autograd.EnableGrad())
            {
                Assert.True(Autograd.Enabled);
                (x * 5).Backward();
            }
            Assert.False(Autograd.Enabled);
            using (Autograd.NoGrad()) Assert.False((x * 3).RequiresGrad);
            Assert.False(Autograd.Enabled);
        }
        Assert.True(Autograd.Enabled);
        Assert.True((x * 3).RequiresGrad);
        Assert.Equal([5f], GradOf(x));
    }

    [Fact]
    public void NoGrad_holds_on_its_own_thread_only()
    {
        bool other = false;
        using (Autograd.NoGrad())
        {
            var thread = new Thread(() => other = Autograd.Enabled);
            thread.Start();
            thread.Join();
        }
        Assert.True(other);
    }

    [Fact]
    public void A_result_of_NoGrad_has_no_history_to_go_back_through()
    {
        Tensor y;
        using (Autograd.NoGrad()) y = Leaf(1) * 2;
        Assert.Contains("no history", Assert.Throws<AutogradException>(() => y.Backward()).Message);
        Assert.Contains("no history", Assert.Throws<AutogradException>(() => Tensor.Ones(1).Backward()).Message);
    }

    [Fact]
    public void Detach_stops_the_gradient_and_shares_the_values()
    {
        Tensor x = Leaf(3), y = x * 2, cut = y.Detach();
        Assert.False(cut.RequiresGrad);
        Assert.True(cut.IsLeaf);
        (y * cut).Backward();
        Assert.Equal([12f], GradOf(x));
        cut.FillInPlace(9);
        Assert.Equal([9f], y.ToArray<float>());
    }

    [Fact]
    public void A_second_backward_needs_retainGraph()
    {
        Tensor x = Leaf(3), y = x.Square();
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.Equal([12f], GradOf(x));
        string message = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("square", message);
        Assert.Contains("retainGraph", message);
    }

    [Fact]
    public void A_tensor_that_is_no_single_element_needs_a_gradient_of_its_shape()
    {
        Tensor x = Leaf(1, 2, 3), y = x * x;
        Assert.Contains("[3]", Assert.Throws<AutogradException>(() => y.Backward()).Message);
        Assert.Throws<ShapeException>(() => y.Backward(Tensor.Ones(2)));
        y.Backward(Tensor.From([1f, 10, 100]));
        Assert.Equal([2f, 40, 600], GradOf(x));
        Tensor one = Tensor.From([2f], [1, 1]).WithGrad();
        (one * 3).Backward();
        Assert.Equal([3f], GradOf(one));
    }

    [Fact]
    public void Grad_gives_gradients_of_leaves_and_of_results_and_touches_no_leaf()
    {
        Tensor x = Leaf(2), w = Leaf(5), unused = Leaf(1), h = x * w, y = h.Square() + x;
        Tensor?[] grads = Autograd.Grad([y], [x, w, h, unused]);
        Assert.Equal(101, grads[0]!.Item());
        Assert.Equal(40, grads[1]!.Item());
        Assert.Equal(20, grads[2]!.Item());
        Assert.Null(grads[3]);
        Assert.Null(x.Grad);
        Assert.Throws<AutogradException>(() => Autograd.Grad([y], [Tensor.Ones(1)]));
    }

    [Fact]
    public void Grad_of_several_outputs_weighs_them_by_what_is_given()
    {
        Tensor x = Leaf(1, 2), a = x * 2, b = x.Square().Sum();
        Tensor? grad = Autograd.Grad([a, b], [x], [Tensor.From([10f, 100]), null])[0];
        Assert.Equal([22f, 204], grad!.ToArray<float>());
    }

    [Fact]
    public void Diamonds_add_both_ways_round()
    {
        Tensor x = Leaf(2), a = x * 3, b = x.Square(), c = a * b, d = c + a;
        d.Backward();
        // d = 3x³ + 3x
        Assert.Equal([39f], GradOf(x));
    }

    [Fact]
    public void A_gradient_that_reaches_a_node_on_many_paths_goes_on_once()
    {
        Tensor x = Leaf(1), y = x;
        for (int i = 0; i < 60; i++) y = y + y; // 2^60 paths
        y.Backward();
        Assert.Equal([MathF.Pow(2, 60)], GradOf(x));
    }

    [Fact]
    public void A_chain_of_twenty_thousand_steps_needs_no_stack()
    {
        Tensor x = Leaf(1), y = x;
        for (int i = 0; i < 20_000; i++) y = y + 1;
        var thread = new Thread(() => y.Backward(), 128 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal([1f], GradOf(x));
    }

    [Fact]
    public void Threads_go_through_their_own_graphs_at_the_same_time()
    {
        Tensor shared = Tensor.From([1f, 2, 3]);
        float[][] results = new float[8][];
        Parallel.For(0, results.Length, i =>
        {
            Tensor x = (shared * (i + 1)).Detach().WithGrad();
            for (int step = 0; step < 50; step++)
            {
                Tensor y = x;
                for (int k = 0; k < 10; k++) y = y * 2 - x;
                y.Sum().Backward();
            }
            results[i] = x.Grad!.ToArray<float>();
        });
        // y = 2y − x ten times over, from y = x, leaves y = x.
        Assert.All(results, r => Assert.Equal([50f, 50, 50], r));
    }

    [Fact]
    public void Only_floating_leaves_may_ask_for_a_gradient()
    {
        Assert.Contains("int64", Assert.Throws<AutogradException>(() => Tensor.Arange(3).RequiresGrad = true).Message);
        Tensor y = Leaf(1) * 2;
        Assert.Contains("Detach", Assert.Throws<AutogradException>(() => y.RequiresGrad = false).Message);
        Assert.Equal("mul", y.GradientOp);
        Assert.Null(Leaf(1).GradientOp);
    }

    [Fact]
    public void Gradients_have_the_leafs_dtype_and_shape_whatever_was_promoted_or_stretched()
    {
        Tensor half = Tensor.Ones([1, 3], DType.BFloat16).WithGrad(), wide = Tensor.Ones([2, 1], DType.Float64).WithGrad();
        (half * wide).Sum().Backward();
        Assert.Equal(DType.BFloat16, half.Grad!.DType);
        Assert.Equal<Shape>([1, 3], half.Grad!.Shape);
        Assert.Equal([2f, 2, 2], half.Grad!.ToFloat().ToArray<float>());
        Assert.Equal([3.0, 3], wide.Grad!.ToArray<double>());
    }

    [Fact]
    public void A_backward_pass_frees_what_was_saved()
    {
        Tensor x = Leaf(1, 2, 3);
        (Tensor y, WeakReference saved) = Forward(x);
        Collect();
        Assert.True(saved.IsAlive);
        y.Backward();
        Collect();
        Assert.False(saved.IsAlive);
        GC.KeepAlive(y);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (Tensor, WeakReference) Forward(Tensor x)
        {
            Tensor h = x * 2;
            return (h.Square().Sum(), new WeakReference(h.Storage));
        }

        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
    }
}
