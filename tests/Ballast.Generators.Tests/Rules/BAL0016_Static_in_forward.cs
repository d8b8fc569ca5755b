namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0016_Static_in_forward
{
    private const string Globals = """

        public static class Globals
        {
            public static readonly Tensor Mask = Tensor.Ones(2);
            public static Linear Head { get; } = new(2, 2);
            public static readonly Dictionary<int, Tensor> Table = [];
            public static readonly Dictionary<(int, Device), Tensor> ByDevice = [];
            public static readonly int[] Sizes = [1];
            public static Tensor Fresh => Tensor.Ones(2);
            [Scratch("the host's own")] public static readonly Tensor Host = Tensor.Ones(2);
        }
        """;

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x * {|BAL0016:Globals.Mask|};")]
    [InlineData("public Tensor Forward(Tensor x) => {|BAL0016:Globals.Head|}.Forward(x);")]
    [InlineData("public Tensor Forward(Tensor x) => x * {|BAL0016:Globals.Table|}[2];")]
    [InlineData("public Tensor Forward(Tensor x) { foreach (var t in {|BAL0016:Globals.Table|}.Values) x += t; return x; }")]
    [InlineData("private static Tensor Get(int n) => {|BAL0016:Globals.Table|}[n]; public Tensor Forward(Tensor x) => x * Get(2);")]
    [InlineData("private Tensor Half => {|BAL0016:Globals.Mask|} / 2; public Tensor Forward(Tensor x) => x * Half;")]
    public Task Fires_on(string member) => Rule.Finds($"public sealed partial class Net : Module {{ {member} }}{Globals}");

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Mask.To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Host;")]
    [InlineData("public Buffer Mask { get; } = new(Globals.Mask); public Tensor Forward(Tensor x) => x * Mask;")]
    [InlineData("public static Tensor Run(Tensor x) => x * Globals.Mask;")]
    [InlineData("private static Tensor Get(int n) => Globals.Table[n]; public Tensor Forward(Tensor x) => x * Get(2).To(x.Device);")]
    [InlineData("private static int Length() => Globals.Mask.Shape[0]; public Tensor Forward(Tensor x) => x * Length();")]
    [InlineData("private static Tensor Get(int n) => Globals.Table[n]; public Buffer M { get; } = new(Get(2)); public Tensor Forward(Tensor x) => x * M;")]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Table[2].To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.ByDevice[(2, x.Device)] * Globals.Sizes[0];")]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Fresh.To(x.Device);")]
    public Task Does_not_fire_on(string member) => Rule.Finds($"public sealed partial class Net : Module {{ {member} }}{Globals}");
}
