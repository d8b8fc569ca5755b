using Ballast.Generators.Support;

namespace Ballast.Generators.Kernels;

/// <summary>One row of the kernel table; both types are written fully qualified. Immutable, compared by value, strings only.</summary>
internal sealed record KernelModel(string Op, string Kernel);

/// <summary>What one class implements, and where a diagnostic about it would point.</summary>
/// <param name="Kernels">The rows of the class, one per op.</param>
/// <param name="Obstacle">Why the table cannot create the class, or null where it can.</param>
/// <param name="Place">The identifier of the class.</param>
internal sealed record KernelResult(EquatableArray<KernelModel> Kernels, DiagnosticInfo? Obstacle, LocationInfo? Place);
