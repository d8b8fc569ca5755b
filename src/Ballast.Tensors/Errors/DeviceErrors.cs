using System.Text;

namespace Ballast;

/// <summary>The text of device errors: who is where, where it comes from, and the fix.</summary>
internal static class DeviceErrors
{
    /// <summary>How the label of a tensor ends that a module holds without owning it.</summary>
    public const string OutsideState = "a tensor outside the module's state";

    public static DeviceMismatchException Mismatch(string op, ReadOnlySpan<Tensor> inputs)
    {
        var text = new StringBuilder($"{op} needs its operands on one device.");
        Device common = inputs[0].Device;
        string? stray = null;
        bool named = false;
        foreach (Tensor input in inputs) named |= input.Label is not null;
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor input = inputs[i];
            string role = op == "masked_fill" && i == 1 ? "mask" : OperandErrors.Role(i);
            OperandErrors.Append(text, i, input, named, role);
            if (!ReferenceEquals(input.Device, common) || IsOutside(input)) stray ??= role;
        }
        bool outside = false;
        foreach (Tensor input in inputs) outside |= IsOutside(input);
        text.Append(outside
            ? $"\n  fix    declare it as a Buffer so that To() moves it, or move it: {stray}.To(input.Device)"
            : $"\n  fix    move one of them: {stray ?? "other"}.To(input.Device)");
        return new DeviceMismatchException(text.ToString());
    }

    private static bool IsOutside(Tensor tensor) => tensor.Label?.EndsWith(OutsideState, StringComparison.Ordinal) == true;
}
