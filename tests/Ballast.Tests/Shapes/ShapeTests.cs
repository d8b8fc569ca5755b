namespace Ballast.Tests.Shapes;

public sealed class ShapeTests
{
    [Fact]
    public void Axes_count_from_both_ends()
    {
        Shape shape = [2, 3, 4];
        Assert.Equal(4, shape[-1]);
        Assert.Equal(4, shape[^1]);
        Assert.Equal([3, 4], shape[1..].ToArray());
        Assert.Equal(24, shape.Elements);
        (int a, int b, int c) = shape;
        Assert.Equal((2, 3, 4), (a, b, c));
    }

    [Fact]
    public void A_shape_without_axes_has_one_element()
    {
        Assert.Equal(1, Shape.Scalar.Elements);
        Assert.Equal(0, Shape.Scalar.Rank);
        Assert.Equal("[]", Shape.Scalar.ToString());
        Assert.Equal(Shape.Scalar, default);
    }

    [Fact]
    public void Equal_axes_make_equal_shapes()
    {
        Shape a = [2, 0, 3], b = new int[] { 2, 0, 3 };
        Assert.True(a == b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.True(a != [2, 0]);
        Assert.Equal("[2, 0, 3]", a.ToString());
    }

    [Fact]
    public void Wrong_shapes_are_refused_with_the_numbers_given()
    {
        Assert.Contains("negative axis", Assert.Throws<ShapeException>(() => Shape.Create(2, -3)).Message, StringComparison.Ordinal);
        Assert.Contains("at most 8", Assert.Throws<ShapeException>(() => Shape.Create(1, 1, 1, 1, 1, 1, 1, 1, 1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("too many elements",
            Assert.Throws<ShapeException>(() => Shape.Create(int.MaxValue, int.MaxValue, int.MaxValue)).Message, StringComparison.Ordinal);
        Shape shape = [2, 3, 4];
        Assert.Contains("axis 3 is outside shape [2, 3, 4]", Assert.Throws<ShapeException>(() => shape[3]).Message,
            StringComparison.Ordinal);
        Assert.Contains("expects 2", Assert.Throws<ShapeException>(() => { (int _, int _) = shape; }).Message, StringComparison.Ordinal);
    }
}
