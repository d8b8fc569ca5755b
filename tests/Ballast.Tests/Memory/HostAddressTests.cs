namespace Ballast.Tests.Allocation;

public sealed class HostAddressTests
{
    [Fact]
    public unsafe void Another_devices_handle_is_never_taken_for_an_address()
    {
        Tensor x = Tensor.Ones([2, 3], device: Device.Meta);
        var error = Assert.Throws<InvalidOperationException>(() => { _ = x.Pointer; });
        Assert.Contains("float32 [2, 3] tensor on meta has no host address", error.Message, StringComparison.Ordinal);
    }
}
