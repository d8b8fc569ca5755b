namespace Ballast.PtxEmulation.Tests;

/// <summary>Barriers, shared memory, atomics, and the faults that kernels meet.</summary>
[Collection(DriverCollection.Name)]
public sealed class BlockTests
{
    private const string Start = """
        ld.param.u64 %rd0, [p0]; mov.u32 %r0, %tid.x; mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x; mad.lo.s32 %r3, %r1, %r2, %r0;
        mul.wide.u32 %rd1, %r3, 4; add.s64 %rd2, %rd0, %rd1; mul.wide.u32 %rd3, %r0, 4;
        """;

    public BlockTests() => Cuda.Start();

    private static CuResult Run(string body, uint grid, uint block, int words, string before = "")
    {
        ulong y = Cuda.Put(new int[words]);
        return Cuda.Run(Cuda.Kernel(Cuda.Ptx(1, Start + body, before)), grid, block, y);
    }

    [Fact]
    public void A_block_adds_up_through_shared_memory()
    {
        string ptx = Cuda.Ptx(1, Start + """
            .shared .align 4 .b8 s[1024];
            mov.u64 %rd4, s; add.s64 %rd4, %rd4, %rd3; st.shared.u32 [%rd4], %r3; bar.sync 0;
            mov.u32 %r5, 128;
            L: mul.wide.u32 %rd5, %r5, 4; add.s64 %rd5, %rd4, %rd5; setp.ge.u32 %p1, %r0, %r5; @%p1 bra W;
            ld.shared.u32 %r6, [%rd5]; ld.shared.u32 %r7, [%rd4]; add.s32 %r6, %r6, %r7; st.shared.u32 [%rd4], %r6;
            W: bar.sync 0; shr.u32 %r5, %r5, 1; setp.ne.s32 %p2, %r5, 0; @%p2 bra L;
            ld.shared.u32 %r8, [s]; st.global.u32 [%rd2], %r8;
            """);
        ulong y = Cuda.Alloc(4 * 256 * 9);
        Cuda.Ok((int)Cuda.Run(Cuda.Kernel(ptx), 9, 256, y));
        int[] sums = Cuda.Get<int>(y, 256 * 9);
        for (int b = 0; b < 9; b++) Assert.All(sums[(b * 256)..(b * 256 + 256)], v => Assert.Equal(256 * 256 * b + 255 * 128, v));
    }

    [Fact]
    public void Atomics_of_many_blocks_lose_nothing()
    {
        ulong y = Cuda.Put(0, 0, 0x7fffffff, 0);
        nint k = Cuda.Kernel(Cuda.Ptx(1, Start + """
            atom.global.add.u32 %r5, [%rd0], 1; red.global.max.s32 [%rd0+4], %r3; atom.global.min.s32 %r6, [%rd0+8], %r3;
            mov.f32 %f1, 0f3F800000; atom.global.add.f32 %f2, [%rd0+12], %f1;
            """));
        Cuda.Ok((int)Cuda.Run(k, 40, 128, y));
        Assert.Equal([5120, 5119, 0, BitConverter.SingleToInt32Bits(5120)], Cuda.Get<int>(y, 4));
    }

