namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0016_Static_in_forward
{
    private const string Globals = """

        public static class Globals
        {
            public static readonly Tensor Mask = Tensor.Ones(2);
            public static Linear Head { get; } = new(2, 2);
            public static Tensor Fresh => Tensor.Ones(2);
            [Scratch("the host's own")] public static readonly Tensor Host = Tensor.Ones(2);
        }
        """;

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x * {|BAL0016:Globals.Mask|};")]
    [InlineData("public Tensor Forward(Tensor x) => {|BAL0016:Globals.Head|}.Forward(x);")]
    public Task Fires_on(string member) => Rule.Finds($"public sealed partial class Net : Module {{ {member} }}{Globals}");

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Mask.To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x * Globals.Host;")]
    [InlineData("public Buffer Mask { get; } = new(Globals.Mask); public Tensor Forward(Tensor x) => x * Mask;")]
    [InlineData("public static Tensor Run(Tensor x) => x * Globals.Mask;")]
    public Task Does_not_fire_on(string member) => Rule.Finds($"public sealed partial class Net : Module {{ {member} }}{Globals}");
}
