namespace Ballast;

/// <summary>One backward pass. Nodes run from the latest to the earliest, so every consumer has run before its producer.</summary>
internal sealed class Engine
{
    [ThreadStatic] private static Engine? _spare; // its tables keep their size from pass to pass

    private readonly PriorityQueue<Node, long> _ready = new();
    private readonly Dictionary<Node, Tensor?[]> _pending = [];
    private Tensor?[] _results = new Tensor?[8];
    private Dictionary<(Node, int), Tensor?>? _captures;
    private bool _retainGraph;

    private Engine() { }

    /// <summary>An engine for one pass on this thread.</summary>
    public static Engine Take(ReadOnlySpan<Tensor> targets, bool retainGraph)
    {
        Engine engine = _spare ?? new Engine();
        _spare = null;
        engine._retainGraph = retainGraph;
        if (targets.Length == 0) return engine;
        engine._captures = [];
        foreach (Tensor target in targets) engine._captures[(target.GradientNode(), target.OutputIndex)] = null;
        return engine;
    }

    /// <summary>Keeps the engine for the next pass; after an error it is dropped with whatever it holds.</summary>
    public void GiveBack()
    {
        _captures = null;
        _results.AsSpan().Clear();
        _spare = this;
    }

    public Tensor? Captured(Tensor target) => _captures![(target.GradientNode(), target.OutputIndex)];

    /// <summary>Adds a gradient for one output of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="output">Which of its outputs.</param>
    /// <param name="gradient">The gradient, of the output's shape and dtype.</param>
    /// <param name="fresh">True if nothing else refers to the gradient's memory.</param>
    public void Add(Node node, int output, Tensor gradient, bool fresh)
    {
        if (_captures is not null && _captures.TryGetValue((node, output), out Tensor? sum))
        {
            if (sum is null && fresh) gradient.Storage.IsTemporary = false; // the caller gets it
            _captures[(node, output)] = sum is null ? (fresh ? gradient : gradient.Clone()) : sum + gradient;
        }
        if (node is LeafNode leaf)
        {
            if (_captures is null) Accumulate(leaf.Leaf, gradient, fresh);
            FreeIfUnused(gradient);
            return;
        }
        if (!_pending.TryGetValue(node, out Tensor?[]? slots))
        {
            _pending[node] = slots = new Tensor?[node.Outputs];
            _ready.Enqueue(node, -node.Sequence);
        }
        if (slots[output] is not { } before)
        {
            slots[output] = gradient;
            gradient.Storage.PendingUses++;
            return;
        }
        if (before.Storage is { IsTemporary: true, PendingUses: 1 } && before.IsContiguous && before.DType == gradient.DType)
        {
            before.AddInPlace(gradient);
        }
        else
        {
            Tensor both = before + gradient;
            both.Storage.IsTemporary = true;
            both.Storage.PendingUses++;
            slots[output] = both;
            Drop(before);
        }
        FreeIfUnused(gradient);
    }

    /// <summary>Gives the memory of a gradient back at once where only this pass knew it: the next gradient finds it still in the cache
    /// of the processor.</summary>
    private static void FreeIfUnused(Tensor gradient)
    {
        if (gradient.Storage is { IsTemporary: true, PendingUses: 0 }) gradient.Storage.ReleaseNow();
    }

    public void Run()
    {
        while (_ready.TryDequeue(out Node? node, out _))
        {
            _pending.Remove(node, out Tensor?[]? grads);
            if (node.Edges.Length > _results.Length) _results = new Tensor?[node.Edges.Length];
            Span<Tensor?> inputs = _results.AsSpan(0, node.Edges.Length);
            inputs.Clear();
            if (node.KeepsGradients) Publish(grads!);
            node.Apply(grads, inputs);
            if (!_retainGraph) node.Release();
            foreach (Tensor? made in inputs)
            {
                if (made is null) continue;
                if (IsNew(made, grads!)) made.Storage.IsTemporary = true;
                made.Storage.PendingUses++; // until its turn has come
            }
            for (int i = 0; i < inputs.Length; i++)
            {
                if (inputs[i] is not { } gradient) continue;
                ref readonly Edge edge = ref node.Edges[i];
                if (edge.Node is not null)
                {
                    Tensor shaped = Fit(node, gradient, edge);
                    if (!ReferenceEquals(shaped.Storage, gradient.Storage) && IsNew(shaped, grads!)) shaped.Storage.IsTemporary = true;
                    Add(edge.Node, edge.Output, shaped, IsFresh(shaped, grads!, inputs, i));
                }
                Drop(gradient);
            }
            foreach (Tensor? grad in grads!)
                if (grad is not null) Drop(grad);
        }
    }

    private static void Drop(Tensor gradient)
    {
        gradient.Storage.PendingUses--;
        FreeIfUnused(gradient);
    }

    /// <summary>The user's code may keep these.</summary>
    private static void Publish(ReadOnlySpan<Tensor?> gradients)
    {
        foreach (Tensor? gradient in gradients)
            if (gradient is not null) gradient.Storage.IsTemporary = false;
    }

    /// <summary>Undoes broadcasting, promotion and the host-scalar rule.</summary>
    private static Tensor Fit(Node node, Tensor gradient, in Edge edge)
    {
        if (gradient.Shape != edge.Shape)
        {
            gradient = gradient.Elements == edge.Shape.Elements && gradient.Rank < edge.Shape.Rank
                ? throw new AutogradException($"{node.Name}: its rule gave a gradient of shape {gradient.Shape} for an input of {edge.Shape}.")
                : gradient.SumTo(edge.Shape);
        }
        if (gradient.DType != edge.DType) gradient = gradient.To(edge.DType);
        if (!ReferenceEquals(gradient.Device, edge.Device)) gradient = gradient.To(edge.Device);
        return gradient;
    }

    /// <summary>False if the gradient's memory belongs to something else too, so that a leaf must not take it over.</summary>
    private static bool IsFresh(Tensor gradient, ReadOnlySpan<Tensor?> incoming, ReadOnlySpan<Tensor?> siblings, int self)
    {
        if (!gradient.IsContiguous || gradient.Bytes != gradient.Storage.Bytes) return false;
        for (int i = 0; i < siblings.Length; i++)
            if (i != self && siblings[i] is { } sibling && ReferenceEquals(sibling.Storage, gradient.Storage)) return false;
        return IsNew(gradient, incoming);
    }

    /// <summary>True if the rule that has just run made the memory, and nothing outside the pass refers to it.</summary>
    private static bool IsNew(Tensor gradient, ReadOnlySpan<Tensor?> incoming)
    {
        Storage storage = gradient.Storage;
        // A rule may hand back what it saved; only a tensor that an op has just made is nobody else's.
        if (!storage.Pooled || storage.IsShared || gradient.Producer is null || gradient.Label is not null || gradient.RequiresGrad) return false;
        foreach (Tensor? grad in incoming)
            if (grad is not null && ReferenceEquals(grad.Storage, storage)) return false;
        return true;
    }

    private static void Accumulate(Tensor leaf, Tensor gradient, bool fresh)
    {
        Tensor sum = leaf.Grad is { } before ? before + gradient : fresh ? gradient : gradient.Clone();
        sum.Storage.IsTemporary = false;
        TensorScope.Escape(sum);
        leaf.Grad = sum;
    }
}
