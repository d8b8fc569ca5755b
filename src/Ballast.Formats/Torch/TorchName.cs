namespace Ballast.Formats;

/// <summary>A name that PyTorch saves as a value.</summary>
/// <param name="Kind">"dtype" or "device".</param>
/// <param name="Text">The name as PyTorch prints it: <c>torch.float32</c>, <c>cuda:0</c>.</param>
public sealed record TorchName(string Kind, string Text)
{
    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
