using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0002_Module_not_partial
{
    [Theory]
    [InlineData("public sealed class Net : Module;",
        "'Net' is a module but not partial, so its state cannot be walked; add the `partial` keyword to 'Net'")]
    [InlineData("public class Outer { public partial class Net : Module; }",
        "'Net' is a module but inside 'Outer', which is not partial, so its state cannot be walked; add the `partial` keyword to 'Outer'")]
    [InlineData("public class Outer { private class Net : Module; }",
        "'Net' is a module but not partial, so its state cannot be walked; add the `partial` keyword to 'Outer' and 'Net'")]
    [InlineData("file sealed partial class Net : Module;",
        "'Net' is a module but local to its file, and C# cannot add a part to such a class from a generated one, so its state cannot be "
        + "walked; make 'Net' internal, or override VisitState by hand")]
    [InlineData("file partial class Outer { public partial class Net : Module; }",
        "'Net' is a module but inside 'Outer', which is local to its file, and C# cannot add a part to such a class from a generated one, "
        + "so its state cannot be walked; make 'Outer' internal, or override VisitState by hand")]
    public void The_message_says_where_the_keyword_is_missing(string source, string message)
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

    // The compiler says CS0534 too: the class lacks the walk that the generator could not add.
    [Theory]
    [InlineData("public sealed class {|CS0534:{|BAL0002:Net|}|} : Module;")]
    [InlineData("public abstract class {|BAL0002:Net|} : Module;")]
    [InlineData("public class Outer { public partial class {|CS0534:{|BAL0002:Net|}|} : Module; }")]
    [InlineData("public partial class Net : Module; public sealed class {|BAL0002:Deep|} : Net;")]
    public Task Fires_on(string source) => Rule.Finds(source);

    [Theory]
    [InlineData("public sealed partial class Net : Module;")]
    [InlineData("public sealed class Net : Module { public override void VisitState(IStateVisitor visitor) { } }")]
    [InlineData("file sealed class Net : Module { public override void VisitState(IStateVisitor visitor) { } }")]
    [InlineData("file static class Outer { public static Linear Make() => new(2, 2); } public sealed partial class Net : Module;")]
    [InlineData("public class Plain; public class Below : Plain, System.IDisposable { public void Dispose() { } }")]
    public Task Does_not_fire_on(string source) => Rule.Finds(source);

    [Theory]
    [InlineData("public sealed class {|CS0534:{|BAL0002:Net|}|} : Module;", "public sealed partial class Net : Module;")]
    [InlineData("class {|CS0534:{|BAL0002:Net|}|} : Module;", "partial class Net : Module;")]
    [InlineData("public class Outer { private class {|CS0534:{|BAL0002:Net|}|} : Module; }",
        "public partial class Outer { private partial class Net : Module; }")]
    [InlineData("file sealed partial class {|CS0534:{|BAL0002:Net|}|} : Module;", "internal sealed partial class Net : Module;")]
    [InlineData("/// <summary>A net.</summary>\nfile class {|CS0534:{|BAL0002:Net|}|} : Module;", "/// <summary>A net.</summary>\ninternal partial class Net : Module;")]
    [InlineData("file class Outer { public partial class {|CS0534:{|BAL0002:Net|}|} : Module; }", "internal partial class Outer { public partial class Net : Module; }")]
    public Task Fixed_by_the_keyword(string source, string result) => Rule.Fixes_(source, "Partial", result, all: false);

    [Fact]
    public Task Fixed_all_at_once_inside_one_class() => Rule.Fixes_(
        "public class Outer { class {|CS0534:{|BAL0002:First|}|} : Module; class {|CS0534:{|BAL0002:Second|}|} : Module; }", "Partial",
        "public partial class Outer { partial class First : Module; partial class Second : Module; }");

    [Theory]
    [InlineData("public partial class Net : Module; public sealed class {|BAL0002:Deep|} : Net;", "public partial class Net : Module; public sealed partial class Deep : Net;")]
    [InlineData("public abstract class {|BAL0002:Net|} : Module; public sealed partial class Deep : Net;", "public abstract partial class Net : Module; public sealed partial class Deep : Net;")]
    public Task Fixed_where_the_compiler_misses_nothing(string source, string result) => Rule.Fixes_(source, "Partial", result);
}
