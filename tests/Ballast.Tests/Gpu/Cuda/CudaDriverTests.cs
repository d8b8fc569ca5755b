using Ballast.Gpu;

namespace Ballast.Tests.Gpu.Cuda;

/// <summary>What is said where there is no CUDA device, none that can be used, or a launch that no device takes.</summary>
public sealed class CudaDriverTests
{
    [Fact]
    public void The_family_is_registered_whether_or_not_there_is_a_driver()
    {
        Assert.Contains(Device.Kinds, k => k.Name == "cuda");
        var error = Assert.Throws<DeviceNotAvailableException>(() => Device.Parse("cuda:99"));
        Assert.Contains("cuda:99", error.Message);
        Assert.Contains("CUDA", error.Message);
    }

    [Fact]
    public async Task A_driver_that_is_missing_is_named_with_where_it_was_looked_for()
    {
        string line = await Cuda("/nonexistent/libcuda.so");
        Assert.StartsWith("cuda:0: 'cuda:0' cannot be used: the CUDA driver that BALLAST_CUDA names cannot be loaded (/nonexistent/libcuda.so",
            line, StringComparison.Ordinal);
        Assert.Contains("Correct the variable or unset it", line);
    }

    [Fact]
    public async Task A_library_that_is_no_driver_is_refused()
    {
        if (!OperatingSystem.IsLinux()) return; // the C library has another name elsewhere
        string line = await Cuda("libc.so.6");
        Assert.Contains("'libc.so.6' is no CUDA driver: it has no cuDevicePrimaryCtxRetain. Install NVIDIA's graphics driver", line);
    }

    [Fact]
    public void A_driver_or_device_that_is_too_old_is_told_with_what_is_needed()
    {
        Assert.Null(CuDevice.TooOld(11000));
        Assert.Contains("knows CUDA 10.2, and the kernels need CUDA 11.0", CuDevice.TooOld(10020));
        Assert.Null(CuDevice.TooWeak("Volta", 70));
        Assert.Contains("GTX 1080 has compute capability 6.1, and the kernels need 7.0", CuDevice.TooWeak("GTX 1080", 61));
    }

    [Fact]
    public void A_kernel_that_is_not_in_the_bundle_names_the_op_and_the_fix()
    {
        string text = CudaModules.NotThere("k_my_formula", Device.Cpu).Message;
        Assert.StartsWith("my_formula: cpu runs kernels that were compiled when the library was built", text, StringComparison.Ordinal);
        Assert.Contains("opencl:0", text);
    }

    [Fact]
    public void A_grid_that_CUDA_does_not_take_is_refused_with_its_limits()
    {
        CudaRuntime.CheckGrid("k", new Grid(int.MaxValue, 256, GpuRuntime.MostGroupsYZ, 1, GpuRuntime.MostGroupsYZ));
        var error = Assert.Throws<BallastException>(() => CudaRuntime.CheckGrid("matmul", new Grid(3, 16, 65_536, 16)));
        Assert.Contains("matmul: a grid of 3 x 65536 x 1 groups; CUDA takes 2147483647 x 65535 x 65535", error.Message);
    }

    private static async Task<string> Cuda(string file) => (await ProbeProcess.Run([("BALLAST_CUDA", file)], "missing"))
        .Single(l => l.StartsWith("cuda:0:", StringComparison.Ordinal));
}
