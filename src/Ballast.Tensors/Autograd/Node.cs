using System.Numerics;

namespace Ballast;

/// <summary>One step of the recorded graph: where gradients of outputs become gradients of inputs.</summary>
internal abstract class Node
{
    private static long _next;

    protected Node(string name, int inputs)
    {
        Name = name;
        Edges = new Edge[inputs];
        Sequence = Interlocked.Increment(ref _next);
    }

    public string Name { get; }

    /// <summary>Later nodes have higher numbers, so descending order is a valid backward order.</summary>
    public long Sequence { get; }

    public Edge[] Edges { get; }

    public int Outputs { get; protected init; } = 1;

    /// <summary>True if the node's code may keep the gradients that it is given.</summary>
    public virtual bool KeepsGradients => false;

    /// <summary>Turns gradients of outputs (null: none arrived) into gradients of inputs (null: none).</summary>
    public abstract void Apply(ReadOnlySpan<Tensor?> grads, Span<Tensor?> inputs);

    /// <summary>Drops what was saved; a second backward through the node is then an error.</summary>
    public abstract void Release();

    protected void Connect(ReadOnlySpan<Tensor> inputs)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor input = inputs[i];
            Edges[i] = new Edge(input.RequiresGrad ? input.GradientNode() : null, input.OutputIndex, input.Shape, input.DType, input.Device);
        }
    }
}

/// <summary>From an input of a node to the node that made it, with what its gradient must look like.</summary>
internal readonly record struct Edge(Node? Node, int Output, Shape Shape, DType DType, Device Device);

/// <summary>The end of the graph at a leaf: adds to <see cref="Tensor.Grad"/>.</summary>
internal sealed class LeafNode : Node
{
    public LeafNode(Tensor leaf) : base("leaf", 0) => Leaf = leaf;

    public Tensor Leaf { get; }

    public override void Apply(ReadOnlySpan<Tensor?> grads, Span<Tensor?> inputs) =>
        throw new InvalidOperationException("leaves accumulate; they do not apply.");

    public override void Release() { }
}

/// <summary>A tensor kept for backward together with the version it had.</summary>
internal readonly struct SavedTensor(Tensor tensor)
{
    private readonly Tensor? _tensor = tensor;
    private readonly int _version = tensor.Storage.Version;

    public bool IsSaved => _tensor is not null;

    public Tensor Unpack(string op) => _tensor!.Storage.Version == _version ? _tensor : throw Changed(op);

    private AutogradException Changed(string op) => new(
        $"a tensor that {op} saved for its gradient ({_tensor!.DType.Name} {_tensor.Shape}) was changed in place by {_tensor.Storage.LastWriter ?? "a write to its data"}: " +
        $"it is at version {_tensor.Storage.Version}, saved at {_version}.\n" +
        $"  fix    use the form of {_tensor.Storage.LastWriter ?? "the write"} that returns a new tensor, or give {op} a Clone().");
}

/// <summary>The recorded run of one op.</summary>
internal sealed class OpNode<TOp> : Node, ISavedTensors where TOp : struct, IOp<TOp>
{
    private readonly TOp _op;
    private SavedTensor[]? _saved;
    private int _savedMask;

    private OpNode(in TOp op, int inputs, int outputs) : base(TOp.Traits.Name, inputs)
    {
        _op = op;
        Outputs = outputs;
    }

    /// <summary>Records the run; some input requires a gradient.</summary>
    public static void Record(in TOp op, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs)
    {
        OpNode<TOp> node = Create(op, inputs, outputs.Length);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i].DType.IsFloating) outputs[i].SetHistory(node, i);
            node.Save(8 + i, outputs[i]);
        }
    }

    /// <summary>The node of an op that will write over its first input: what its rule needs of that input is copied before.</summary>
    public static OpNode<TOp> CreateInPlace(in TOp op, ReadOnlySpan<Tensor> inputs)
    {
        OpNode<TOp> node = Create(op, inputs, 1);
        if ((node._savedMask & (int)Saves.Input0) != 0)
        {
            using (Autograd.NoGrad()) node.Save(0, inputs[0].Clone());
        }
        return node;
    }

    /// <summary>A node that has kept the inputs its rule needs.</summary>
    private static OpNode<TOp> Create(in TOp op, ReadOnlySpan<Tensor> inputs, int outputs)
    {
        Autograd.CheckViews(TOp.Traits.Name, inputs);
        var node = new OpNode<TOp>(op, inputs.Length, outputs);
        node.Connect(inputs);
        int mask = 0;
        for (int i = 0; i < inputs.Length; i++)
            if (inputs[i].RequiresGrad) mask |= (int)op.SavedFor(i);
        node._savedMask = mask;
        if (mask != 0)
        {
            node._saved = new SavedTensor[BitOperations.PopCount((uint)mask)];
            for (int i = 0; i < inputs.Length && i < 8; i++) node.Save(i, inputs[i]);
        }
        return node;
    }

    private void Save(int slot, Tensor tensor)
    {
        // The tensor's history is held by the edges in any case, and whoever changes it in place changes its version.
        if ((_savedMask & (1 << slot)) == 0) return;
        tensor.Storage.IsShared = true;
        _saved![Place(slot)] = new SavedTensor(tensor);
    }

    /// <summary>Only what the mask names has a place.</summary>
    private int Place(int slot) => BitOperations.PopCount((uint)_savedMask & ((1u << slot) - 1));

    /// <summary>Makes the node the history of a tensor that its op has just changed in place.</summary>
    public void AttachInPlace(Tensor target)
    {
        Save(8, target);
        target.SetHistory(this, 0);
        target.Storage.RecordedWrites++;
    }

    public override void Apply(ReadOnlySpan<Tensor?> grads, Span<Tensor?> inputs)
    {
        if (_savedMask == -1)
            throw new AutogradException(
                $"backward through {Name} a second time: what it saved was freed by the first.\n  fix    Backward(retainGraph: true) for the first, or run the forward pass again.");
        var context = new VjpContext(this, grads, inputs);
        _op.Vjp(ref context);
    }

    public Tensor SavedTensor(int slot)
    {
        if (_saved is null || (_savedMask & (1 << slot)) == 0 || !_saved[Place(slot)].IsSaved)
            throw new AutogradException($"{Name}: its gradient rule reads {(slot < 8 ? $"input {slot}" : $"output {slot - 8}")}, which it does not declare as saved.");
        return _saved[Place(slot)].Unpack(Name);
    }

    public override void Release()
    {
        if (_saved is not null) _savedMask = -1;
        _saved = null;
    }
}
