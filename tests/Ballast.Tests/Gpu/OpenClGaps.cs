namespace Ballast.Tests.Gpu;

/// <summary>The rows of the op table that do not run on the OpenCL device yet. The tests fail when a row here does run.</summary>
internal static class OpenClGaps
{
    /// <summary>Rows with a case whose op has no kernel.</summary>
    public static readonly HashSet<string> Forward =
        ["nonzero", "masked_select", "sort", "sort indices", "argsort", "topk"];

    /// <summary>Rows whose results come out, and whose gradients do not.</summary>
    public static readonly HashSet<string> Backward = [];
}
