namespace Zoo;

/// <content>Targets, queues and contrasts.</content>
public static partial class Catalog
{
    public static Example MomentumContrast => Example.Of(
        () => new MomentumContrast(4, width: 3, queueLength: 6), (m, x) => m.Forward(x.Normal(2, 4), x.Normal(2, 4)),
        "encoder_q.weight encoder_q.bias encoder_k.weight encoder_k.bias queue queue_ptr",
        still: "encoder_k.weight encoder_k.bias", onDevice: true);

    public static Example TargetNetwork => Example.Of(
        () => new TargetNetwork(4, width: 3), (m, x) =>
        {
            m.Follow(0.01);
            return m.Forward(x.Normal(3, 4), x.Normal(3, 4));
        },
        """
        online.0.weight online.0.bias
        online.1.weight online.1.bias online.1.running_mean online.1.running_var online.1.num_batches_tracked
        online.3.weight online.3.bias
        predictor.weight predictor.bias
        target.0.weight target.0.bias
        target.1.weight target.1.bias target.1.running_mean target.1.running_var target.1.num_batches_tracked
        target.3.weight target.3.bias
        """,
        still: "target.0.weight target.0.bias target.1.weight target.1.bias target.3.weight target.3.bias");

    public static Example ContrastiveHead => Example.Of(
        () => new ContrastiveHead(4, width: 3), (m, x) => m.Forward(x.Normal(4, 4)),
        """
        fc1.weight fc1.bias bn.weight bn.bias bn.running_mean bn.running_var bn.num_batches_tracked fc2.weight logit_scale
        """);

    public static Example Siamese => Example.Of(
        () => new Siamese(4, width: 3), (m, x) => m.Forward(x.Normal(2, 4), x.Normal(2, 4)), "left.weight scale");

    public static Example CentredTeacher => Example.Of(
        () => new CentredTeacher(4, classes: 3), (m, x) => m.Forward(x.Normal(2, 4)),
        "student.weight student.bias teacher.weight teacher.bias center", still: "teacher.weight teacher.bias");

    public static Example CosineClassifier => Example.Of(
        () => new CosineClassifier(4, classes: 3), (m, x) => m.Forward(x.Normal(2, 4), x.Ids(3, 2)), "weight scale");
}
