using Ballast.Models;

namespace Ballast.Bench.Peers;

/// <summary>The weights that both sides of a row start from.</summary>
internal static class GptWeights
{
    private const ulong Seed = 7;

    private static GptSizes? s_sizes;
    private static Gpt? s_model;

    /// <summary>False where one side is alone in its process: then nothing is kept for the other.</summary>
    public static bool Shared { get; set; } = true;

    /// <summary>A model that nobody may change while <see cref="Shared"/>; the last one is kept.</summary>
    public static Gpt Read(GptSizes sizes)
    {
        if (!Shared) return Draw(sizes);
        if (s_sizes == sizes) return s_model!;
        (s_sizes, s_model) = (null, null);
        OurSide.Forget();
        (s_sizes, s_model) = (sizes, Draw(sizes));
        return s_model;
    }

    /// <summary>A model of one's own.</summary>
    public static Gpt Own(GptSizes sizes) => Shared ? Read(sizes).Clone() : Draw(sizes);

    private static Gpt Draw(GptSizes sizes) => new(sizes.Config, new Generator(Seed));
}
