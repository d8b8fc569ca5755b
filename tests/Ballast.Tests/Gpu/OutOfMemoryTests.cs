using Ballast.Optimizers;

namespace Ballast.Tests.Gpu;

/// <summary>A device whose memory ends at a chosen request. These tests run alone: the device is everybody's.</summary>
[Collection(nameof(FaultsAlone))]
public sealed class OutOfMemoryTests
{
    private static DeviceRuntime Runtime => OpenCl.Device.Runtime;

    [OpenClFact]
    public void A_refused_request_frees_the_cache_and_is_asked_again()
    {
        // What other tests left behind must not come back into the cache in the middle of this one.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Runtime.Allocator.Trim();
        using (TensorScope.Begin()) _ = Tensor.Zeros([100_000], device: OpenCl.Device); // now in the cache
        Assert.True(OpenCl.Device.Memory.CachedBytes >= 400_000);
        Tensor x = Refusing(request => request == 1, () => Tensor.Full([200_000], 2, DType.Float32, OpenCl.Device));
        Assert.True(OpenCl.Device.Memory.CachedBytes < 400_000, $"{OpenCl.Device.Memory}");
        Assert.Equal(400_000, x.Sum().Item());
    }

    [OpenClFact]
    public void Dead_tensors_are_collected_before_a_request_fails()
    {
        Runtime.Allocator.Trim();
        long live = MakeGarbage();
        Refusing(request => request == 1, () => Tensor.Zeros([2_000_000], device: OpenCl.Device));
        Assert.True(OpenCl.Device.Memory.LiveBytes < live, $"{OpenCl.Device.Memory}, {live} before");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static long MakeGarbage()
        {
            for (int i = 0; i < 3; i++) _ = Tensor.Zeros([1_000_000], device: OpenCl.Device);
            return OpenCl.Device.Memory.LiveBytes;
        }
    }

    [OpenClFact]
    public void What_cannot_be_helped_is_told_with_the_device_s_figures()
    {
        Runtime.Allocator.Trim();
        string text = Assert.Throws<DeviceOutOfMemoryException>(() =>
            Refusing(_ => true, () => Tensor.Zeros([3_333_333], device: OpenCl.Device))).Message;
        foreach (string piece in (string[])["opencl:0 has no memory for 13,333,332 bytes", "bytes live", "0 bytes cached", "bytes in all",
            "The cache was freed and garbage collected first", "smaller batch"])
            Assert.Contains(piece, text, StringComparison.Ordinal);
        Assert.Equal(0, Tensor.Zeros([3_333_333], device: OpenCl.Device).Sum().Item());
    }

    [OpenClFact]
    public void A_move_that_runs_out_of_memory_at_any_request_leaves_the_module_as_it_was()
    {
        var module = new Traveller(5);
        AdamW optimizer = module.NewOptimizer();
        Tensor x = Tensor.Rand([4, 6], generator: new Generator(6));
        module.Learn(x);
        optimizer.Step();
        Dictionary<string, (DType DType, byte[] Bytes)> before = module.Bits();
        Variable[] handles = [.. module.Parameters(), .. module.Buffers()];
        Storage[] storages = [.. handles.Select(h => h.Current.Storage)];
        int refused = 0;
        for (bool moved = false; !moved; refused++)
        {
            // What the last attempt left would serve this one.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Runtime.Allocator.Trim();
            try
            {
                int least = refused + 1;
                Refusing(request => request >= least, () => module.To(OpenCl.Device));
                moved = true;
            }
            catch (DeviceOutOfMemoryException)
            {
                Assert.Equal(storages, handles.Select(h => h.Current.Storage)); // not one was touched
                Assert.Equal(before.Keys.Order(), module.Bits().Keys.Order());
                foreach ((string path, (DType dtype, byte[] bytes)) in module.Bits())
                    Assert.True(dtype == before[path].DType && bytes.AsSpan().SequenceEqual(before[path].Bytes), $"{path} at request {refused}");
                Assert.All(optimizer.States, s => Assert.All(s.Tensors.Values, t => Assert.Same(Device.Cpu, t.Device)));
            }
        }
        // Values of fourteen handles and seven gradients: each had its turn to fail.
        Assert.True(refused > handles.Length, $"{refused} requests");
        Assert.All(handles, h => Assert.Same(OpenCl.Device, h.Device));
        optimizer.ZeroGrad();
        module.Learn(x.To(OpenCl.Device));
        optimizer.Step();
        Assert.All(optimizer.States.Where(s => s.Parameter.Grad is not null), s => Assert.Equal(2, s.Step));
    }

    /// <summary>Runs something while requests of this thread, counted from 1, are refused; others of the process are let through.</summary>
    private static T Refusing<T>(Func<int, bool> refuse, Func<T> run)
    {
        int thread = Environment.CurrentManagedThreadId, requests = 0;
        Runtime.Refuses = _ => Environment.CurrentManagedThreadId == thread && refuse(++requests);
        try
        {
            return run();
        }
        finally
        {
            Runtime.Refuses = null;
        }
    }
}
