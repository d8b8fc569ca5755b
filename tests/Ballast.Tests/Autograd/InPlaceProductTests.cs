namespace Ballast.Tests.Gradients;

public sealed class InPlaceProductTests
{
    [Fact]
    public void A_product_in_place_keeps_the_old_value_for_the_other_operands_gradient()
    {
        Tensor x = Tensor.From(new double[] { 1, 2, 3 }).WithGrad();
        Tensor y = Tensor.From(new double[] { 4, 5, 6 }).WithGrad();
        Tensor z = x + 1;
        z.MulInPlace(y);
        z.Sum().Backward();
        Assert.Equal([4.0, 5, 6], x.Grad!.ToArray<double>());
        Assert.Equal([2.0, 3, 4], y.Grad!.ToArray<double>());
    }

    [Fact]
    public void Compound_assignment_writes_into_the_same_storage()
    {
        Tensor x = Tensor.From(new float[] { 1, 2 });
        Tensor alias = x;
        x += 1f;
        x *= Tensor.From(new float[] { 2, 3 });
        Assert.Same(alias, x);
        Assert.Equal([4f, 9], alias.ToArray<float>());
    }

    [Fact]
    public void One_part_of_a_split_gives_zeros_to_the_others()
    {
        Tensor x = Tensor.From(new double[] { 1, 2, 3, 4 }).WithGrad();
        x.Split(2)[1].Square().Sum().Backward();
        Assert.Equal([0.0, 0, 6, 8], x.Grad!.ToArray<double>());
    }
}
