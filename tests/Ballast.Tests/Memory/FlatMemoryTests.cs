using System.Diagnostics;

namespace Ballast.Tests.Allocation;

/// <summary>Loops that never dispose anything run in flat memory.</summary>
[Collection(AllocationCollection.Name)]
public sealed class FlatMemoryTests
{
    // One collection's budget: garbage that may be there or not when a figure is read.
    private const long SlackBytes = 24L << 20;

    // The process also holds what the runtime, the test host and its threads take.
    private const long ProcessSlackBytes = 96L << 20;

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

    // Not Backward: gradients of leaves outlive every scope.
    private static void Step(Tensor w, Tensor x) => Autograd.Grad([x.MatMul(w).Tanh().Square().Mean()], [w]);

    private static Tensor Draw(int rows, int columns) => Tensor.RandN([rows, columns], generator: new Generator(rows * 31 + columns)) * 0.2;

    private static long WorkingSet()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
