using System.Text.RegularExpressions;
using Ballast.Gpu;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>The PTX that is built into the library. The first test looks at what all others of the process asked an OpenCL device for, so this
/// class runs after those that run side by side.</summary>
[Collection(nameof(FaultsAlone))]
public sealed partial class PtxBundleTests
{
    private const string Again = "make it again: dotnet run build.cs -- ptx";

    [OpenClFact]
    public void Every_kernel_that_was_asked_of_OpenCL_is_in_the_bundle()
    {
        if (OpenCl.Device.Runtime is not OpenClRuntime runtime) return; // another device under the same tests: CUDA has only the bundle
        _ = (Tensor.Ones([3, 4], device: OpenCl.Device).T.Contiguous() * 2).Sum().Item();
        (string Text, string Name)[] asked = runtime.Asked;
        Assert.NotEmpty(asked);
        string[] missing = [.. asked.Where(k => !k.Text.Contains(OwnKernels.Mark) && PtxBundle.Embedded.Find(k.Text, k.Name) is null)
            .Select(k => $"{k.Name} ({PtxBundle.HashOf(k.Text)})")];
        Assert.True(missing.Length == 0, $"{missing.Length} of {asked.Length} kernels are not in the bundle; {Again}\n{string.Join('\n', missing)}");
    }

    [Fact]
    public void The_bundle_was_made_with_the_present_prelude() =>
        Assert.True(PtxBundle.HashOf(KernelText.Prelude) == PtxBundle.Embedded.PreludeHash, $"the prelude has changed since; {Again}");

    [Fact]
    public void Modules_define_every_function_they_call_and_say_how_large_their_groups_are()
    {
        Assert.True(PtxBundle.Embedded.Modules.Count > 1000);
        foreach (PtxModule module in PtxBundle.Embedded.Modules.Values)
        {
            Assert.DoesNotContain(".extern", module.Ptx);
            Assert.StartsWith(".version 7.0\n.target sm_", module.Ptx, StringComparison.Ordinal);
            string[] entries = [.. Entry().Matches(module.Ptx).Select(m => m.Groups[1].Value)];
            Assert.All(module.Kernels.Split(','), name => Assert.Contains(name, entries));
            Assert.Equal(entries.Length, Size().Count(module.Ptx));
        }
    }

    [Fact]
    public void A_bundle_packs_and_unpacks_to_the_same_text()
    {
        var bundle = new PtxBundle("a b", new Dictionary<string, PtxModule>
        {
            ["22"] = new("22", "k_b", ".version 7.0\n{\n}\n"),
            ["11"] = new("11", "k_a,k_c", ".version 7.0\n.entry k_a()\n"),
        });
        PtxBundle again = PtxBundle.Unpack(bundle.Pack());
        Assert.Equal(bundle.ToText(), again.ToText());
        Assert.Equal(["k_a,k_c", "k_b"], again.Modules.Values.Select(m => m.Kernels));
    }

    [Fact]
    public void Bytes_that_are_no_bundle_are_refused_with_the_command_that_makes_it()
    {
        byte[] cut = new PtxBundle("a b", new Dictionary<string, PtxModule> { ["11"] = new("11", "k_a", "text\n") }).Pack()[..^4];
        var error = Assert.Throws<BallastException>(() => PtxBundle.Unpack(cut));
        Assert.Contains(Again, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_have_the_sizes_that_launches_pass()
    {
        PtxModule copy = PtxBundle.Embedded.Modules.Values.First(m => m.Kernels == "k_copy" && m.Ptx.Contains(".b8 k_copy_param_1[64]"));
        // Count, lengths, and for each operand its block, offset and strides.
        Assert.Equal([8, 64, 8, 8, 64, 8, 8, 64], CudaModules.ParameterBytes(copy.Ptx, "k_copy"));
        var kernel = new CudaKernel(0, "k", [8, 64, 4, 8]);
        CudaRuntime.CheckArguments(kernel, [7L, Arg.Vector([1, 2, 3, 4, 5, 6, 7, 8]), 1f, 2.0]);
        var error = Assert.Throws<BallastException>(() => CudaRuntime.CheckArguments(kernel, [7L, Arg.Vector([1, 2]), 1f, 2.0]));
        Assert.Contains("the arguments are 8, 16, 4, 8 bytes; the kernel declares 8, 64, 4, 8", error.Message);
    }

    [Fact]
    public void The_text_of_a_formula_does_not_depend_on_its_host_numbers()
    {
        // One number equal to a literal of the formula, one that used to stand in the text, one of its own.
        string[] texts = [.. ((double[])[0.5, 1, 0, -7.25]).Select(number =>
        {
            using FormulaText text = FormulaText.Begin();
            Sym x = text.Input("x"), result = new ScalarRight<PowFormula>(default, number).Slope(x) * Sym.Const(0.5);
            return text.Lines + result;
        }).Distinct()];
        Assert.Single(texts);
    }

    [GeneratedRegex(@"^\.visible \.entry (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\.reqntid \d+, \d+, 1\n\{", RegexOptions.Multiline)]
    private static partial Regex Size();
}

/// <summary>Texts that tests write themselves.</summary>
internal static class OwnKernels
{
    /// <summary>What such a text contains.</summary>
    public const string Mark = "// a test's own";
}
