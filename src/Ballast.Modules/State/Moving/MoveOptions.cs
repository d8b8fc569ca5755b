namespace Ballast;

/// <summary>How a module is moved or cast.</summary>
public sealed record MoveOptions
{
    /// <summary>The defaults: all or nothing, and each buffer's dtype policy holds.</summary>
    public static MoveOptions Default { get; } = new();

    /// <summary>
    /// True to release each tensor as soon as its successor is ready, for a model that does not fit twice: at most one tensor, with its
    /// views, is there in both forms.
    /// </summary>
    /// <remarks>
    /// A failure then leaves a module whose every handle is whole: those before the failure are moved, those after it are not; calling
    /// <c>To</c> again, there or back, goes on from there. Tensors that were taken from the module before (<c>parameter.Value</c>,
    /// a <c>View()</c>, saved activations of an unfinished backward pass) have no memory afterwards, and say so when used.
    /// </remarks>
    public bool Streaming { get; init; }

    /// <summary>True to cast also the buffers whose policy keeps their dtype, and below the least dtype of a policy: values may lose
    /// digits.</summary>
    public bool CastKept { get; init; }
}
