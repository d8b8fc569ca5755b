using Ballast.Generators.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Ballast.Generators.Analysis;

/// <summary>Tensors that share the memory of a variable.</summary>
internal static class Ties
{
    // These share memory always; the second kind does where the elements lie in order, as those of a variable do, and copies otherwise.
    private static readonly HashSet<string> _views =
        ["View", "Transpose", "Permute", "Squeeze", "Unsqueeze", "Narrow", "Select", "Flip", "Expand", "Unflatten"];
    private static readonly HashSet<string> _viewsInOrder = ["Reshape", "Flatten", "Contiguous"];
    private static readonly HashSet<string> _keepOrder = ["View", "Squeeze", "Unsqueeze", "Unflatten", "Reshape", "Flatten", "Contiguous"];

    /// <summary>
    /// The variable whose memory the expression gives, or null: through <c>Value</c>, <c>Detach()</c>, the conversion, and views.
    /// </summary>
    /// <param name="value">The expression.</param>
    /// <param name="whole">Whether it is the variable's tensor itself and no view of it.</param>
    public static IOperation? HandleBehind(IOperation value, out bool whole)
    {
        var views = new List<string>();
        var handle = Behind(value, views);
        whole = views.Count == 0;
        // Reshape of a transposed tensor is a copy: the calls stand outermost first.
        for (var i = 0; i < views.Count; i++)
        {
            if (_viewsInOrder.Contains(views[i]) && views.Skip(i + 1).Any(v => !_keepOrder.Contains(v))) return null;
        }
        return handle;
    }

    /// <summary>The expression of a tensor with memory of its own.</summary>
    public static string Copy(IOperation value, string handle, bool whole)
    {
        if (whole) return $"{handle}.Value.Detach().Clone()";
        var text = value.Unwrapped().Syntax.ToString();
        return text + (text.Contains(".Detach()") ? ".Clone()" : ".Detach().Clone()");
    }

    private static IOperation? Behind(IOperation value, List<string> views)
    {
        while (true)
        {
            switch (value)
            {
                case IConversionOperation { OperatorMethod: { } method } conversion when method.ContainingType.IsBallast("Variable"):
                    return conversion.Operand.Unwrapped();
                case IConversionOperation conversion: value = conversion.Operand; break;
                case IParenthesizedOperation parentheses: value = parentheses.Operand; break;
                case IInvocationOperation { TargetMethod.Name: "Detach", Instance: { } receiver } when HeldTypes.IsTensor(receiver.Type!):
                    value = receiver;
                    break;
                case IInvocationOperation { Instance: { } receiver, TargetMethod.Name: var name } when HeldTypes.IsTensor(receiver.Type!)
                    && (_views.Contains(name) || _viewsInOrder.Contains(name)):
                    views.Add(name);
                    value = receiver;
                    break;
                case IPropertyReferenceOperation { Property.Name: "T", Instance: { Type: { } of } receiver } when HeldTypes.IsTensor(of):
                    views.Add("T");
                    value = receiver;
                    break;
                case IPropertyReferenceOperation { Property.Name: "T", Instance: { Type: { } of } handle }
                    when of.IsOrDerivesFrom("Variable"):
                    views.Add("T");
                    return handle.Unwrapped();
                case IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { Type: { } of } receiver } slice when IsPlain(slice)
                    && (HeldTypes.IsTensor(of) || of.IsOrDerivesFrom("Variable")):
                    views.Add("[]");
                    if (!HeldTypes.IsTensor(of)) return receiver.Unwrapped();
                    value = receiver;
                    break;
                case ILocalReferenceOperation local when !ReferenceEquals(local.Resolved(), local): value = local.Resolved(); break;
                case IPropertyReferenceOperation
                {
                    Property.Name: "Value",
                    Instance: { Type: { } t } handle
                } when t.IsOrDerivesFrom("Variable"):
                    return handle.Unwrapped();
                default: return null;
            }
        }
    }

    /// <summary>Whether all indices are numbers and ranges; by a tensor of indices elements are gathered into a new one.</summary>
    private static bool IsPlain(IPropertyReferenceOperation slice) => slice.Arguments.SelectMany(a => a.Value.Leaves()).All(i =>
        i.Type is { } type && (type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64
            || type is { Name: "Index" or "Range", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } }));
}
