namespace Ballast;

/// <content>LogicalNot.</content>
public sealed partial class Tensor
{
    /// <summary>True where x is zero, elementwise.</summary>
    /// <remarks>Shape: [*] → [*], to bool.</remarks>
    public Tensor LogicalNot() => Eq(0);

    /// <summary>True where x is zero, elementwise.</summary>
    public static Tensor operator !(Tensor x) => x.LogicalNot();
}
