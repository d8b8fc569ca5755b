using System.Collections.Concurrent;
using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>
/// What the methods and properties of a module make or use that would be wrong in a forward pass, and which of them a forward pass calls,
/// itself or by way of others: known when all of the class has been seen.
/// </summary>
/// <param name="module">The class; members of other classes are not looked at.</param>
internal sealed class Helpers(INamedTypeSymbol module)
{
    private readonly ConcurrentBag<(IMethodSymbol In, bool Given, Func<IMethodSymbol, Diagnostic?> Finding)> _suspects = [];
    private readonly ConcurrentBag<(IMethodSymbol From, IMethodSymbol To, IOperation At)> _calls = [];
    private readonly ConcurrentDictionary<IMethodSymbol, bool> _forwards = new(SymbolEqualityComparer.Default);

    /// <summary>Notes a call of a method of the class, or a read of a property.</summary>
    public void AddCall(ISymbol place, IMethodSymbol? forward, IMethodSymbol callee, IOperation at)
    {
        if (!SymbolEqualityComparer.Default.Equals(callee.ContainingType, module) || Method(place) is not { } from) return;
        if (forward is not null) _forwards.TryAdd(from, true);
        _calls.Add((from, callee.OriginalDefinition, at));
    }

    /// <summary>Notes a tensor that is made on the default device and, perhaps, given back.</summary>
    public void AddFactory(ISymbol place, IInvocationOperation call)
    {
        if (Method(place) is { } method && HeldTypes.IsTensor(method.ReturnType))
            _suspects.Add((method, true, forward => FactoryDevice.Operand(forward) is null ? null
                : FactoryDevice.Finding(call, forward, FactoryDevice.Operand(method))));
    }

    /// <summary>Notes a static tensor or module that is used.</summary>
    public void AddStatic(ISymbol place, IOperation at, ISymbol member, ITypeSymbol type)
    {
        if (Method(place) is { } method && HeldTypes.FindAny(method.ReturnType) is not null)
            _suspects.Add((method, true, _ => ForwardAnalyzer.StaticFinding(at, member, type, method)));
    }

    /// <summary>Notes state that is made and thrown away when the method ends.</summary>
    public void AddState(ISymbol place, IOperation creation, INamedTypeSymbol type)
    {
        if (Method(place) is { MethodKind: MethodKind.Ordinary } method && ForwardAnalyzer.LosesState(type) && IsDropped(creation, 3))
            _suspects.Add((method, false, _ => ForwardAnalyzer.StateFinding(creation, type, method)));
    }

    /// <summary>Reports what a forward pass reaches.</summary>
    public void Report(SymbolAnalysisContext context)
    {
        if (_suspects.IsEmpty || _forwards.IsEmpty) return;
        var called = _suspects.All(s => s.Given) ? [] : Reached(_ => true);
        // What a method makes for others reaches the forward pass where everything on the way gives tensors and none moves them.
        var given = Reached(c => HeldTypes.FindAny(c.To.ReturnType) is not null && !FactoryDevice.IsSettled(c.At));
        foreach (var (place, isGiven, finding) in _suspects)
        {
            if ((isGiven ? given : called).TryGetValue(place, out var forward) && finding(forward) is { } found)
                context.ReportDiagnostic(found);
        }
    }

    /// <summary>The methods that forward passes call, each with one that does.</summary>
    private Dictionary<IMethodSymbol, IMethodSymbol> Reached(Func<(IMethodSymbol From, IMethodSymbol To, IOperation At), bool> follows)
    {
        var calls = _calls.Where(follows).ToLookup<(IMethodSymbol From, IMethodSymbol To, IOperation At), IMethodSymbol>(
            c => c.From, SymbolEqualityComparer.Default);
        var reached = new Dictionary<IMethodSymbol, IMethodSymbol>(SymbolEqualityComparer.Default);
        var next = new Queue<(IMethodSymbol Method, IMethodSymbol Forward)>(
            _forwards.Keys.OrderBy(f => f.ToDisplayString(), StringComparer.Ordinal).Select(f => (f, f)));
        while (next.Count > 0)
        {
            var (method, forward) = next.Dequeue();
            foreach (var (_, to, _) in calls[method])
            {
                if (_forwards.ContainsKey(to) || reached.ContainsKey(to)) continue;
                reached.Add(to, forward);
                next.Enqueue((to, forward));
            }
        }
        return reached;
    }

    private IMethodSymbol? Method(ISymbol place) =>
        place.OutermostMember() is IMethodSymbol
        {
            MethodKind: MethodKind.Ordinary or MethodKind.PropertyGet or MethodKind.ExplicitInterfaceImplementation
        } method && SymbolEqualityComparer.Default.Equals(method.ContainingType, module) ? method.OriginalDefinition : null;

    /// <summary>Whether state is used for what it computes, and nothing keeps it: <c>new Linear(2, 2).Forward(x)</c>.</summary>
    private static bool IsDropped(IOperation made, int steps)
    {
        if (steps == 0) return false;
        var child = made;
        for (; child.Parent is IConversionOperation or IParenthesizedOperation; child = child.Parent)
        {
            if (child.Parent is IConversionOperation { OperatorMethod: not null }) return true;
        }
        return child.Parent switch
        {
            IBinaryOperation or IUnaryOperation or IExpressionStatementOperation => true,
            IInvocationOperation call when call.Instance == child => call.Type is null || !HeldTypes.IsState(call.Type)
                || IsDropped(call, steps - 1),
            IPropertyReferenceOperation property when property.Instance == child => property.Type is null
                || !HeldTypes.IsState(property.Type) || IsDropped(property, steps - 1),
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => made.Root().Descendants()
                .OfType<ILocalReferenceOperation>().Where(r => SymbolEqualityComparer.Default.Equals(r.Local, declarator.Symbol))
                .All(r => IsDropped(r, steps - 1)),
            _ => false,
        };
    }
}
