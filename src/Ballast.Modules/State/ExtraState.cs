namespace Ballast;

/// <summary>A module with state that is no tensor: a counter, a vocabulary, a format. It is saved as bytes, so that every file format
/// carries it.</summary>
/// <remarks>The bytes stand as a one-dimensional uint8 tensor under <c>PATH._extra_state</c>, after the module's own buffers and before
/// its children.</remarks>
public interface IExtraState
{
    /// <summary>The state as bytes, for instance JSON text.</summary>
    byte[] GetExtraState();

    /// <summary>Takes what <see cref="GetExtraState"/> gave, perhaps by an older program.</summary>
    /// <exception cref="FormatException">The bytes are not understood; the load then changes nothing.</exception>
    void SetExtraState(ReadOnlySpan<byte> state);
}

/// <summary>Extra state as tensors.</summary>
internal static class ExtraState
{
    public const string Key = "_extra_state";

    public static Tensor Get(IExtraState module) => Tensor.From(module.GetExtraState(), Device.Cpu);
}
