using System.Security.Cryptography;
using Ballast.Gpu;

namespace Ballast.Tests.Gpu;

public sealed class Sha256Tests
{
    [Fact]
    public void Hashes_are_the_framework_s_for_every_length_around_two_blocks()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length))), Sha256.Hash(bytes.AsSpan(0, length)));
    }
}
