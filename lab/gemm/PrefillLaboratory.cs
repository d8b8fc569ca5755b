using Ballast.Models;

namespace Ballast.Lab.Products;

/// <summary>Reading a prompt with GPT-2's 124 million parameters: each weight once, one after the other, from memory.</summary>
internal sealed class PrefillLaboratory : ILaboratory
{
    private const string Half = "bf16";
    private static readonly Dictionary<(DType, bool), Gpt> _models = [];

    public string Name => "prefill";

    public string Purpose => "a GPT-2 124M prompt of so many tokens, with weights as they are and packed ahead";

    public IReadOnlyList<LabSize> Odd { get; } = [];

    public IReadOnlyList<LabSize> Sweep { get; } =
    [
        .. from tag in new[] { "", Half }
        from tokens in new[] { 8, 16, 32, 64, 128, 256, 512, 1024 }
        select new LabSize(null, tag, tokens),
    ];

    public ILabTrial Prepare(LabSize size) => new Trial(size.Axes[0], size.Tag == Half ? DType.BFloat16 : DType.Float32);

    private sealed class Trial : ILabTrial
    {
        private readonly GptSession _plain, _packed;

        public Trial(int tokens, DType dtype)
        {
            Tensor prompt = Tensor.From([.. Enumerable.Range(0, tokens).Select(i => (long)(i * 7919 % GptConfig.Gpt2.VocabularySize))], [1, tokens]);
            _plain = Start(dtype, packed: false);
            _packed = Start(dtype, packed: true);
            Versions = [new("library", () => Read(_plain, prompt)), new("packed", () => Read(_packed, prompt))];
        }

        public IReadOnlyList<LabVersion> Versions { get; }

        public double Tolerance => 0;

        public void Spoil() { }

        public double[] Result() => [];

        public double[]? Reference() => null;

        public void Dispose()
        {
            _plain.Dispose();
            _packed.Dispose();
        }

        private static GptSession Start(DType dtype, bool packed)
        {
            if (!_models.TryGetValue((dtype, packed), out Gpt? model))
            {
                model = new Gpt(GptConfig.Gpt2, new Generator(1)).To(dtype).Eval();
                _models.Add((dtype, packed), packed ? model.PackWeights() : model);
            }
            return model.StartSession();
        }

        private static void Read(GptSession session, Tensor prompt)
        {
            session.Reset();
            session.Prefill(prompt);
        }
    }
}
