using Ballast.Lab.Attention;
using Ballast.Lab.Dispatch;
using Ballast.Lab.Fork;
using Ballast.Lab.Products;
using Ballast.Lab.Rows;
using Ballast.Lab.Stream;

namespace Ballast.Lab;

/// <summary>All laboratories; a new one is a line here.</summary>
internal static class Laboratories
{
    /// <summary>In the order of <c>--list</c>.</summary>
    public static IReadOnlyList<ILaboratory> All { get; } =
    [
        new StreamLaboratory(),
        new FmaLaboratory(),
        new ForkLaboratory(),
        new AttentionLaboratory(),
        new DispatchLaboratory(),
        new GemvLaboratory(),
        new GemmLaboratory(),
        new PrefillLaboratory(),
        new EpilogueLaboratory(),
        .. RowLaboratory.All,
    ];
}
