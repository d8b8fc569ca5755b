namespace Ballast.PtxEmulation.Tests;

/// <summary>The fragment layouts of mma.sync, ldmatrix and cp.async against a plain product.</summary>
[Collection(DriverCollection.Name)]
public sealed class MatrixTests
{
    public MatrixTests() => Cuda.Start();

    // Fragments by the PTX manual's own formulas, element by element; a and b row-major in memory.
    [Theory]
    [InlineData("m16n8k16", "bf16", 16)]
    [InlineData("m16n8k16", "f16", 16)]
    [InlineData("m16n8k8", "bf16", 8)]
    [InlineData("m16n8k8", "f16", 8)]
    [InlineData("m16n8k8", "tf32", 8)]
    [InlineData("m16n8k4", "tf32", 4)]
    public void Mma_multiplies_matrices_laid_out_as_the_manual_says(string shape, string type, int k)
    {
        Random random = new(5);
        float[] a = Draw(16 * k), b = Draw(k * 8), c = Draw(16 * 8);
        int aRegisters = type == "tf32" ? k / 2 : k / 4, bRegisters = aRegisters / 2;
        uint[] words = new uint[32 * (aRegisters + bRegisters + 4)];
        int per = aRegisters + bRegisters + 4;
        for (int lane = 0; lane < 32; lane++)
        {
            int group = lane >> 2, thread = lane % 4;
            for (int r = 0; r < aRegisters; r++) words[lane * per + r] = A(r, group, thread);
            for (int r = 0; r < bRegisters; r++) words[lane * per + aRegisters + r] = B(r, group, thread);
            for (int r = 0; r < 4; r++)
            {
                float value = c[(r < 2 ? group : group + 8) * 8 + thread * 2 + (r & 1)];
                words[lane * per + aRegisters + bRegisters + r] = BitConverter.SingleToUInt32Bits(value);
            }
        }

        float[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(-8, 9) / 4f)];

        uint A(int r, int group, int thread)
        {
            if (type == "tf32") return BitConverter.SingleToUInt32Bits(a[(group + (r is 0 or 2 ? 0 : 8)) * k + thread + (r < 2 ? 0 : 4)]);
            // a(2r) and a(2r+1): i below or above 8 by turns, columns 8 further from the third register on.
            int row = r % 2 == 0 ? group : group + 8, column = thread * 2 + (r < 2 ? 0 : 8);
            return Pair(a[row * k + column], a[row * k + column + 1]);
        }

        uint B(int r, int group, int thread)
        {
            if (type == "tf32") return BitConverter.SingleToUInt32Bits(b[(r == 0 ? thread : thread + 4) * 8 + group]);
            int row = thread * 2 + (r == 0 ? 0 : 8);
            return Pair(b[row * 8 + group], b[(row + 1) * 8 + group]);
        }

        uint Pair(float low, float high) => type == "bf16"
            ? (BitConverter.SingleToUInt32Bits(low) >> 16) | (BitConverter.SingleToUInt32Bits(high) & 0xffff0000)
            : BitConverter.HalfToUInt16Bits((Half)low) | ((uint)BitConverter.HalfToUInt16Bits((Half)high) << 16);

