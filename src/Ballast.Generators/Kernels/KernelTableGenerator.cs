using System.Collections.Immutable;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Kernels;

/// <summary>
/// Writes <c>Ballast.GeneratedKernels.Register(Device)</c>, which enters every class of the assembly that implements
/// <c>Ballast.IKernel&lt;TOp&gt;</c> into the kernel tables; writes nothing where there is none.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class KernelTableGenerator : IIncrementalGenerator
{
    internal const string ParseStep = "Kernels.Parse";
    internal const string TableStep = "Kernels.Table";
    internal const string DiagnosticStep = "Kernels.Diagnostics";

    private static readonly DeclarationMemo<KernelResult> s_memo = new();

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var results = context.SyntaxProvider.CreateSyntaxProvider(
                static (node, _) => node.MayBeClassWithBase(),
                static (c, cancel) => s_memo.Get(c, KernelParser.Parse, static _ => true, cancel))
            .Where(static result => result is not null)
            .WithTrackingName(ParseStep);

        var table = results.SelectMany(static (result, _) => result!.Kernels).Collect().Select(static (rows, _) => Sorted(rows))
            .WithTrackingName(TableStep);
        var diagnostics = results.Collect().SelectMany(static (all, _) => Problems(all!)).WithTrackingName(DiagnosticStep);

        context.RegisterSourceOutput(table, static (output, kernels) =>
        {
            if (kernels.Count > 0) output.AddSource("Ballast.GeneratedKernels.g.cs", KernelEmitter.Emit(kernels));
        });
        context.RegisterSourceOutput(diagnostics, static (output, diagnostic) => output.ReportDiagnostic(diagnostic.ToDiagnostic()));
    }

    private static EquatableArray<KernelModel> Sorted(IEnumerable<KernelModel> rows) =>
        new(rows.OrderBy(r => r.Op, StringComparer.Ordinal).ThenBy(r => r.Kernel, StringComparer.Ordinal));

    private static IEnumerable<DiagnosticInfo> Problems(ImmutableArray<KernelResult> all)
    {
        foreach (var result in all)
        {
            if (result.Obstacle is { } obstacle) yield return obstacle;
        }
        var rows = all.SelectMany(r => r.Kernels, (r, k) => (k.Op, k.Kernel, r.Place));
        foreach (var op in rows.GroupBy(r => r.Op, StringComparer.Ordinal))
        {
            var sorted = op.OrderBy(r => r.Kernel, StringComparer.Ordinal).ToArray();
            foreach (var extra in sorted.Skip(1))
            {
                yield return new(Rules.DuplicateKernel, extra.Place, new([Plain(sorted[0].Kernel), Plain(extra.Kernel), Plain(op.Key)]));
            }
        }
    }

    private static string Plain(string qualified) => qualified.Replace("global::", "");
}
