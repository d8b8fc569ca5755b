using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Ballast.Generators.Support;

/// <summary>Where a diagnostic points, without the syntax tree that a <see cref="Location"/> would keep alive.</summary>
internal sealed record LocationInfo(string Path, TextSpan Span, LinePositionSpan Lines)
{
    /// <summary>The place of <paramref name="location"/>, or null where it is not in source.</summary>
    public static LocationInfo? From(Location? location) =>
        location?.SourceTree is { } tree ? new(tree.FilePath, location.SourceSpan, location.GetLineSpan().Span) : null;

    /// <summary>The location to report at.</summary>
    public Location ToLocation() => Location.Create(Path, Span, Lines);
}
