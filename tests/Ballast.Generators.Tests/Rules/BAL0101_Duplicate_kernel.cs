using Microsoft.CodeAnalysis;

namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0101_Duplicate_kernel
{
    [Fact]
    public void Fires_on_the_second_kernel_of_an_op()
    {
        var compilation = Host.Project("""
            using Ballast;
            using Ballast.Ops;
            namespace Zoo;
            public sealed class SoftmaxFast : IKernel<Softmax>;
            public sealed class SoftmaxCpu : IKernel<Softmax>;
            """);
        var found = Assert.Single(Host.Generate(compilation).Diagnostics);
        Assert.Equal("BAL0101", found.Id);
        Assert.Equal(DiagnosticSeverity.Error, found.Severity);
        Assert.Equal("'Zoo.SoftmaxCpu' and 'Zoo.SoftmaxFast' both implement IKernel<Ballast.Ops.Softmax>, "
            + "and a device has one kernel per op; remove one of them, or make it abstract", found.GetMessage(null));
        Assert.Equal("SoftmaxFast", found.Marked(compilation));
    }

    [Theory]
    [InlineData("public sealed class A : IKernel<Softmax>; public sealed class B : IKernel<Add>;")]
    [InlineData("public sealed class A : IKernel<Reduce<Sum>>; public sealed class B : IKernel<Reduce<Add>>;")]
    [InlineData("public abstract class A : IKernel<Softmax>; public sealed class B : A;")]
    [InlineData("public sealed partial class A : IKernel<Softmax>; public sealed partial class A : IKernel<Softmax>;")]
    public void Does_not_fire_on(string source) => Host.Generate(Host.Project("using Ballast; using Ballast.Ops; " + source)).AssertClean();
}
