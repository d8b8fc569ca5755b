namespace Zoo;

/// <summary>Skip-gram with negative words drawn by a fixed distribution, after word2vec (2013). [B], [B] -> the loss, [B].</summary>
public sealed partial class SkipGram(int words, int width, int negatives) : Module
{
    public Embedding Input { get; } = new(words, width);
    public Embedding Output { get; } = new(words, width);
    public Buffer NoiseDistribution { get; } = new((Tensor.Arange(words).ToFloat() + 1).Pow(-0.75));

    public Tensor Forward(Tensor center, Tensor context)
    {
        Tensor u = Input.Forward(center);
        Tensor noise = NoiseDistribution.Value.Multinomial(center.Shape[0] * negatives, replacement: true);
        Tensor positive = (u * Output.Forward(context)).Sum(-1).Sigmoid();
        Tensor against = Output.Forward(noise.Reshape(center.Shape[0], negatives)).MatMul(u.Unsqueeze(-1)).Squeeze(-1);
        return -(positive + 1e-6).Log() - ((-against).Sigmoid() + 1e-6).Log().Sum(-1);
    }
}

/// <summary>Users and items as vectors with biases and the mean rating. [B], [B] -> [B].</summary>
public sealed partial class MatrixFactorization(int users, int items, int factors, double meanRating) : Module
{
    public Embedding User { get; } = new(users, factors);
    public Embedding Item { get; } = new(items, factors);
    public Embedding UserBias { get; } = new(users, 1);
    public Embedding ItemBias { get; } = new(items, 1);
    public Buffer GlobalMean { get; } = new(Tensor.From((float)meanRating));

    public Tensor Forward(Tensor user, Tensor item) =>
        (User.Forward(user) * Item.Forward(item)).Sum(-1) + (UserBias.Forward(user) + ItemBias.Forward(item)).Squeeze(-1) + GlobalMean;
}

/// <summary>A table for each category and products between all of them, after DLRM (2019). [B, In], [B, Tables] -> [B, 1].</summary>
public sealed partial class Dlrm : Module
{
    public Dlrm(int denseFeatures, int width, IReadOnlyDictionary<string, int> categories)
    {
        Bottom = new(new Linear(denseFeatures, width), new ReLU());
        foreach ((string name, int count) in categories) Tables.Add(name, new Embedding(count, width));
        int vectors = categories.Count + 1;
        Top = new(new Linear(width + vectors * (vectors - 1) / 2, width), new ReLU(), new Linear(width, 1));
    }

    public Sequential Bottom { get; }
    public ModuleDictionary<Embedding> Tables { get; } = [];
    public Sequential Top { get; }

    public Tensor Forward(Tensor dense, Tensor categories)
    {
        Tensor bottom = Bottom.Forward(dense);
        var vectors = new List<Tensor> { bottom };
        int column = 0;
        foreach (Embedding table in Tables.Values) vectors.Add(table.Forward(categories[.., column++]));
        var products = new List<Tensor> { bottom };
        for (int i = 0; i < vectors.Count; i++)
            for (int j = 0; j < i; j++) products.Add((vectors[i] * vectors[j]).Sum(-1, keep: true));
        return Top.Forward(Tensor.Cat([.. products], -1));
    }
}

/// <summary>All pairs of features by one trick, after factorization machines (2010). [B, In] -> [B].</summary>
public sealed partial class FactorizationMachine(int features, int factors) : Module, IForward<Tensor, Tensor>
{
    public Linear First { get; } = new(features, 1);

    [StateName("v")]
    public Parameter Factors { get; } = new(Tensor.Rand(features, factors) - 0.5);

    public Tensor Forward(Tensor x)
    {
        Tensor sums = x.MatMul(Factors).Square() - x.Square().MatMul(Factors.Value.Square());
        return First.Forward(x).Squeeze(-1) + sums.Sum(-1) * 0.5;
    }
}

/// <summary>Relations as moves in space, after TransE (2013). [B], [B], [B] -> [B].</summary>
public sealed partial class TranslatingEmbedding(int entities, int relations, int width) : Module
{
    public Embedding Entities { get; } = new(entities, width);
    public Embedding Relations { get; } = new(relations, width);

    public Tensor Forward(Tensor head, Tensor relation, Tensor tail) =>
        (Entities.Forward(head) + Relations.Forward(relation) - Entities.Forward(tail)).Norm(2, -1);
}

/// <summary>Words plus learned positions, whose numbers are a buffer, after BERT (2018). [B, T] -> [B, T, C].</summary>
public sealed partial class BertEmbeddings : Module, IForward<Tensor, Tensor>
{
    public BertEmbeddings(int words, int positions, int width)
    {
        WordEmbeddings = new(words, width, paddingIndex: 0);
        PositionEmbeddings = new(positions, width);
        TokenTypeEmbeddings = new(2, width);
        Norm = new(width, eps: 1e-12);
        PositionIds = new(Tensor.Arange(positions).Unsqueeze(0));
    }

    public Embedding WordEmbeddings { get; }
    public Embedding PositionEmbeddings { get; }
    public Embedding TokenTypeEmbeddings { get; }

    [StateName("LayerNorm")]
    public LayerNorm Norm { get; }

    public Buffer PositionIds { get; }

    public Tensor Forward(Tensor ids)
    {
        Tensor places = PositionEmbeddings.Forward(PositionIds[.., ..ids.Shape[1]]);
        return Norm.Forward(WordEmbeddings.Forward(ids) + places + TokenTypeEmbeddings.Forward(Tensor.ZerosLike(ids)));
    }
}

/// <summary>Words plus sines of their place. [B, T] -> [B, T, C].</summary>
public sealed partial class SinusoidalEmbedding(int words, int width) : Module, IForward<Tensor, Tensor>
{
    public Embedding Words { get; } = new(words, width);
    public SinusoidalPositions Positions { get; } = new(4, width);
    public Dropout Drop { get; } = new(0.1);

    public Tensor Forward(Tensor ids) => Drop.Forward(Words.Forward(ids) * Math.Sqrt(width) + Positions.For(ids.Shape[1]));
}
