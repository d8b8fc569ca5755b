namespace Ballast.Models;

/// <summary>One position through a <see cref="Gpt"/> in tensors that are kept from step to step: the kernels of the layers' own ops, called
/// one after the other with nothing made between them.</summary>
/// <remarks>A half-precision model on the CPU keeps what passes from layer to layer in float32, the dtype that everything is computed in
/// there: a matrix product takes each operand in its own dtype, and only norms and table rows are widened first.</remarks>
internal sealed class GptStep
{
    private readonly Gpt _model;
    private readonly Device _device;
    private readonly double _scale;
    private readonly bool _widens;
    private readonly Tensor _tokens, _position, _row, _placeRow, _place, _x, _weight, _bias, _normed, _mean, _deviation, _fused, _query, _key, _value, _attended, _merged,
        _sums, _added, _hidden, _logits;

    public GptStep(Gpt model, int batch)
    {
        _model = model;
        _device = model.TokenEmbedding.Weight.Device;
        GptConfig config = model.Config;
        int width = config.Width, heads = config.Heads;
        DType dtype = model.TokenEmbedding.Weight.DType, wide = dtype.IsHalf ? DType.Float32 : dtype;
        _scale = 1 / Math.Sqrt(width / heads);
        _tokens = Make([batch, 1], DType.Int64);
        _position = Make([1, 1], DType.Int64);
        _widens = dtype.IsHalf && _device.IsCpu;
        DType flow = _widens ? DType.Float32 : dtype;
        _place = Make([1, 1, width], flow);
        _x = Make([batch, 1, width], flow);
        _placeRow = _widens ? Make([1, 1, width], dtype) : _place;
        _row = _widens ? Make([batch, 1, width], dtype) : _x;
        _weight = Make([width], flow);
        _bias = Make([width], flow);
        _normed = Make([batch, 1, width], flow);
        _mean = Make([batch, 1], wide);
        _deviation = Make([batch, 1], wide);
        _fused = Make([batch, 1, 3 * width], dtype);
        Tensor[] parts = _fused.Reshape(batch, 1, 3, heads, width / heads).Chunk(3, 2);
        for (int i = 0; i < parts.Length; i++) parts[i] = parts[i].Squeeze(2).Transpose(1, 2);
        (_query, _key, _value) = (parts[0], parts[1], parts[2]);
        _attended = Make([batch, heads, 1, width / heads], dtype);
        _merged = _attended.View(batch, 1, width); // one position: the heads lie side by side already
        _sums = Make([batch, heads, 1], wide);
        _added = Make([batch, 1, width], flow);
        _hidden = Make([batch, 1, 4 * width], flow);
        _logits = Make([batch, 1, config.VocabularySize], dtype);
        Logits = _logits.View(batch, config.VocabularySize);
    }

    /// <summary>[B, V].</summary>
    public Tensor Logits { get; }

    public void SetToken(int token)
    {
        if (_device.IsCpu) _tokens.Writable<long>().Fill(token);
        else _tokens.CopyFrom(Tensor.From<long>([token], [1, 1]));
    }

    public void SetTokens(Tensor tokens) => _tokens.CopyFrom(tokens.Reshape(tokens.Shape[0], 1));

    /// <summary>Runs the tokens that were set at a position; each cache holds the positions before it and gets this one.</summary>
    public void Run(int position, KeyValueCache[] caches)
    {
        Embed(position);
        for (int i = 0; i < caches.Length; i++)
        {
            GptBlock block = _model.Blocks[i];
            Normalize(block.Norm1);
            Multiply(block.Attention.QueryKeyValue, _normed, _fused);
            caches[i].Step(_key, _value);
            Op.Execute(
                new AttentionOp(true, _scale, AttentionMask.None, position), _device, [_query, caches[i].Keys, caches[i].Values],
                [_attended, _sums]);
            Multiply(block.Attention.Projection, _merged, _added);
            Add();
            Normalize(block.Norm2);
            Multiply(block.FeedForward.Expand, _normed, _hidden);
            Op.Execute(new UnaryOp<GeluTanhFormula>(default), _device, [_hidden], [_hidden]);
            Multiply(block.FeedForward.Contract, _hidden, _added);
            Add();
        }
        Normalize(_model.FinalNorm);
        Multiply(_model.Head, _normed, _logits);
        _logits.Storage.Touch("session step");
    }

    private void Embed(int position)
    {
        if (_device.IsCpu) _position.Writable<long>()[0] = position;
        else _position.FillInPlace(position);
        Gather(_model.PositionEmbedding is { } learned ? learned.Weight.Value : _model.Positions!.Value, _position, _place);
        Gather(_model.TokenEmbedding.Weight, _tokens, _x);
        if (_model.PositionEmbedding is null)
        {
            double factor = Math.Sqrt(_model.Config.Width);
            Op.Execute(new UnaryOp<ScalarRight<MulFormula>>(new(default, factor)), _device, [_x], [_x]);
        }
        Op.Execute(new BinaryOp<AddFormula>(default), _device, [_x, _place], [_x]);
    }

    /// <summary>Rows of a table by number.</summary>
    private void Gather(Tensor table, Tensor numbers, Tensor rows)
    {
        Tensor target = ReferenceEquals(rows, _x) ? _row : _placeRow;
        Op.Execute(new EmbeddingOp(-1), _device, [table, numbers], [target]);
        if (_widens) Widen(target, rows);
    }

    private void Normalize(LayerNorm norm)
    {
        Tensor weight = norm.Weight!.Value, bias = norm.Bias!.Value;
        if (_widens)
        {
            Widen(weight, _weight);
            Widen(bias, _bias);
            (weight, bias) = (_weight, _bias);
        }
        Op.Execute(new LayerNormOp(1, norm.Eps, true, true), _device, [_x, weight, bias], [_normed, _mean, _deviation]);
    }

    private void Widen(Tensor from, Tensor to) => Op.Execute(new CastOp(DType.Float32), _device, [from], [to]);

    private void Multiply(Linear linear, Tensor x, Tensor y)
    {
        if (linear.Bias is { } bias) Op.Execute(new LinearOp(true), _device, [x, linear.Weight.Value, bias.Value], [y]);
        else Op.Execute(new LinearOp(false), _device, [x, linear.Weight.Value], [y]);
    }

    private void Add() => Op.Execute(new BinaryOp<AddFormula>(default), _device, [_x, _added], [_x]);

    private Tensor Make(Shape shape, DType dtype)
    {
        Tensor tensor = Tensor.Zeros(shape, dtype, _device);
        TensorScope.Escape(tensor);
        return tensor;
    }
}
