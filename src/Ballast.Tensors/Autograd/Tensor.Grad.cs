namespace Ballast;

/// <content>The part of a tensor that autograd needs.</content>
public sealed partial class Tensor
{
    private Node? _node;
    private bool _requiresGrad;
    private bool _isView;
    private int _recordedWrites;

    /// <summary>True if operations on the tensor are recorded. Settable on leaves only.</summary>
    /// <exception cref="AutogradException">The tensor has history, or its dtype is not floating.</exception>
    public bool RequiresGrad
    {
        get => _requiresGrad;
        set
        {
            if (value == _requiresGrad) return;
            if (!IsLeaf) throw new AutogradException($"requires_grad can only be changed on leaves; this tensor is the {Describe()}. Use Detach() for one without history.");
            if (value && !DType.IsFloating) throw new AutogradException($"only floating tensors can require a gradient; this one is {DType.Name}.");
            _requiresGrad = value;
            if (!value) _node = null;
        }
    }

    /// <summary>True if no recorded op made the tensor.</summary>
    public bool IsLeaf => _node is null or LeafNode;

    /// <summary>The gradient that backward passes have added up, or null.</summary>
    public Tensor? Grad { get; set; }

    /// <summary>The name of the recorded op that made the tensor, or null.</summary>
    public string? GradientOp => _node is null or LeafNode ? null : _node.Name;

    internal int OutputIndex { get; private set; }

    internal bool IsRecordedView => _isView;

    /// <summary>True if the base of this view was changed in place, with history, after the view was taken.</summary>
    internal bool IsStaleView => _isView && _recordedWrites != Storage.RecordedWrites;

    internal Node GradientNode() => _node ??= new LeafNode(this);

    internal void SetHistory(Node node, int output)
    {
        _node = node;
        OutputIndex = output;
        _requiresGrad = true;
    }

    internal void MarkView()
    {
        _isView = true;
        _recordedWrites = Storage.RecordedWrites;
    }

    /// <summary>This tensor as a leaf that requires a gradient; for chaining.</summary>
    public Tensor WithGrad()
    {
        RequiresGrad = true;
        return this;
    }

    /// <summary>Adds d(this)/d(leaf) to <see cref="Grad"/> of every leaf that requires it.</summary>
    /// <param name="gradient">The gradient of the tensor itself; may be left out for a single element, where it is 1.</param>
    /// <param name="retainGraph">Keep what was saved, so that a second pass is possible.</param>
    /// <exception cref="AutogradException">The tensor has no history, or is no scalar and no gradient was given.</exception>
    public void Backward(Tensor? gradient = null, bool retainGraph = false) =>
        Autograd.Run([this], [gradient], [], retainGraph);
}
