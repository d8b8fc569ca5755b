using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>What a delegate keeps alive beside the module that holds it.</summary>
internal static class Captures
{
    /// <summary>
    /// The first local, parameter or receiver of a wanted type that the delegate keeps; members of <c>this</c> are the module's own matter.
    /// </summary>
    public static ISymbol? First(IOperation creation, Func<ITypeSymbol, bool> wanted) =>
        First(creation, wanted, new(SymbolEqualityComparer.Default));

    private static ISymbol? First(IOperation creation, Func<ITypeSymbol, bool> wanted, HashSet<ISymbol> seen) =>
        ((creation as IDelegateCreationOperation)?.Target ?? creation) switch
        {
            IAnonymousFunctionOperation function => InBody(function.Body, function.Syntax, wanted, seen),
            IMethodReferenceOperation { Method.MethodKind: MethodKind.LocalFunction } reference =>
                InLocalFunction(reference, reference.Method, wanted, seen),
            IMethodReferenceOperation { Instance: { } receiver } => Receiver(receiver.Unwrapped(), wanted),
            _ => null,
        };

    /// <summary>The type of a captured symbol.</summary>
    public static ITypeSymbol TypeOf(ISymbol symbol) => symbol switch
    {
        ILocalSymbol local => local.Type,
        IParameterSymbol parameter => parameter.Type,
        IMethodSymbol constructor => constructor.ContainingType,
        _ => symbol.TypeOf(),
    };

    /// <summary>Whether the captured module or handle is also put into a member that the walk visits.</summary>
    public static bool IsAlsoMember(ISymbol captured, INamedTypeSymbol holder, IOperation at)
    {
        foreach (var operation in at.Root().Descendants())
        {
            if (operation is IAssignmentOperation assignment && Names(assignment.Value.Unwrapped(), captured)
                && assignment.Target.Member() is { } target && HeldTypes.IsState(target.Member.TypeOf())
                && SymbolEqualityComparer.Default.Equals(target.Member.ContainingType, holder)) return true;
        }
        // A primary constructor's parameter goes into a member by an initializer, which is bound elsewhere.
        return captured is IParameterSymbol && holder.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<TypeDeclarationSyntax>()
            .SelectMany(t => t.Members).Any(m => Initializers(m).Any(v => v.Value is IdentifierNameSyntax n
                && n.Identifier.ValueText == captured.Name));
    }

    private static IEnumerable<EqualsValueClauseSyntax> Initializers(MemberDeclarationSyntax member) => member switch
    {
        PropertyDeclarationSyntax { Initializer: { } initializer } => [initializer],
        FieldDeclarationSyntax field => field.Declaration.Variables.Select(v => v.Initializer).OfType<EqualsValueClauseSyntax>(),
        _ => [],
    };

    private static bool Names(IOperation operation, ISymbol symbol) => operation switch
    {
        ILocalReferenceOperation l => SymbolEqualityComparer.Default.Equals(l.Local, symbol),
        IParameterReferenceOperation p => SymbolEqualityComparer.Default.Equals(p.Parameter, symbol),
        _ => false,
    };

    private static ISymbol? InLocalFunction(IOperation at, IMethodSymbol method, Func<ITypeSymbol, bool> wanted, HashSet<ISymbol> seen)
    {
        if (!seen.Add(method)) return null;
        var function = at.Root().Descendants().OfType<ILocalFunctionOperation>()
            .FirstOrDefault(f => SymbolEqualityComparer.Default.Equals(f.Symbol, method.OriginalDefinition));
        return function?.Body is { } body ? InBody(body, function.Syntax, wanted, seen) : null;
    }

    private static ISymbol? InBody(IOperation body, SyntaxNode function, Func<ITypeSymbol, bool> wanted, HashSet<ISymbol> seen)
    {
        foreach (var operation in body.DescendantsAndSelf())
        {
            var found = operation switch
            {
                ILocalReferenceOperation l => Used(l.Local),
                IParameterReferenceOperation p => Used(p.Parameter),
                IInvocationOperation { TargetMethod: { MethodKind: MethodKind.LocalFunction } other } => Called(operation, other),
                IMethodReferenceOperation { Method: { MethodKind: MethodKind.LocalFunction } other } => Called(operation, other),
                _ => null,
            };
            found ??= operation is ILocalReferenceOperation local && !IsInside(local.Local, function) && seen.Add(local.Local)
                ? Behind(local, wanted, seen) : null;
            if (found is not null && !operation.IsInNameOf()) return found;
        }
        return null;

        // The body of a local function inside is a part of this one.
        ISymbol? Called(IOperation at, IMethodSymbol other) =>
            IsInside(other, function) ? null : InLocalFunction(at, other, wanted, seen);

        ISymbol? Used(ISymbol symbol) => !IsInside(symbol, function) && wanted(TypeOf(symbol))
            && symbol.BallastAttribute("ScratchAttribute") is null ? symbol : null;
    }

    /// <summary>What a local keeps that does not tell: another delegate, or an <c>object</c> that is a tensor.</summary>
    private static ISymbol? Behind(ILocalReferenceOperation local, Func<ITypeSymbol, bool> wanted, HashSet<ISymbol> seen)
    {
        foreach (var origin in local.Origins().Skip(1))
        {
            if (origin is IDelegateCreationOperation creation)
            {
                if (First(creation, wanted, seen) is { } captured) return captured;
            }
            else if (origin.Type is { } type && wanted(type)) return local.Local;
        }
        return null;
    }

    private static ISymbol? Receiver(IOperation receiver, Func<ITypeSymbol, bool> wanted) => receiver switch
    {
        ILocalReferenceOperation l when wanted(l.Type!) => l.Local,
        IParameterReferenceOperation p when wanted(p.Type!) && p.Parameter.BallastAttribute("ScratchAttribute") is null => p.Parameter,
        IObjectCreationOperation { Constructor: { } constructor } when wanted(constructor.ContainingType) => constructor,
        _ => null,
    };

    private static bool IsInside(ISymbol symbol, SyntaxNode function) =>
        symbol.DeclaringSyntaxReferences.Any(r => r.SyntaxTree == function.SyntaxTree && function.Span.Contains(r.Span));
}
