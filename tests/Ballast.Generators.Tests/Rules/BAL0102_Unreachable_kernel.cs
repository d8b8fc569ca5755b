namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0102_Unreachable_kernel
{
    [Theory]
    [InlineData("public static class Outer { private sealed class K : IKernel<Softmax>; }",
        "'K' implements IKernel<Ballast.Ops.Softmax> but 'K' is not visible to its whole assembly, "
        + "so the kernel table cannot create it; make 'K' internal")]
    [InlineData("file sealed class K : IKernel<Softmax>;",
        "'K' implements IKernel<Ballast.Ops.Softmax> but 'K' is local to its file, "
        + "so the kernel table cannot create it; make 'K' internal")]
    [InlineData("public sealed class K : IKernel<Softmax> { public K(int threads) => _ = threads; }",
        "'K' implements IKernel<Ballast.Ops.Softmax> but has no accessible constructor without arguments, "
        + "so the kernel table cannot create it; give it one")]
    public void Fires_on(string source, string message)
    {
        var compilation = Host.Project("using Ballast; using Ballast.Ops; " + source);
        var generated = Host.Generate(compilation);
        var found = Assert.Single(generated.Diagnostics);
        Assert.Equal("BAL0102", found.Id);
        Assert.Equal(message, found.GetMessage(null));
        Assert.Equal("K", found.Marked(compilation));
        Assert.Empty(generated.Files);
    }

    [Theory]
    [InlineData("public sealed class K : IKernel<Softmax> { public K(int threads = 0) => _ = threads; }")]
    [InlineData("public static class Outer { internal sealed class K : IKernel<Softmax>; }")]
    public void Does_not_fire_on(string source)
    {
        var generated = Host.Generate(Host.Project("using Ballast; using Ballast.Ops; " + source));
        generated.AssertClean();
        Assert.Single(generated.Files);
    }
}
