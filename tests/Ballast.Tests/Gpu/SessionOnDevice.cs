using Ballast.Models;
using Ballast.Tests.Models;

namespace Ballast.Tests.Gpu;

/// <summary>A session on the device: the same logits as on the host, nothing read back, and no move unnoticed.</summary>
[Collection(DefaultGenerator.Name)]
public sealed class SessionOnDevice
{
    private static readonly int[] _text = [.. Enumerable.Range(0, 16).Select(i => (i * 13 + 5) % 65)];

    [OpenClTheory]
    [InlineData(PositionKind.Sinusoidal, DType.Float32, 1e-5)]
    [InlineData(PositionKind.Learned, DType.Float32, 1e-5)]
    [InlineData(PositionKind.Learned, DType.BFloat16, 0.05)]
    public void Steps_and_prefills_give_the_hosts_logits_and_read_nothing_back(PositionKind positions, DType dtype, double bound)
    {
        Gpt Model() => new Gpt(GoldenGpt.Config with { Positions = positions }, new Generator(4)).Eval();
        using Autograd.GradScope noGrad = Autograd.NoGrad();
        Tensor whole = Model().Forward(Tensor.From([.. _text.Select(t => (long)t)], [1, 16]));
        Gpt model = Model().To(dtype).To(OpenCl.Device);
        using GptSession session = model.StartSession();
        DeviceStats start = OpenCl.Device.Stats;
        List<Tensor> logits = [session.Prefill(_text.AsSpan(0, 3)).Clone(), session.Prefill(_text.AsSpan(3, 4)).Clone()];
        for (int i = 7; i < 16; i++) logits.Add(session.Step(_text[i]).Clone());
        session.Truncate(4);
        logits.Add(session.Step(Tensor.From<long>([_text[4]], [1]).To(OpenCl.Device)).Clone());
        Assert.Equal(0, (OpenCl.Device.Stats - start).CopiesToHost);
        int[] places = [2, 6, .. Enumerable.Range(7, 9), 4];
        for (int i = 0; i < places.Length; i++)
        {
            Tensor expected = whole.Select(1, places[i]).To(DType.Float32), actual = logits[i].To(Device.Cpu).To(DType.Float32);
            Assert.InRange((expected - actual).Abs().Max().Item<float>(), 0, bound);
        }
    }

    [OpenClFact]
    public void A_session_does_not_follow_its_model_to_another_device()
    {
        Gpt model = new Gpt(GoldenGpt.Config, new Generator(4)).Eval();
        using GptSession session = model.StartSession();
        session.Prefill(1, 2);
        model.To(OpenCl.Device);
        Assert.Contains("is now in float32 on opencl:0", Assert.Throws<InvalidOperationException>(() => session.Step(1)).Message);
    }
}
