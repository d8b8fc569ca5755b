namespace Ballast;

/// <summary>The base of all errors that Ballast raises on purpose.</summary>
public class BallastException : Exception
{
    /// <summary>An error with a text that says what was given, what was expected and the fix.</summary>
    public BallastException(string message) : base(message) { }

    /// <summary>An error with its cause.</summary>
    public BallastException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>Shapes, axes or indices that do not fit an op.</summary>
public sealed class ShapeException(string message) : BallastException(message);

/// <summary>A dtype that an op does not take, or a conversion that would lose what must not be lost.</summary>
public sealed class DTypeException(string message) : BallastException(message);

/// <summary>Operands that live on different devices; nothing is ever moved silently.</summary>
public sealed class DeviceMismatchException(string message) : BallastException(message);

/// <summary>A device that was asked for and cannot be used; the text says what was looked for.</summary>
public sealed class DeviceNotAvailableException(string message) : BallastException(message);

/// <summary>A device that has no kernel for an op and dtype; there is no silent fallback to another device.</summary>
public sealed class KernelNotFoundException(string message) : BallastException(message);

/// <summary>A read of a meta tensor, which has shape and dtype but no data.</summary>
public sealed class MetaTensorException(string message) : BallastException(message);

/// <summary>A misuse of the autograd graph.</summary>
public sealed class AutogradException(string message) : BallastException(message);

/// <summary>A device that has no memory left after its cache was freed and garbage was collected; the text carries a summary in bytes.</summary>
public sealed class DeviceOutOfMemoryException(string message) : BallastException(message);
