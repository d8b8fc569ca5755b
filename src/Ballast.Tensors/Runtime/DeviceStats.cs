namespace Ballast;

/// <summary>What a device was asked to do since it was opened. Subtract an earlier reading to count a stretch:
/// <c>device.Stats - before</c>.</summary>
/// <remarks>
/// Readings are cheap and never wait for the device: what is queued counts when it is queued. Counts of all threads go together. The CPU
/// runs its ops where they are called and shares the host's memory, so it counts allocations only; meta counts nothing.
/// </remarks>
/// <param name="Launches">Kernels queued.</param>
/// <param name="Moves">Copies and fills queued that stay within the device.</param>
/// <param name="CopiesToDevice">Copies from the host.</param>
/// <param name="BytesToDevice">Bytes of these copies.</param>
/// <param name="CopiesToHost">Copies to the host; each waits for the queue.</param>
/// <param name="BytesToHost">Bytes of these copies.</param>
/// <param name="Allocations">How often the driver was asked for memory; blocks that the allocator's cache gave are not among them.</param>
/// <param name="Waits">How often the host waited for the queue: copies to the host and calls of <see cref="Device.Synchronize"/>.</param>
public readonly record struct DeviceStats(long Launches, long Moves, long CopiesToDevice, long BytesToDevice, long CopiesToHost,
    long BytesToHost, long Allocations, long Waits)
{
    /// <summary>What happened between two readings.</summary>
    public static DeviceStats operator -(DeviceStats after, DeviceStats before) => new(after.Launches - before.Launches,
        after.Moves - before.Moves, after.CopiesToDevice - before.CopiesToDevice, after.BytesToDevice - before.BytesToDevice,
        after.CopiesToHost - before.CopiesToHost, after.BytesToHost - before.BytesToHost, after.Allocations - before.Allocations,
        after.Waits - before.Waits);

    /// <summary>The counts as one line, bytes in full.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Launches} launches, {Moves} moves, {CopiesToDevice} copies to the device ({BytesToDevice:N0} bytes), ") + FormattableString.Invariant(
        $"{CopiesToHost} copies to the host ({BytesToHost:N0} bytes), {Allocations} allocations, {Waits} waits");
}
