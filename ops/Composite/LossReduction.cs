namespace Ballast;

/// <summary>How the losses of single positions become the result.</summary>
public enum LossReduction
{
    /// <summary>They stay as they are.</summary>
    None,
    /// <summary>Their mean; weighted where the loss has weights.</summary>
    Mean,
    /// <summary>Their sum.</summary>
    Sum,
}