        string List(string prefix, int from, int count) =>
            "{" + string.Join(", ", Enumerable.Range(from, count).Select(n => $"%{prefix}{n}")) + "}";
        string loads = string.Concat(Enumerable.Range(0, aRegisters + bRegisters).Select(n => $"ld.global.u32 %r{10 + n}, [%rd0+{4 * n}];"))
            + string.Concat(Enumerable.Range(0, 4).Select(n => $"ld.global.f32 %f{n}, [%rd0+{4 * (aRegisters + bRegisters + n)}];"));
        nint kernel = Cuda.Kernel(Cuda.Ptx(2, $"""
            ld.param.u64 %rd0, [p0]; ld.param.u64 %rd1, [p1]; mov.u32 %r0, %tid.x;
            mul.wide.u32 %rd2, %r0, {4 * per}; add.s64 %rd0, %rd0, %rd2;
            mul.wide.u32 %rd2, %r0, 16; add.s64 %rd1, %rd1, %rd2; {loads}
            mma.sync.aligned.{shape}.row.col.f32.{type}.{type}.f32 {List("f", 4, 4)}, {List("r", 10, aRegisters)},
            {List("r", 10 + aRegisters, bRegisters)}, {List("f", 0, 4)};
            st.global.v4.f32 [%rd1], {List("f", 4, 4)};
            """));
        ulong y = Cuda.Alloc(32 * 16);
        Cuda.Ok((int)Cuda.Run(kernel, 1, 32, Cuda.Put(words), y));
        float[] d = Cuda.Get<float>(y, 128);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int r = 0; r < 4; r++)
            {
                int row = (lane >> 2) + (r < 2 ? 0 : 8), column = lane % 4 * 2 + (r & 1);
                float expected = c[row * 8 + column];
                for (int q = 0; q < k; q++) expected += a[row * k + q] * b[q * 8 + column];
                Assert.Equal(expected, d[lane * 4 + r]);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".trans")]
    public void Ldmatrix_gives_each_lane_two_neighbours_of_a_row(string transposed)
    {
        ulong y = Cuda.Alloc(32 * 4);
        Cuda.Ok((int)Cuda.Run(Cuda.Kernel(Cuda.Ptx(1, $"""
            .shared .align 16 .b8 s[128];
            ld.param.u64 %rd0, [p0]; mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; mov.u64 %rd2, s;
            add.s64 %rd3, %rd2, %rd1; add.s64 %rd0, %rd0, %rd1;
            mul.lo.s32 %r1, %r0, 2; add.s32 %r2, %r1, 1; shl.b32 %r2, %r2, 16; or.b32 %r1, %r1, %r2; st.shared.u32 [%rd3], %r1; bar.sync 0;
            and.b32 %r3, %r0, 7; mul.wide.u32 %rd4, %r3, 16; add.s64 %rd4, %rd2, %rd4;
            """ + $"ldmatrix.sync.aligned.m8n8.x1{transposed}.shared.b16 {{%r5}}, [%rd4]; st.global.u32 [%rd0], %r5;")), 1, 32, y));
        uint[] words = Cuda.Get<uint>(y, 32);
        for (int lane = 0; lane < 32; lane++)
        {
            (int row, int column) = (lane / 4, lane % 4 * 2);
            uint expected = transposed.Length == 0 ? (uint)(row * 8 + column) | ((uint)(row * 8 + column + 1) << 16)
                : (uint)(column * 8 + row) | ((uint)((column + 1) * 8 + row) << 16);
            Assert.Equal(expected, words[lane]);
        }
    }

    [Fact]
    public void An_asynchronous_copy_arrives_with_the_wait_for_its_group()
    {
        string Body(string wait) => $"""
            .shared .align 16 .b8 s[512];
            ld.param.u64 %rd0, [p0]; mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 16; mov.u64 %rd2, s;
            add.s64 %rd2, %rd2, %rd1; add.s64 %rd0, %rd0, %rd1;
            cp.async.cg.shared.global [%rd2], [%rd0], 16; cp.async.commit_group; {wait}
            ld.shared.u32 %r1, [%rd2+4]; add.s32 %r1, %r1, 1; st.global.u32 [%rd0], %r1;
            """;
        ulong x = Cuda.Put([.. Enumerable.Range(0, 128)]);
        Cuda.Ok((int)Cuda.Run(Cuda.Kernel(Cuda.Ptx(1, Body("cp.async.wait_group 0;"))), 1, 32, x));
        Assert.Equal(2, Cuda.Get<int>(x, 1)[0]);
        Cuda.Ok((int)Cuda.Run(Cuda.Kernel(Cuda.Ptx(1, Body(""))), 1, 32, x));
        Assert.Equal(0, Cuda.Get<int>(x, 1)[0]);
    }
}
