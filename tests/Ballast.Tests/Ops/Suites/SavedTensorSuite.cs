namespace Ballast.Tests.OpTables;

/// <summary>What a rule has not declared it cannot read.</summary>
public sealed class SavedTensorSuite
{
    private readonly record struct UndeclaredOp(bool Output) : IOp<UndeclaredOp>
    {
        public static OpTraits Traits { get; } = new("undeclared");

        public void Infer(ReadOnlySpan<Tensor> inputs, Span<TensorSpec> outputs) => outputs[0] = new(inputs[0].Shape, inputs[0].DType);

        public Saves SavedFor(int input) => Saves.None;

        public void Vjp(ref VjpContext c) => c.Set(0, Output ? c.Output(0) : c.Input(0));
    }

    [Theory]
    [InlineData(false, "reads input 0")]
    [InlineData(true, "reads output 0")]
    public void Reading_an_undeclared_tensor_throws(bool output, string text)
    {
        Tensor x = Tensor.Zeros([2], device: Device.Meta).WithGrad();
        Tensor y = Op.Run(new UndeclaredOp(output), x);
        var error = Assert.Throws<AutogradException>(() => y.Backward(Tensor.Zeros([2], device: Device.Meta)));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_tensor_changed_in_place_names_both_ops()
    {
        Tensor x = Tensor.From([1f, 2f]).WithGrad();
        Tensor y = x.Exp();
        using (Autograd.NoGrad()) y.AddInPlace(1);
        var error = Assert.Throws<AutogradException>(() => y.Backward(Tensor.Ones(2)));
        Assert.Contains("exp saved", error.Message, StringComparison.Ordinal);
        Assert.Contains("changed in place by add", error.Message, StringComparison.Ordinal);
    }
}