    [Theory]
    [InlineData("st.global.u32 [%rd2+4], %r0;", (int)CuResult.IllegalAddress, "behind a block of 256 bytes")]
    [InlineData("ld.global.u32 %r5, [%rd2+-4];", (int)CuResult.IllegalAddress, "out of bounds")]
    [InlineData("mov.u64 %rd6, 0; ld.global.u32 %r5, [%rd6];", (int)CuResult.IllegalAddress, "below every block")]
    [InlineData("ld.global.u32 %r5, [%rd0+2];", (int)CuResult.MisalignedAddress, "not aligned")]
    [InlineData("ld.global.u64 %rd6, [%rd2];", (int)CuResult.MisalignedAddress, "not aligned")]
    [InlineData(".shared .align 4 .b8 s[128]; mov.u64 %rd4, s; add.s64 %rd4, %rd4, %rd3; st.shared.u32 [%rd4], %r0;",
        (int)CuResult.IllegalAddress, "s of 128 bytes")]
    [InlineData(".shared .align 4 .b8 s[256]; .shared .align 4 .b8 t[256]; st.shared.u32 [s+256], %r0;", (int)CuResult.IllegalAddress,
        "s of 256 bytes")]
    [InlineData(".local .align 4 .b8 d[16]; mov.u64 %rd4, d; st.local.u32 [%rd4+16], %r0;", (int)CuResult.IllegalAddress,
        "16 bytes of local memory")]
    [InlineData("st.global.u32 [%rd2], %r20;", (int)CuResult.LaunchFailed, "never written")]
    [InlineData("add.s32 %r21, %r20, 1; setp.eq.s32 %p1, %r21, 0; @%p1 bra E; E:", (int)CuResult.LaunchFailed,
        "a branch depends on a register that was never written")]
    [InlineData("setp.gt.u32 %p1, %r0, 40; @%p1 bra E; bar.sync 0; E:", (int)CuResult.LaunchFailed, "have ended")]
    [InlineData("setp.gt.u32 %p1, %r0, 31; @%p1 bra E; bar.sync 0; bra F; E: bar.sync 0; F:", (int)CuResult.LaunchFailed, "divergent")]
    [InlineData("setp.gt.u32 %p1, %r0, 3; @%p1 bra E; bar.sync 0; bra F; E: bar.sync 0; F:", (int)CuResult.LaunchFailed, "divergent")]
    [InlineData("sub.s32 %r5, %r0, 5; div.s32 %r6, %r0, %r5;", (int)CuResult.LaunchFailed,
        "thread (5, 0, 0): an integer is divided by zero")]
    [InlineData("setp.lt.u32 %p1, %r0, 3; @%p1 bra E; shfl.sync.bfly.b32 %r5, %r0, 1, 31, -1; E:", (int)CuResult.LaunchFailed, "shfl.sync")]
    [InlineData("trap;", (int)CuResult.IllegalInstruction, "trap")]
    [InlineData("mov.u64 %rd6, c; st.global.u32 [%rd6], %r0;", (int)CuResult.IllegalAddress, "constant",
        ".const .align 4 .b8 c[8] = {1, 2, 3, 4, 5, 6, 7, 8};")]
    public void Mistakes_of_a_kernel_are_reported_with_their_place(string body, int code, string text, string before = "")
    {
        Assert.Equal((CuResult)code, Run(body, 1, 64, 64, before));
        Assert.Contains(text, Reports.Last, StringComparison.Ordinal);
        Assert.Contains("kernel k, line ", Reports.Last, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_sticks_until_the_context_goes()
    {
        Assert.Equal(CuResult.IllegalAddress, Run("st.global.u32 [%rd2+65536], %r0;", 1, 32, 32));
        Assert.Equal(CuResult.IllegalAddress, Cuda.TryAlloc(16, out _));
        Assert.Equal(CuResult.IllegalAddress, Cuda.Sync());
        Cuda.Start();
        Assert.Equal(CuResult.Success, Cuda.TryAlloc(16, out _));
    }

    [Fact]
    public void A_freed_block_is_told_from_a_stray_address()
    {
        ulong y = Cuda.Put(new int[32]);
        Assert.Equal(CuResult.Success, Cuda.Free(y));
        Assert.Equal(CuResult.IllegalAddress, Cuda.Run(Cuda.Kernel(Cuda.Ptx(1, Start + "st.global.u32 [%rd2], %r0;")), 1, 32, y));
        Assert.Contains("was freed", Reports.Last, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_of_what_nothing_wrote_are_found_when_watched()
    {
        Settings.WatchUninitialised = true;
        try
        {
            Cuda.Start();
            nint k = Cuda.Kernel(Cuda.Ptx(1, Start + "ld.global.u32 %r5, [%rd2];"));
            Cuda.Ok((int)Cuda.Run(k, 1, 32, Cuda.Put(new int[32])));
            Assert.Equal(CuResult.LaunchFailed, Cuda.Run(k, 1, 32, Cuda.Alloc(128)));
            Assert.Contains("never written", Reports.Last, StringComparison.Ordinal);
        }
        finally
        {
            Settings.WatchUninitialised = false;
            Cuda.Start();
        }
    }

    [Theory]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; ld.shared.u32 %r5, [%rd4+4];", true)]
    [InlineData("st.shared.u32 [%rd4], %r0; ld.shared.u32 %r5, [%rd4+4];", false)]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; ld.shared.u32 %r5, [s+12]; st.shared.u32 [%rd4], %r5;", false)]
    [InlineData("st.shared.u32 [s], %r0;", false)]
    public void Races_on_shared_memory_are_found_when_watched(string body, bool clean)
    {
        Settings.WatchRaces = true;
        try
        {
            CuResult result = Run(".shared .align 4 .b8 s[512]; mov.u64 %rd4, s; add.s64 %rd4, %rd4, %rd3;" + body, 1, 64, 64);
            Assert.Equal(clean ? CuResult.Success : CuResult.LaunchFailed, result);
            if (!clean) Assert.Contains("race", Reports.Last, StringComparison.Ordinal);
        }
        finally
        {
            Settings.WatchRaces = false;
        }
    }

    [Theory]
    [InlineData("add.s32 %r1, %r0;", "operands")]
    [InlineData("frob.s32 %r1, %r0;", "not known")]
    [InlineData("add.funny.s32 %r1, %r0, 1;", "\".funny\" is not known")]
    [InlineData("add.f32 %r99, %f0, %f1;", "not declared")]
    [InlineData("add.s32 %f1, %r0, %r1;", "floating-point register")]
    [InlineData("mul.wide.s32 %r1, %r0, 4;", "not as wide")]
    [InlineData("fma.f32 %f1, %f2, %f3, %f4;", "not known")]
    [InlineData("bra NOWHERE;", "no label")]
    [InlineData("mov.u64 %rd0, nothing;", "not defined")]
    [InlineData("{ .param .b32 a; call.uni expf, (a); }", "called but not defined")]
    [InlineData(".shared .align 4 .b8 s[50000];", "shared memory")]
    public void A_text_with_a_mistake_does_not_load(string body, string reason)
    {
        Assert.Equal(CuResult.InvalidPtx, Cuda.TryLoad(Cuda.Ptx(1, body), out _, out string log));
        Assert.StartsWith("line 8: ", log, StringComparison.Ordinal);
        Assert.Contains(reason, log, StringComparison.Ordinal);
    }

    [Fact]
    public void External_references_and_newer_targets_do_not_load()
    {
        Assert.Equal(CuResult.InvalidPtx,
            Cuda.TryLoad(Cuda.Ptx(0, "", ".extern .func (.param .b32 r) expf (.param .b32 a);"), out _, out string log));
        Assert.Contains("\"expf\"", log, StringComparison.Ordinal);
        Assert.Equal(CuResult.InvalidPtx, Cuda.TryLoad(Cuda.Ptx(0, "", target: 90), out _, out _));
        Assert.Equal(CuResult.InvalidPtx, Cuda.TryLoad(Cuda.Ptx(0, "cvt.rn.bf16.f32 %rs0, %f0;", target: 70), out _, out log));
        Assert.Contains("sm_80", log, StringComparison.Ordinal);
    }
}
