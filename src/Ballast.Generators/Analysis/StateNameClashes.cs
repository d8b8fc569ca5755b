using Ballast.Generators.Modules;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Analysis;

/// <summary>Finds members of a module under one state name (BAL0003).</summary>
internal static class StateNameClashes
{
    /// <summary>The members whose state name another member, of this class or of a base in this compilation, has already.</summary>
    public static IEnumerable<Diagnostic> In(INamedTypeSymbol type)
    {
        if (type.WalksByHand()) yield break;
        var members = ModuleParser.Members(type).Where(m => IsState(m.Model)).ToArray();
        if (members.Length == 0) yield break;
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var t = type.BaseType?.OriginalDefinition; t is not null && !t.IsBallast("Module"); t = t.BaseType?.OriginalDefinition)
        {
            if (t.WalksByHand() || !t.Locations.Any(l => l.IsInSource)) continue;
            foreach (var (member, _) in ModuleParser.Members(t).Where(m => IsState(m.Model)))
                taken[member.Name] = $"{t.Name}.{member.Member}";
        }
        foreach (var (member, place) in members)
        {
            if (taken.TryGetValue(member.Name, out var other))
                yield return Diagnostic.Create(Rules.DuplicateStateName, place, other, member.Member, type.Name, member.Name);
            else taken.Add(member.Name, member.Member);
        }
    }

    private static bool IsState(MemberModel member) => member.InWalk && member.Kind is MemberKind.Variable or MemberKind.Child;
}
