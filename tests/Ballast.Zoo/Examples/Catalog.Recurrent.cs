namespace Zoo;

/// <content>Recurrent networks.</content>
public static partial class Catalog
{
    public static Example Lstm => Example.Of(
        () => new Lstm(3, 4), (m, x) => m.Forward(x.Normal(2, 3, 3)), "weight_ih weight_hh bias_ih bias_hh", onDevice: true);

    public static Example Gru => Example.Of(
        () => new Gru(3, 4), (m, x) => m.Forward(x.Normal(2, 3, 3)),
        "from_input.weight from_input.bias from_hidden.weight from_hidden.bias");

    public static Example ElmanRnn => Example.Of(
        () => new ElmanRnn(3, 4), (m, x) => m.Forward(x.Normal(2, 3, 3)), "input.weight input.bias recurrent.weight h0");

    public static Example StatefulRnn => Example.Of(
        () => new StatefulRnn(2, 3, 4), (m, x) =>
        {
            m.Reset();
            return m.Forward(x.Normal(2, 2, 3)) + m.Forward(x.Normal(2, 2, 3));
        },
        "cell.from_input.weight cell.from_input.bias cell.from_hidden.weight cell.from_hidden.bias", onDevice: true);

    public static Example BidirectionalLstm => Example.Of(
        () => new BidirectionalLstm(3, 2), (m, x) => m.Forward(x.Normal(2, 3, 3)),
        """
        ahead.weight_ih ahead.weight_hh ahead.bias_ih ahead.bias_hh
        back.weight_ih back.weight_hh back.bias_ih back.bias_hh
        """);

    public static Example IndependentRnn => Example.Of(
        () => new IndependentRnn(3, 4), (m, x) => m.Forward(x.Normal(2, 3, 3)), "input.weight input.bias recurrent");

    public static Example Highway => Example.Of(
        () => new Highway(3, layers: 2), (m, x) => m.Forward(x.Normal(4, 3)),
        """
        transforms.0.weight transforms.0.bias transforms.1.weight transforms.1.bias
        gates.0.weight gates.0.bias gates.1.weight gates.1.bias
        """);

    public static Example Seq2Seq => Example.Of(
        () => new Seq2Seq(5, 6, 4), (m, x) => m.Forward(x.Ids(5, 2, 3), x.Ids(6, 2, 2)),
        """
        source.weight target.weight
        encoder.from_input.weight encoder.from_input.bias encoder.from_hidden.weight encoder.from_hidden.bias
        decoder.from_input.weight decoder.from_input.bias decoder.from_hidden.weight decoder.from_hidden.bias
        query_layer.weight key_layer.weight energy out.weight out.bias
        """);
}
