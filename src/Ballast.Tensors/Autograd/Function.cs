namespace Ballast;

/// <summary>An operation of user code with a gradient rule of its own: what <c>torch.autograd.Function</c> is.</summary>
/// <remarks>
/// Both methods run without recording. One object may be applied often, on several threads at once; what belongs to one run goes
/// into its <see cref="FunctionContext"/>, what belongs to all runs (a slope, a threshold) into fields.
/// Source: PyTorch's "Extending torch.autograd" page.
/// </remarks>
/// <example><code>
/// sealed class Cube : Function
/// {
///     protected override Tensor[] Forward(FunctionContext ctx, ReadOnlySpan&lt;Tensor&gt; inputs)
///     {
///         ctx.Save(inputs[0]);
///         return [inputs[0] * inputs[0] * inputs[0]];
///     }
///
///     protected override Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan&lt;Tensor?&gt; gradients) =>
///         [gradients[0]! * 3 * ctx.Saved(0).Square()];
/// }
///
/// Tensor y = new Cube().Apply(x)[0];
/// </code></example>
public abstract class Function
{
    /// <summary>The name in error messages and in the printed graph: the class's name.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Computes the outputs, at least one; keeps for <see cref="Backward"/> what it needs with
    /// <see cref="FunctionContext.Save"/>.</summary>
    /// <param name="ctx">What lasts from this run to its backward pass.</param>
    /// <param name="inputs">The tensors given to <see cref="Apply"/>.</param>
    protected abstract Tensor[] Forward(FunctionContext ctx, ReadOnlySpan<Tensor> inputs);

    /// <summary>Turns the gradients of the outputs into gradients of the inputs, one for each, null where there is none.</summary>
    /// <param name="ctx">The context of the run.</param>
    /// <param name="gradients">One for each output, of its shape; null where no gradient reached it. Not to be changed in place: others
    /// read them.</param>
    protected abstract Tensor?[] Backward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients);

    /// <summary>Runs the function and records it if an input requires a gradient.</summary>
    /// <exception cref="AutogradException">Forward gave no output, or an input is a view whose base was changed in place since.</exception>
    public Tensor[] Apply(params ReadOnlySpan<Tensor> inputs)
    {
        bool record = Autograd.Enabled && Autograd.AnyRequires(inputs);
        if (record) Autograd.CheckViews(Name, inputs);
        FunctionContext ctx = new(this, inputs, record);
        Tensor[] results;
        using (Autograd.NoGrad()) results = Forward(ctx, inputs);
        if (results is null || results.Length == 0)
            throw new AutogradException($"{Name}: Forward gave no output; it must return at least one tensor.");
        Tensor[] outputs = new Tensor[results.Length];
        for (int i = 0; i < results.Length; i++)
        {
            Tensor output = results[i] ?? throw new AutogradException($"{Name}: output {i} of Forward is null; return a tensor.");
            // A second handle, so that neither an input nor a tensor that Forward kept gets this run as its history.
            outputs[i] = output.Alias(output.Layout);
            outputs[i].Producer = Name;
            foreach (Tensor input in inputs)
                if (ReferenceEquals(input.Storage, output.Storage)) outputs[i].MarkView();
        }
        if (record) FunctionNode.Record(this, ctx, inputs, results, outputs);
        return outputs;
    }

    internal Tensor?[] RunBackward(FunctionContext ctx, ReadOnlySpan<Tensor?> gradients) => Backward(ctx, gradients);
}

/// <summary>What lasts from one run of a <see cref="Function"/> to its backward pass.</summary>
public sealed class FunctionContext
{
    private readonly Function _function;
    private readonly bool[] _needs;
    private SavedTensor[] _saved = [];
    private List<Tensor>? _fixed;
    private bool _released;

    internal FunctionContext(Function function, ReadOnlySpan<Tensor> inputs, bool record)
    {
        _function = function;
        _needs = new bool[inputs.Length];
        for (int i = 0; i < inputs.Length; i++) _needs[i] = record && inputs[i].RequiresGrad;
    }

    /// <summary>The number of inputs of the run.</summary>
    public int Inputs => _needs.Length;

    /// <summary>The number of tensors that <see cref="Save"/> keeps.</summary>
    public int SavedCount => _saved.Length;

    /// <summary>What the rule needs besides tensors: a shape, a count, a random state.</summary>
    public object? State { get; set; }

    /// <summary>True if the gradient of that input is wanted; the rule may return null for the others.</summary>
    public bool NeedsGrad(int input) => _needs[input];

