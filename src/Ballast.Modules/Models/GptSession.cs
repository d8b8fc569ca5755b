namespace Ballast.Models;

/// <summary>A run of a <see cref="Gpt"/> over growing text: past keys and values are kept, so a token costs the work of one position.
/// </summary>
/// <remarks>
/// <code>
/// using GptSession session = model.Eval().StartSession();
/// Tensor logits = session.Prefill(prompt);
/// while (session.Length &lt; session.Capacity) logits = session.Step(Choose(logits));
/// </code>
/// Logits are those of the last position only: the head, whose V · C products are the largest of a step, is not run for the others. They
/// are the session's own tensor <see cref="Logits"/>, written over by the next call; Clone() what is to be kept. A step makes no managed
/// object and takes no memory on the CPU at the dtypes that the kernels take as they are.
/// Positions are counted from the first token. A full session refuses more: text longer than the model's block needs
/// <see cref="Reset"/> and a prefill of its last part, because every position moves.
/// The cache is state of the session, not of the model: no state dict holds it, a model moved or cast after <see cref="Gpt.StartSession"/>
/// needs a new session (calls say so), and after a change of weights call <see cref="Reset"/>. Nothing is recorded for gradients. One
/// thread at a time may use a session; sessions on one model may run side by side.
/// On the CPU <c>model.PackWeights()</c> makes prompts of more than 12 tokens faster, for a second copy of the blocks' weights; see
/// <see cref="WeightPacking"/>.
/// </remarks>
public sealed class GptSession : IDisposable
{
    private readonly Tensor _block;
    private readonly KeyValueCache[] _caches;
    private readonly GptStep _step;
    private bool _disposed;

