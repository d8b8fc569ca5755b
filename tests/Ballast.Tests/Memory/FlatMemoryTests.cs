using System.Diagnostics;
using System.Globalization;
using Ballast.Models;

namespace Ballast.Tests.Allocation;

/// <summary>Loops that never dispose anything run in flat memory.</summary>
[Collection(AllocationCollection.Name)]
public sealed class FlatMemoryTests
{
    // One collection's budget: garbage that may be there or not when a figure is read.
    private const long SlackBytes = 24L << 20;

    // The process also holds what the runtime, the test host and its threads take.
    private const long ProcessSlackBytes = 96L << 20;

    // Pages that other threads of the test host may touch meanwhile.
    private const long FaultSlack = 32;

    private const int Iterations = 2_000;
    private const int Last = 500;

    [Fact]
    public void Two_thousand_training_steps_without_using_stay_flat()
    {
        Tensor w1 = Draw(64, 96).WithGrad(), w2 = Draw(96, 8).WithGrad(), x = Draw(128, 64), target = Draw(128, 8);
        MemoryStats before = default;
        long processBefore = 0;
        float first = 0, last = 0;
        long passedThrough = 0;
        for (int i = 0; i < Iterations; i++)
        {
            if (i == Iterations - Last)
            {
                before = Device.Cpu.Memory;
                processBefore = WorkingSet();
            }
            Tensor loss = (x.MatMul(w1).Relu().MatMul(w2) - target).Square().Mean();
            loss.Backward();
            using (Autograd.NoGrad())
            {
                w1.SubInPlace(w1.Grad! * 0.05);
                w2.SubInPlace(w2.Grad! * 0.05);
            }
            w1.Grad = w2.Grad = null;
            passedThrough += 4 * 128 * (3 * 96 + 4 * 8);
            if (i == 0) first = loss.Item();
            last = loss.Item();
        }
        MemoryStats after = Device.Cpu.Memory;
        long added = after.LiveBytes + after.CachedBytes - before.LiveBytes - before.CachedBytes;
        Assert.True(last < first, $"the loop must learn: loss {first} at first, {last} at last");
        Assert.True(passedThrough / Iterations * Last > 2 * SlackBytes,
            "the loop must pass through more than the slack, or it shows nothing");
        Assert.True(added <= SlackBytes, $"the last {Last} steps added {added:N0} bytes to what the allocator holds: {before} to {after}");
        Assert.True(WorkingSet() - processBefore <= ProcessSlackBytes,
            $"the process grew by {WorkingSet() - processBefore:N0} bytes in the last {Last} steps");
    }

    [Fact]
    public void A_scope_makes_the_figure_exact()
    {
        Tensor w = Draw(64, 64).WithGrad(), x = Draw(32, 64);
        Step(w, x);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long live = Device.Cpu.Memory.LiveBytes, allocations = 0;
        for (int i = 0; i < 200; i++)
        {
            if (i == 10) allocations = Device.Cpu.Memory.Allocations;
            using (TensorScope.Begin()) Step(w, x);
        }
        Assert.True(Device.Cpu.Memory.LiveBytes <= live, $"{Device.Cpu.Memory.LiveBytes:N0} bytes live after the scopes, {live:N0} before");
        Assert.Equal(allocations, Device.Cpu.Memory.Allocations);
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.BFloat16)]
    public void Two_thousand_decoded_tokens_take_no_memory_at_all(DType dtype)
    {
        var config = new GptConfig
        {
            VocabularySize = 512,
            BlockLength = 128,
            Width = 128,
            Heads = 4,
            Layers = 2,
            Positions = PositionKind.Learned,
        };
        Gpt model = new Gpt(config, new Generator(3)).To(dtype).Eval();
        using GptSession session = model.StartSession();
        session.Prefill(1, 2, 3);
        (long Blocks, long Held, long Managed, long Faults) taken = default;
        // Code that is not optimised yet boxes; the runtime optimises what has run often, a while later, and takes pages for it.
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 20_000; Thread.Sleep(20))
        {
            MemoryStats before = Device.Cpu.Memory;
            long faults = Faults(), managed = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Iterations; i++)
            {
                if (session.Length == session.Capacity) session.Truncate(i % 2 * 40);
                session.Step(i % config.VocabularySize);
            }
            managed = GC.GetAllocatedBytesForCurrentThread() - managed;
            faults = Faults() - faults;
            MemoryStats after = Device.Cpu.Memory;
            long held = after.LiveBytes + after.CachedBytes - before.LiveBytes - before.CachedBytes;
            taken = (after.Allocations - before.Allocations, held, managed, faults);
            if (taken is { Blocks: 0, Held: 0, Managed: 0, Faults: < FaultSlack }) return;
        }
        Assert.Fail(
            $"{Iterations} tokens took {taken.Blocks} blocks, {taken.Held} bytes, {taken.Managed} managed bytes, {taken.Faults} pages");
    }

    // Not Backward: gradients of leaves outlive every scope.
    private static void Step(Tensor w, Tensor x) => Autograd.Grad([x.MatMul(w).Tanh().Square().Mean()], [w]);

    private static Tensor Draw(int rows, int columns) => Tensor.RandN([rows, columns], generator: new Generator(rows * 31 + columns)) * 0.2;

    private static long WorkingSet()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Pages that the system has put in place for this process; 0 where it is not Linux.</summary>
    private static long Faults()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        string stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
