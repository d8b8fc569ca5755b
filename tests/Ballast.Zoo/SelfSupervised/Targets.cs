namespace Zoo;

/// <summary>A queue of keys with a pointer, and an encoder that follows, after MoCo (2019). [B, In], [B, In] -> [B, 1 + Queue].</summary>
public sealed partial class MomentumContrast : Module
{
    private readonly double _momentum;

    public MomentumContrast(int inFeatures, int width, int queueLength, double momentum = 0.999)
    {
        _momentum = momentum;
        EncoderQ = new(inFeatures, width);
        EncoderK = EncoderQ.Clone().Freeze();
        Queue = new(Tensor.Eye(width, queueLength).Normalize(axis: 0));
        QueuePtr = new(Tensor.Zeros([1], DType.Int64));
    }

    public Linear EncoderQ { get; }
    public Linear EncoderK { get; }
    public Buffer Queue { get; }
    public Buffer QueuePtr { get; }

    public Tensor Forward(Tensor query, Tensor key)
    {
        Tensor q = EncoderQ.Forward(query).Normalize(), k;
        using (Autograd.NoGrad())
        {
            if (Training) Follow();
            k = EncoderK.Forward(key).Normalize();
        }
        Tensor positive = (q * k).Sum(-1, keep: true), negative = q.MatMul(Queue.Value.Clone());
        if (Training) Enqueue(k);
        return Tensor.Cat([positive, negative], -1) / 0.07;
    }

    private void Follow()
    {
        foreach ((Parameter online, Parameter target) in EncoderQ.Parameters().Zip(EncoderK.Parameters()))
            target.Assign(target * _momentum + online * (1 - _momentum));
    }

    // The pointer stays on the device: the columns to write are counted from it there.
    private void Enqueue(Tensor keys)
    {
        int batch = keys.Shape[0], length = Queue.Shape[1];
        Tensor places = (QueuePtr.Value + Tensor.Arange(batch, device: keys.Device)) % length;
        Queue.Value = Queue.Value.Scatter(1, places.Unsqueeze(0).Expand(keys.Shape[1], batch), keys.T.Contiguous());
        QueuePtr.Value = (QueuePtr.Value + batch) % length;
    }
}

/// <summary>A target network that follows the online one, after BYOL (2020). [B, In], [B, In] -> the loss, [B].</summary>
public sealed partial class TargetNetwork : Module
{
    public TargetNetwork(int inFeatures, int width)
    {
        Online = new(new Linear(inFeatures, width), new BatchNorm1d(width), new ReLU(), new Linear(width, width));
        Predictor = new(width, width);
        Target = Online.Clone().Freeze();
    }

    public Sequential Online { get; }
    public Linear Predictor { get; }
    public Sequential Target { get; }

    public Tensor Forward(Tensor one, Tensor other)
    {
        Tensor prediction = Predictor.Forward(Online.Forward(one)).Normalize(), goal;
        using (Autograd.NoGrad()) goal = Target.Forward(other).Normalize();
        return 2 - (prediction * goal).Sum(-1) * 2;
    }

    /// <summary>Brings the target a little toward the online network; called after each step.</summary>
    public void Follow(double rate)
    {
        using (Autograd.NoGrad())
            foreach ((Parameter online, Parameter target) in Online.Parameters().Zip(Target.Parameters()))
                target.Assign(target + (online - target) * rate);
    }
}

/// <summary>A projection head and its contrastive loss, after SimCLR (2020). [2 * B, In] -> the logits, [2 * B, 2 * B].</summary>
public sealed partial class ContrastiveHead(int inFeatures, int width) : Module, IForward<Tensor, Tensor>
{
    public Linear Fc1 { get; } = new(inFeatures, inFeatures);
    public BatchNorm1d Bn { get; } = new(inFeatures);
    public Linear Fc2 { get; } = new(inFeatures, width, bias: false);
    public Parameter LogitScale { get; } = new(Tensor.From(1f));

    public Tensor Forward(Tensor x)
    {
        Tensor z = Fc2.Forward(Bn.Forward(Fc1.Forward(x)).Relu()).Normalize();
        Tensor self = Tensor.Eye(x.Shape[0], device: x.Device).ToBool();
        return (z.MatMul(z.T) * LogitScale.Value.Exp()).MaskedFill(self, -1e4);
    }
}

/// <summary>One encoder under both inputs, reachable by two names: one tie, saved once. [B, In], [B, In] -> [B].</summary>
public sealed partial class Siamese : Module
{
    public Siamese(int inFeatures, int width) => Right = Left = new(inFeatures, width, bias: false);

    public Linear Left { get; }
    public Linear Right { get; }
    public Parameter Scale { get; } = new(Tensor.Ones(1));

    public Tensor Forward(Tensor a, Tensor b) => (Left.Forward(a) - Right.Forward(b)).Square().Sum(-1) * Scale;
}

/// <summary>A teacher whose outputs are centred by a running mean, after DINO (2021). [B, In] -> the loss, [B].</summary>
public sealed partial class CentredTeacher : Module, IForward<Tensor, Tensor>
{
    public CentredTeacher(int inFeatures, int classes)
    {
        Student = new(inFeatures, classes);
        Teacher = Student.Clone().Freeze();
        Center = new(Tensor.Zeros(1, classes));
    }

    public Linear Student { get; }
    public Linear Teacher { get; }
    public RunningStat Center { get; }

    public Tensor Forward(Tensor x)
    {
        Tensor taught = Teacher.Forward(x).Detach();
        Tensor goal = ((taught - Center) / 0.04).Softmax(-1).To(x.DType);
        if (Training) Center.Update(taught.Mean(0, keep: true), 0.1);
        return -(goal * (Student.Forward(x) / 0.1).LogSoftmax(-1)).Sum(-1);
    }
}

/// <summary>Class prototypes on the sphere with a margin, after ArcFace-like heads. [B, In], [B] -> [B, Classes].</summary>
public sealed partial class CosineClassifier(int inFeatures, int classes, double margin = 0.2) : Module
{
    public Parameter Weight { get; } = new(Init.XavierUniform(Tensor.Empty([classes, inFeatures])));
    public Buffer Scale { get; } = new(Tensor.From(16f));

    public Tensor Forward(Tensor x, Tensor labels)
    {
        Tensor cosine = x.Normalize().MatMul(Weight.Value.Normalize().T);
        Tensor hit = labels.Unsqueeze(-1).Eq(Tensor.Arange(Weight.Shape[0], device: x.Device));
        return (cosine - hit.To(x.DType) * margin) * Scale;
    }
}
