using System.Text;

namespace Ballast;

/// <summary>Names the operands in shape and dtype errors when one of them is a module's state, or lies in a module without being state.</summary>
internal static class OperandErrors
{
    private static readonly string[] _roles = ["input", "other"];

    /// <summary>The error with a line for each operand, or the error itself if no operand has a name that it does not tell already.</summary>
    public static BallastException With(this BallastException error, params ReadOnlySpan<Tensor?> operands)
    {
        if (!Adds(error, operands)) return error;
        var text = new StringBuilder(error.Message);
        for (int i = 0; i < operands.Length; i++)
            if (operands[i] is { } operand) Append(text, i, operand, named: true);
        return error switch
        {
            ShapeException => new ShapeException(text.ToString()),
            DTypeException => new DTypeException(text.ToString()),
            _ => error,
        };
    }

    /// <summary>Whether the operands have something to tell.</summary>
    public static bool Adds(BallastException error, ReadOnlySpan<Tensor?> operands)
    {
        if (error is not (ShapeException or DTypeException)) return false;
        foreach (Tensor? operand in operands)
            if (operand?.Label is { } label && !error.Message.Contains(label, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>One operand: its part, dtype, shape, device and where it comes from.</summary>
    /// <param name="text">What it is added to.</param>
    /// <param name="index">Its place among the operands.</param>
    /// <param name="operand">The operand.</param>
    /// <param name="named">True if another operand is a module's state, so that it matters that this one is not.</param>
    /// <param name="role">What the op calls it, or null.</param>
    public static void Append(StringBuilder text, int index, Tensor operand, bool named, string? role = null)
    {
        string origin = operand.Describe();
        if (origin.Length == 0 && named) origin = "(a tensor outside any module's state)";
        role ??= Role(index);
        var line = $"\n  {role,-6} {operand.DType.Name,-8} {operand.Shape,-12} on {operand.Device.Name,-8} {origin}";
        text.Append(line.TrimEnd());
    }

    public static string Role(int index) => index < _roles.Length ? _roles[index] : $"arg{index}";
}
