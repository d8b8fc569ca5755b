using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0002_Module_not_partial
{
    [Theory]
    [InlineData("public sealed class Net : Module;",
        "'Net' is a module but not partial, so its state cannot be walked; add the `partial` keyword to 'Net'")]
    [InlineData("public abstract class Net : Module;",
        "'Net' is a module but not partial, so its state cannot be walked; add the `partial` keyword to 'Net'")]
    [InlineData("public class Outer { public partial class Net : Module; }",
        "'Net' is a module but inside 'Outer', which is not partial, so its state cannot be walked; add the `partial` keyword to 'Outer'")]
    [InlineData("public class Outer { private class Net : Module; }",
        "'Net' is a module but not partial, so its state cannot be walked; add the `partial` keyword to 'Outer' and 'Net'")]
    [InlineData("file partial class Net : Module;",
        "'Net' is a module but local to its file, so its state cannot be walked; make it internal, or override VisitState by hand")]
    public void Fires_on(string source, string message)
    {
        var compilation = Host.Project("using Ballast;\n" + source);
        var generated = Host.Generate(compilation);
        var found = Assert.Single(generated.Diagnostics);
        Assert.Equal("BAL0002", found.Id);
        Assert.Equal(DiagnosticSeverity.Error, found.Severity);
        Assert.Equal(message, found.GetMessage(null));
        Assert.Equal("Net", found.Marked(compilation));
        Assert.Empty(generated.Files);
    }

    [Fact]
    public void Fires_on_a_class_below_a_partial_module()
    {
        var generated = Host.Generate(Host.Project("using Ballast; public partial class Net : Module; public sealed class Deep : Net;"));
        Assert.Equal("BAL0002", Assert.Single(generated.Diagnostics).Id);
        Assert.Equal("Net.VisitState.g.cs", Assert.Single(generated.Files).Key);
    }

    [Theory]
    [InlineData("public sealed partial class Net : Module;")]
    [InlineData("public sealed class Net : Module { public override void VisitState(IStateVisitor visitor) { } }")]
    [InlineData("file sealed class Net : Module { public override void VisitState(IStateVisitor visitor) { } }")]
    [InlineData("public class Plain; public class Below : Plain, System.IDisposable { public void Dispose() { } }")]
    public void Does_not_fire_on(string source) => Host.Generate(Host.Project("using Ballast;\n" + source)).AssertClean();
}
