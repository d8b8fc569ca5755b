namespace Ballast;

/// <summary>What a gradient rule sees: incoming gradients, saved tensors, and where to put its results.</summary>
public readonly ref struct VjpContext
{
    private readonly Node _node;
    private readonly ReadOnlySpan<Tensor?> _grads;
    private readonly Span<Tensor?> _results;

    internal VjpContext(Node node, ReadOnlySpan<Tensor?> grads, Span<Tensor?> results)
    {
        _node = node;
        _grads = grads;
        _results = results;
    }

    /// <summary>The gradient of the first output.</summary>
    public Tensor Grad => _grads[0] ?? throw new AutogradException($"{_node.Name}: no gradient reached its first output.");

    /// <summary>The gradient of an output, or null if none reached it.</summary>
    public Tensor? GradOf(int output) => _grads[output];

    /// <summary>True if the gradient of that input is wanted.</summary>
    public bool Needs(int input) => _node.Edges[input].Node is not null;

    /// <summary>The shape of an input, saved or not.</summary>
    public Shape InputShape(int input) => _node.Edges[input].Shape;

    /// <summary>The dtype of an input, saved or not.</summary>
    public DType InputDType(int input) => _node.Edges[input].DType;

    /// <summary>The number of inputs.</summary>
    public int Inputs => _node.Edges.Length;

    /// <summary>A saved input.</summary>
    /// <exception cref="AutogradException">It was not declared as saved, or has been changed in place since.</exception>
    public Tensor Input(int input) => ((ISavedTensors)_node).SavedTensor(input);

    /// <summary>A saved output.</summary>
    /// <exception cref="AutogradException">It was not declared as saved, or has been changed in place since.</exception>
    public Tensor Output(int output) => ((ISavedTensors)_node).SavedTensor(8 + output);

    /// <summary>Gives the gradient of an input; it may still have the output's broadcast shape.</summary>
    public void Set(int input, Tensor gradient) => _results[input] = gradient;
}

internal interface ISavedTensors
{
    Tensor SavedTensor(int slot);
}
