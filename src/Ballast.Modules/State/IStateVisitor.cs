namespace Ballast;

/// <summary>Receives the members of one module, in declaration order. The calls are written by the source generator.</summary>
public interface IStateVisitor
{
    /// <summary>A parameter or buffer; null if the member is declared and absent.</summary>
    void Variable(string name, Variable? value);

    /// <summary>A module below this one; null if the member is declared and absent.</summary>
    void Child(string name, Module? value);

    /// <summary>A tensor that was marked as no state; told so that errors can name it.</summary>
    void Scratch(string member, Tensor? value);
}

/// <summary>Something with one forward pass; layers say what they take and give.</summary>
public interface IForward<in TInput, out TOutput>
{
    /// <summary>The forward pass.</summary>
    TOutput Forward(TInput input);
}
