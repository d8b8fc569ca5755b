using System.Runtime.InteropServices;

namespace Ballast.Tests.Printing;

/// <summary>Printing where elements must be fetched: a device whose memory the host may not read, and that counts what it hands
/// out.</summary>
public sealed class FetchedPrintTests
{
    private static readonly Device _far = Open();

    private static FarRuntime Runtime => (FarRuntime)_far.Runtime;

    private static Device Open()
    {
        Device.Register(new FarProvider());
        return Device.Parse("far");
    }

    [Fact]
    public void A_small_tensor_is_fetched_at_once()
    {
        Tensor x = Tensor.From([1, 2, 3, 4, 5, 6], [2, 3], _far);
        long before = Runtime.Fetches;
        Assert.Equal("tensor([[1, 4],\n        [2, 5],\n        [3, 6]], device=far, dtype=int32)", x.T.ToString(),
            ignoreLineEndingDifferences: true);
        Assert.Equal(1, Runtime.Fetches - before);
    }

    [Fact]
    public void Of_a_large_tensor_only_the_shown_elements_are_fetched_each_once()
    {
        float[] values = [.. Enumerable.Range(0, 300 * 400).Select(i => i + 0.5f)];
        Tensor x = Tensor.From(values, [300, 400], _far);
        string expected = Tensor.From(values, [300, 400]).ToString();
        (long fetches, long bytes) = (Runtime.Fetches, Runtime.BytesFetched);
        Assert.Equal(expected[..^1] + ", device=far)", x.ToString().Replace(",\n       device", ", device"));
        Assert.Equal(36, Runtime.Fetches - fetches);
        Assert.Equal(36 * 4, Runtime.BytesFetched - bytes);
    }

    private sealed class FarProvider : IDeviceProvider
    {
        public string KindName => "far";

        public bool Single => true;

        public int CountUsable() => 0;

        public void Check(int index) => Assert.Equal(0, index);

        public DeviceRuntime Open(Device device) => new FarRuntime(device);
    }

    private sealed unsafe class FarRuntime(Device device) : DeviceRuntime(device)
    {
        public long Fetches { get; private set; }

        public long BytesFetched { get; private set; }

        public override DeviceInfo Info { get; } = new("memory that the host may not read", 0, 0, 0);

        public override FormulaDriver? Formulas => null;

        public override nint Allocate(long bytes) => (nint)NativeMemory.Alloc((nuint)bytes);

        public override void Free(nint handle, long bytes) => NativeMemory.Free((void*)handle);

        public override void CopyFromHost(nint handle, long offsetBytes, ReadOnlySpan<byte> source) =>
            source.CopyTo(new Span<byte>((byte*)handle + offsetBytes, source.Length));

        public override void CopyToHost(Span<byte> destination, nint handle, long offsetBytes)
        {
            Fetches++;
            BytesFetched += destination.Length;
            new ReadOnlySpan<byte>((byte*)handle + offsetBytes, destination.Length).CopyTo(destination);
        }

        public override void Fill(nint handle, long offsetBytes, long bytes, byte value) =>
            NativeMemory.Fill((byte*)handle + offsetBytes, (nuint)bytes, value);
    }
}