    internal GptSession(Gpt model, int capacity, int batch)
    {
        GptConfig config = model.Config;
        if (capacity < 1 || capacity > config.BlockLength)
            throw new ArgumentOutOfRangeException(
                nameof(capacity), capacity, $"a session holds 1 to {config.BlockLength} positions, the model's block length.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        Model = model;
        Capacity = capacity;
        Batch = batch;
        (Device, DType) = (model.TokenEmbedding.Weight.Device, model.TokenEmbedding.Weight.DType);
        if (Device.IsMeta)
            throw new InvalidOperationException("a session needs weights, and the model is on meta: load it, or call ToEmpty(device) first.");
        CheckMode();
        // All layers lie in one block, which gets large pages: each step reads all of it.
        _block = Tensor.Zeros([config.Layers, 2, batch, config.Heads, capacity, config.Width / config.Heads], DType, Device);
        TensorScope.Escape(_block);
        _caches = [.. Enumerable.Range(0, config.Layers).Select(i => new KeyValueCache(_block.Select(0, i)))];
        _step = new GptStep(model, batch);
    }

    /// <summary>What is run.</summary>
    public Gpt Model { get; }

    /// <summary>The most positions.</summary>
    public int Capacity { get; }

    /// <summary>B, texts side by side.</summary>
    public int Batch { get; }

    /// <summary>Where the cache lies: where the model was when the session started.</summary>
    public Device Device { get; }

    /// <summary>The dtype of the cache: that of the model when the session started.</summary>
    public DType DType { get; }

    /// <summary>Positions that were read.</summary>
    public int Length { get; private set; }

    /// <summary>Logits of the token after the last position, [B, V]; the next call writes over them.</summary>
    public Tensor Logits => _step.Logits;

    /// <summary>Bytes of all cached keys and values.</summary>
    public long CacheBytes => _block.Bytes;

    /// <summary>Reads tokens in one pass, behind those that were read before.</summary>
    /// <param name="tokens">Token numbers [B, T], T at least 1.</param>
    /// <returns><see cref="Logits"/>, [B, V], of the last position.</returns>
    /// <exception cref="ShapeException">They are not [B, T], or no token of the model.</exception>
    /// <exception cref="InvalidOperationException">They do not fit, or the model was moved, cast or put in training with dropout.</exception>
    public Tensor Prefill(Tensor tokens)
    {
        CheckModel();
        if (tokens.Rank != 2 || tokens.Shape[0] != Batch || tokens.Shape[1] == 0)
            throw new ShapeException($"GptSession: the token numbers are {tokens.Shape}; they must be [{Batch}, T], T at least 1.");
        int count = tokens.Shape[1];
        KeyValueCache.CheckRoom(Length, count, Capacity);
        using TensorScope scope = TensorScope.Begin();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor x = Model.Embed(tokens, Length);
        for (int i = 0; i < _caches.Length; i++)
        {
            _caches[i].Truncate(Length); // a call that failed half-way may have left more
            x = Model.Blocks[i].Forward(x, _caches[i]);
        }
        Tensor last = x.Narrow(1, count - 1, 1).Reshape(Batch, Model.Config.Width);
        Logits.CopyFrom(Model.Head.Forward(Model.FinalNorm.Forward(last)));
        Length += count;
        return Logits;
    }

    /// <summary>Reads the tokens of one text.</summary>
    /// <param name="tokens">At least one token number.</param>
    /// <returns><see cref="Logits"/>, [1, V], of the last position.</returns>
    /// <inheritdoc cref="Prefill(Tensor)"/>
    public Tensor Prefill(params ReadOnlySpan<int> tokens)
    {
        CheckOneText();
        var numbers = new long[tokens.Length];
        for (int i = 0; i < tokens.Length; i++) numbers[i] = tokens[i];
        return Prefill(Tensor.From(numbers, [1, numbers.Length], Device));
    }

    /// <summary>Reads one token.</summary>
    /// <param name="token">Its number, 0 to V − 1.</param>
    /// <returns><see cref="Logits"/>, [1, V].</returns>
    /// <exception cref="ShapeException">It is no token of the model.</exception>
    /// <exception cref="InvalidOperationException">The session is full or has several texts, or the model was moved, cast or put in training
    /// with dropout.</exception>
    public Tensor Step(int token)
    {
        CheckOneText();
        CheckModel();
        KeyValueCache.CheckRoom(Length, 1, Capacity);
        if ((uint)token >= (uint)Model.Config.VocabularySize)
            throw new ShapeException($"GptSession: {token} is no token; the model has the tokens 0 to {Model.Config.VocabularySize - 1}.");
        _step.SetToken(token);
        return Step();
    }

    /// <summary>Reads one token of each text.</summary>
    /// <param name="tokens">Token numbers [B], int64 or int32, on the session's device.</param>
    /// <returns><see cref="Logits"/>, [B, V].</returns>
    /// <inheritdoc cref="Step(int)"/>
    public Tensor Step(Tensor tokens)
    {
        CheckModel();
        if (tokens.Rank != 1 || tokens.Shape[0] != Batch)
            throw new ShapeException($"GptSession: the token numbers are {tokens.Shape}; a step takes one for each text, [{Batch}].");
        KeyValueCache.CheckRoom(Length, 1, Capacity);
        _step.SetTokens(tokens);
        return Step();
    }

    /// <summary>Forgets the positions from <paramref name="length"/> on, so that the text goes on differently from there.</summary>
    /// <param name="length">Positions to keep, 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not from 0 to <see cref="Length"/>.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Forgets all positions; the memory stays for the next text.</summary>
    public void Reset() => Truncate(0);

    /// <summary>Gives the cache's memory back.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _block.Storage.ReleaseNow();
    }

    private Tensor Step()
    {
        foreach (KeyValueCache cache in _caches) cache.Truncate(Length);
        _step.Run(Length, _caches);
        Length++;
        return Logits;
    }

    private void CheckOneText()
    {
        if (Batch != 1)
            throw new InvalidOperationException(
                $"the session reads {Batch} texts side by side; give a tensor with a token number for each.");
    }

    private void CheckModel()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Parameter weight = Model.TokenEmbedding.Weight;
        if (!ReferenceEquals(weight.Device, Device) || weight.DType != DType)
            throw new InvalidOperationException(
                $"the session started with the model in {DType.Name} on {Device}, and the model is now in {weight.DType.Name} on "
                + $"{weight.Device}; its cache does not follow. Move the model back, or start a new session and prefill the text.");
        CheckMode();
    }

    private void CheckMode()
    {
        if (Model.Training && Model.Config.Dropout > 0)
            throw new InvalidOperationException(
                $"a session is for evaluation, and the model trains with dropout {Model.Config.Dropout}; call Eval() first.");
    }
}
