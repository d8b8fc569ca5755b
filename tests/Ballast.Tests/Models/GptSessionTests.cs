using Ballast.Models;

namespace Ballast.Tests.Models;

/// <summary>A session's logits against the full forward pass, and what it refuses.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class GptSessionTests
{
    private const int Block = 16, Vocabulary = 65;
    private static readonly int[] _text = [.. Enumerable.Range(0, Block).Select(i => (i * 29 + 7) % Vocabulary)];

    [Theory]
    [InlineData(PositionKind.Sinusoidal, DType.Float32, 1, 1e-5)]
    [InlineData(PositionKind.Learned, DType.Float32, 5, 1e-5)]
    [InlineData(PositionKind.Learned, DType.Float64, 4, 1e-12)]
    [InlineData(PositionKind.Sinusoidal, DType.BFloat16, 3, 0.05)]
    [InlineData(PositionKind.Learned, DType.Float16, 3, 0.01)]
    public void Every_position_has_the_logits_of_the_full_forward(PositionKind positions, DType dtype, int prompt, double bound)
    {
        Gpt model = Model(positions).To(dtype);
        Tensor whole = Whole(model, _text);
        using GptSession session = model.StartSession();
        Near(whole, prompt - 1, session.Prefill(_text.AsSpan(0, prompt)), bound);
        for (int i = prompt; i < Block; i++)
        {
            Near(whole, i, session.Step(_text[i]), bound);
            Assert.Equal(i + 1, session.Length);
        }
        Assert.Equal(dtype, session.Logits.DType);
    }

    [Theory]
    [InlineData(1, 15)]
    [InlineData(5, 11)]
    [InlineData(8, 8)]
    [InlineData(6, 5, 1, 4)]
    public void A_prompt_may_come_in_parts(params int[] parts)
    {
        Gpt model = Model();
        Tensor whole = Whole(model, _text);
        using GptSession session = model.StartSession();
        int at = 0;
        foreach (int part in parts)
        {
            Tensor logits = session.Prefill(_text.AsSpan(at, part));
            at += part;
            Near(whole, at - 1, logits);
        }
    }

    [Fact]
    public void After_Truncate_and_Reset_the_text_goes_on_differently()
    {
        Gpt model = Model();
        using GptSession session = model.StartSession();
        session.Prefill(_text.AsSpan(0, 9));
        session.Step(3);
        session.Truncate(5);
        int[] other = [.. _text[..5], 40, 41, 42];
        Tensor whole = Whole(model, other);
        for (int i = 5; i < other.Length; i++) Near(whole, i, session.Step(other[i]));
        session.Truncate(6);
        Near(whole, 7, session.Prefill(41, 42));
        session.Reset();
        Assert.Equal(0, session.Length);
        Near(whole, 0, session.Step(other[0]));
        Near(whole, 7, session.Prefill(other.AsSpan(1)));
    }

    [Theory]
    [InlineData(DType.Float32, 1e-5)]
    [InlineData(DType.BFloat16, 0.05)]
    public void Texts_side_by_side_are_what_each_is_alone(DType dtype, double bound)
    {
        Gpt model = Model(PositionKind.Learned).To(dtype);
        int[][] texts = [_text, [.. _text.Reverse()], [.. _text.Select(t => (t + 11) % Vocabulary)]];
        Tensor tokens = Tensor.From([.. texts.SelectMany(t => t).Select(t => (long)t)], [3, Block]), whole = Whole(model, tokens);
        using GptSession session = model.StartSession(batch: 3);
        Compare(whole.Select(1, 5), session.Prefill(tokens.Narrow(1, 0, 6)), bound);
        for (int i = 6; i < Block; i++) Compare(whole.Select(1, i), session.Step(tokens.Select(1, i)), bound);
        Assert.Contains("3 texts", Assert.Throws<InvalidOperationException>(() => session.Step(1)).Message);
        Assert.Contains("3 texts", Assert.Throws<InvalidOperationException>(() => session.Prefill(1, 2)).Message);
        Assert.Throws<ShapeException>(() => session.Step(Tensor.From<long>([1], [1])));
        Assert.Throws<ShapeException>(() => session.Prefill(tokens.Narrow(0, 0, 2)));
    }

    [Fact]
    public void A_full_session_says_so_and_stays_as_it_was()
    {
        Gpt model = Model();
        using GptSession session = model.StartSession(capacity: 6);
        Assert.Contains("cannot take 7 more", Assert.Throws<InvalidOperationException>(() => session.Prefill(_text.AsSpan(0, 7))).Message);
        session.Prefill(_text.AsSpan(0, 5));
        Assert.Contains("holds 5 and cannot take 2", Assert.Throws<InvalidOperationException>(() => session.Prefill(1, 2)).Message);
        session.Step(_text[5]);
        string message = Assert.Throws<InvalidOperationException>(() => session.Step(1)).Message;
        Assert.Contains("holds 6 and cannot take 1", message);
        Assert.Contains("Truncate(n)", message);
        Assert.Equal(6, session.Length);
        session.Truncate(5);
        Near(Whole(model, _text[..6]), 5, session.Step(_text[5]));
    }

    [Fact]
    public void A_model_that_was_moved_or_cast_needs_a_new_session()
    {
        Gpt model = Model();
        using GptSession session = model.StartSession();
        session.Prefill(1, 2, 3);
        model.To(DType.Float64);
        string message = Assert.Throws<InvalidOperationException>(() => session.Step(1)).Message;
        Assert.Contains("started with the model in float32 on cpu", message);
        Assert.Contains("start a new session", message);
        Assert.Throws<InvalidOperationException>(() => session.Prefill(1));
        model.To(DType.Float32);
        Near(Whole(model, [1, 2, 3, 4]), 3, session.Step(4));
    }

    [Fact]
    public void Weights_that_change_in_place_are_used_after_a_reset()
    {
        Gpt model = Model();
        using GptSession session = model.StartSession();
        session.Prefill(1, 2, 3);
        using (Autograd.NoGrad()) foreach (Parameter p in model.Parameters()) p.Value.MulInPlace(1.1);
        session.Reset();
        session.Prefill(1, 2);
        Near(Whole(model, [1, 2, 3]), 2, session.Step(3));
    }

    [Fact]
    public void Training_with_dropout_is_refused_and_without_it_is_not()
    {
        var dropping = new Gpt(GoldenGpt.Config with { Dropout = 0.1 }, new Generator(1));
        Assert.Contains("call Eval() first", Assert.Throws<InvalidOperationException>(() => dropping.StartSession()).Message);
        using (GptSession session = dropping.Eval().StartSession())
        {
            session.Prefill(1, 2);
            dropping.Train();
            Assert.Contains("call Eval() first", Assert.Throws<InvalidOperationException>(() => session.Step(1)).Message);
        }
        using GptSession training = new Gpt(GoldenGpt.Config, new Generator(1)).StartSession();
        Assert.False(training.Prefill(1, 2).RequiresGrad);
    }

    [Fact]
    public void Wrong_tokens_and_sizes_are_named()
    {
        Gpt model = Model();
        using GptSession session = model.StartSession();
        Assert.Contains("65 is no token", Assert.Throws<ShapeException>(() => session.Step(65)).Message);
        Assert.Contains("at least 1", Assert.Throws<ShapeException>(() => session.Prefill()).Message);
        Assert.Throws<ShapeException>(() => session.Prefill(1, 99));
        Assert.Equal(0, session.Length);
        Near(Whole(model, [1, 2]), 1, session.Prefill(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.StartSession(17));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.StartSession(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.StartSession(batch: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Truncate(3));
        using (Device.Meta.AsDefault())
            Assert.Contains("on meta", Assert.Throws<InvalidOperationException>(() => new Gpt(GoldenGpt.Config).StartSession()).Message);
    }

    [Fact]
    public void The_cache_is_state_of_the_session_alone()
    {
        Gpt model = Model();
        string[] before = [.. model.Snapshot().Keys];
        GptSession session = model.StartSession();
        session.Prefill(1, 2);
        Assert.Equal(before, model.Snapshot().Keys);
        Assert.Equal(2L * 2 * Block * 32 * sizeof(float), session.CacheBytes);
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Step(1));
        using GptSession a = model.StartSession(), b = model.StartSession();
        a.Prefill(1, 2, 3);
        b.Prefill(9);
        Near(Whole(model, [1, 2, 3, 4]), 3, a.Step(4));
        Near(Whole(model, [9, 8]), 1, b.Step(8));
    }

    [Theory]
    [InlineData(DType.Float32, PositionKind.Learned)]
    [InlineData(DType.Float32, PositionKind.Sinusoidal)]
    [InlineData(DType.BFloat16, PositionKind.Learned)]
    [InlineData(DType.Float16, PositionKind.Sinusoidal)]
    public void A_step_makes_no_managed_object(DType dtype, PositionKind positions)
    {
        using GptSession session = Model(positions).To(dtype).StartSession();
        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                if (session.Length == Block) session.Truncate(3);
                session.Step(i % Vocabulary);
            }
        }
        // Code that is not optimised yet boxes; the runtime optimises what has run often, a while later.
        long bytes = -1;
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); bytes != 0 && watch.ElapsedMilliseconds < 20_000; Thread.Sleep(20))
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(200);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void A_session_that_starts_inside_a_tensor_scope_outlives_it()
    {
        Gpt model = Model();
        GptSession session;
        using (TensorScope.Begin())
        {
            session = model.StartSession();
            session.Prefill(1, 2);
        }
        Near(Whole(model, [1, 2, 3]), 2, session.Step(3));
        session.Dispose();
    }

    [Fact]
    public void A_layer_with_a_cache_attends_as_over_the_whole_input_and_refuses_gradients()
    {
        var layer = new CausalSelfAttention(12, 3, generator: new Generator(2));
        Tensor input = Tensor.Empty([2, 9, 12]).NormalInPlace(0, 1, new Generator(3));
        using KeyValueCache cache = layer.StartCache(9, batch: 2);
        Assert.Contains("NoGrad()", Assert.Throws<AutogradException>(() => layer.Forward(input, cache)).Message);
        Assert.Equal(0, cache.Length);
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor whole = layer.Forward(input);
        Compare(whole.Narrow(1, 0, 4), layer.Forward(input.Narrow(1, 0, 4), cache), 1e-5);
        Compare(whole.Narrow(1, 4, 1), layer.Forward(input.Narrow(1, 4, 1), cache), 1e-5);
        Compare(whole.Narrow(1, 5, 4), layer.Forward(input.Narrow(1, 5, 4), cache), 1e-5);
        Assert.Throws<InvalidOperationException>(() => layer.Forward(input.Narrow(1, 0, 1), cache));
        Assert.Throws<ShapeException>(() => cache.Append(Tensor.Zeros(2, 3, 0, 5), Tensor.Zeros(2, 3, 0, 5)));
    }

    [Fact]
    public void Learned_positions_have_their_own_name_and_GPT2_its_size()
    {
        Gpt model = Model(PositionKind.Learned);
        Assert.Null(model.Positions);
        Assert.Equal([Block, 32], model.GetParameter("position_embedding.weight").Shape);
        Assert.Empty(model.NamedBuffers());
        Gpt whole;
        using (Device.Meta.AsDefault()) whole = new Gpt(GptConfig.Gpt2);
        Assert.Equal(124_439_808, whole.Parameters().Sum(p => p.Shape.Elements));
        Assert.Contains("Positions is 7", Assert.Throws<ArgumentException>(() => Model((PositionKind)7)).Message);
    }

    private static Gpt Model(PositionKind positions = PositionKind.Sinusoidal) =>
        new Gpt(GoldenGpt.Config with { Positions = positions }, new Generator(4)).Eval();

    private static Tensor Whole(Gpt model, int[] tokens) =>
        Whole(model, Tensor.From([.. tokens.Select(t => (long)t)], [1, tokens.Length]));

    private static Tensor Whole(Gpt model, Tensor tokens)
    {
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        return model.Forward(tokens);
    }

    private static void Near(Tensor whole, int position, Tensor logits, double bound = 1e-5) =>
        Compare(whole.Select(1, position), logits, bound);

    private static void Compare(Tensor expected, Tensor actual, double bound)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double difference = (expected.To(DType.Float64) - actual.To(DType.Float64)).Abs().Max().Item<double>();
        Assert.InRange(difference, 0, bound);
    }
}