    /// <summary>Keeps tensors (inputs, outputs or others) for <see cref="Function.Backward"/>, in place of what was kept before.</summary>
    /// <remarks>They are freed by the backward pass. A change in place before it is noticed and is an error.</remarks>
    public void Save(params ReadOnlySpan<Tensor> tensors)
    {
        _saved = new SavedTensor[tensors.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i].Storage.IsShared = true;
            _saved[i] = new SavedTensor(tensors[i].Detach());
        }
    }

    /// <summary>A tensor that Forward saved, by its place in the call of <see cref="Save"/>.</summary>
    /// <exception cref="AutogradException">It was changed in place since, was not saved, or was freed by an earlier backward
    /// pass.</exception>
    public Tensor Saved(int index)
    {
        if (_released) throw Freed();
        if ((uint)index >= (uint)_saved.Length)
            throw new AutogradException($"{_function.Name}: Saved({index}) is asked for, but Forward saved {_saved.Length} tensors.");
        return _saved[index].Unpack(_function.Name);
    }

    /// <summary>Declares outputs through which no gradient passes, such as indices; integer outputs need no declaration.</summary>
    public void MarkNonDifferentiable(params ReadOnlySpan<Tensor> outputs) => (_fixed ??= []).AddRange(outputs);

    internal bool IsDifferentiable(Tensor output)
    {
        if (!output.DType.IsFloating) return false;
        foreach (Tensor known in _fixed ?? [])
            if (ReferenceEquals(known, output)) return false;
        return true;
    }

    internal void EndForward() => _fixed = null;

    internal void Release()
    {
        _released |= _saved.Length > 0;
        _saved = [];
    }

    internal void CheckAlive()
    {
        if (_released) throw Freed();
    }

    private AutogradException Freed() => new(
        $"backward through {_function.Name} a second time: what it saved was freed by the first.\n  fix    Backward(retainGraph: true) " +
        "for the first, or run the forward pass again.");
}

/// <summary>The recorded run of a user's function.</summary>
internal sealed class FunctionNode : Node
{
    private readonly Function _function;
    private readonly FunctionContext _context;
    private readonly Shape[] _outputShapes;

    private FunctionNode(Function function, FunctionContext context, ReadOnlySpan<Tensor> inputs, Shape[] outputShapes)
        : base(function.Name, inputs.Length)
    {
        _function = function;
        _context = context;
        _outputShapes = outputShapes;
        Outputs = outputShapes.Length;
        Connect(inputs);
    }

    public static void Record(
        Function function, FunctionContext context, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> results, ReadOnlySpan<Tensor> outputs)
    {
        var shapes = new Shape[outputs.Length];
        for (int i = 0; i < shapes.Length; i++) shapes[i] = outputs[i].Shape;
        var node = new FunctionNode(function, context, inputs, shapes);
        for (int i = 0; i < outputs.Length; i++)
            if (context.IsDifferentiable(results[i])) outputs[i].SetHistory(node, i);
        context.EndForward();
    }

    public override bool KeepsGradients => true;

    public override void Apply(ReadOnlySpan<Tensor?> grads, Span<Tensor?> inputs)
    {
        _context.CheckAlive();
        Tensor?[] given = _function.RunBackward(_context, grads)
            ?? throw new AutogradException($"{Name}: Backward gave null; it must return one gradient for each of its {inputs.Length} " +
                "inputs.");
        if (given.Length != inputs.Length)
            throw new AutogradException($"{Name}: Backward gave {given.Length} gradients for {inputs.Length} inputs; return one for " +
                "each, null where there is none.");
        for (int i = 0; i < given.Length; i++)
        {
            if (given[i] is not { } gradient || Edges[i].Node is null) continue;
            if (gradient.Shape != Edges[i].Shape)
                throw new AutogradException($"{Name}: Backward gave a gradient of shape {gradient.Shape} for input {i}, which is " +
                    $"{Edges[i].Shape}; they must be the same.");
            if (!gradient.DType.IsFloating)
                throw new AutogradException($"{Name}: Backward gave a {gradient.DType.Name} gradient for input {i}; it must be floating.");
            // The user's code may keep the tensor, so a leaf must copy it and not take it over.
            gradient.Storage.IsShared = true;
            inputs[i] = gradient.RequiresGrad ? gradient.Detach() : gradient;
        }
    }

    public override void Release() => _context.Release();
}
