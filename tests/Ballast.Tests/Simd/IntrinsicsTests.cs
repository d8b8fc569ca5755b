using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Ballast.Tests.Simd;

/// <summary>The width that this process was told to use; checked where the setting comes from <see cref="IntrinsicsTests"/>.</summary>
[Trait("Category", "Simd")]
public sealed class IntrinsicsSettingTests
{
    internal const string Variable = "BALLAST_TEST_INTRINSICS_OFF";

    [Fact]
    public void The_setting_of_the_parent_process_holds_here()
    {
        string off = Environment.GetEnvironmentVariable(Variable) ?? "";
        Assert.False(off == "AVX512" && Avx512F.IsSupported);
        Assert.False(off == "AVX2" && Avx2.IsSupported);
        Assert.False(off == "HWIntrinsic" && (Sse41.IsSupported || Avx2.IsSupported));
        if (off is "AVX2" or "HWIntrinsic") Assert.True(Vector<byte>.Count <= 16);
    }
}

/// <summary>The same tests in processes of their own, in which the wider instructions do not exist.</summary>
public sealed class IntrinsicsTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("AVX512")]
    [InlineData("AVX2")]
    [InlineData("HWIntrinsic")]
    public async Task The_simd_tests_pass_without(string instructions)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { "test", typeof(IntrinsicsTests).Assembly.Location, "--filter", "Category=Simd", "--nologo" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[$"DOTNET_Enable{instructions}"] = "0";
        // The name that runtimes before .NET 10 read.
        if (instructions == "AVX512") start.Environment["DOTNET_EnableAVX512F"] = "0";
        start.Environment[IntrinsicsSettingTests.Variable] = instructions;
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(_limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token),
        errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"without {instructions} the tests took longer than {_limit.TotalMinutes} minutes");
        }
        string text = await output + await errors;
        Assert.True(process.ExitCode == 0, text);
        Assert.Contains("Passed!", text, StringComparison.Ordinal);
    }
}
