namespace Ballast.PtxEmulation.Tests;

/// <summary>What instructions compute, on the values where mistakes hide.</summary>
[Collection(DriverCollection.Name)]
public sealed class InstructionTests
{
    private const uint CanonicalNaN = 0x7fffffff;

    public InstructionTests() => Cuda.Start();

    // out[tid] = op(a[tid], b[tid], c[tid]) on 32-bit words.
    private static uint[] Words(string instruction, uint[] a, uint[]? b = null, uint[]? c = null, string type = "b32")
    {
        string register = type == "f32" ? "f" : "r";
        nint k = Cuda.Kernel(Cuda.Ptx(4, $"""
            ld.param.u64 %rd0, [p0]; ld.param.u64 %rd1, [p1]; ld.param.u64 %rd2, [p2]; ld.param.u64 %rd3, [p3];
            mov.u32 %r0, %tid.x; mul.wide.u32 %rd4, %r0, 4;
            add.s64 %rd0, %rd0, %rd4; add.s64 %rd1, %rd1, %rd4; add.s64 %rd2, %rd2, %rd4; add.s64 %rd3, %rd3, %rd4;
            ld.global.{type} %{register}1, [%rd1]; ld.global.{type} %{register}2, [%rd2]; ld.global.{type} %{register}3, [%rd3];
            {instruction}
            st.global.{type} [%rd0], %{register}10;
            """));
        ulong result = Cuda.Alloc(a.Length * 4);
        CuResult status = Cuda.Run(k, 1, (uint)a.Length, result, Cuda.Put(a), Cuda.Put(b ?? a), Cuda.Put(c ?? a));
        Assert.True(status == CuResult.Success, $"{status}: {Reports.Last}");
        return Cuda.Get<uint>(result, a.Length);
    }

    private static float[] Floats(string instruction, float[] a, float[]? b = null, float[]? c = null) =>
        [.. Words(instruction, Bits(a), b is null ? null : Bits(b), c is null ? null : Bits(c),
            "f32").Select(BitConverter.UInt32BitsToSingle)];

    private static uint[] Bits(float[] a) => [.. a.Select(BitConverter.SingleToUInt32Bits)];

    private static readonly float[] _edges =
        [0f, -0f, 1f, -1f, 1.5f, 3.4e38f, -3.4e38f, 1e-45f, 1.17549435e-38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
            0.1f, 7e9f];

    private static void Same(Func<float, float, float, float> expected, string instruction)
    {
        float[] a = [.. from x in _edges from z in _edges select x], b = [.. from x in _edges from z in _edges select z];
        float[] c = [.. a.Select((_, n) => _edges[n * 5 % _edges.Length])];
        float[] y = Floats(instruction, a, b, c);
        for (int n = 0; n < a.Length; n++)
        {
            float e = expected(a[n], b[n], c[n]);
            uint bits = float.IsNaN(e) ? CanonicalNaN : BitConverter.SingleToUInt32Bits(e);
            Assert.True(bits == BitConverter.SingleToUInt32Bits(y[n]), $"{instruction} of {a[n]}, {b[n]}, {c[n]} is {y[n]}, not {e}");
        }
    }

    [Fact]
    public void Float_arithmetic_rounds_once_and_gives_the_one_NaN()
    {
        Same((a, b, _) => a + b, "add.rn.f32 %f10, %f1, %f2;");
        Same((a, b, _) => a - b, "sub.f32 %f10, %f1, %f2;");
        Same((a, b, _) => a * b, "mul.rn.f32 %f10, %f1, %f2;");
        Same((a, b, _) => a / b, "div.rn.f32 %f10, %f1, %f2;");
        Same(MathF.FusedMultiplyAdd, "fma.rn.f32 %f10, %f1, %f2, %f3;");
        Same((a, _, _) => MathF.Sqrt(a), "sqrt.rn.f32 %f10, %f1;");
        Same((a, _, _) => 1 / a, "rcp.rn.f32 %f10, %f1;");
    }

    [Fact]
    public void Minimum_and_maximum_prefer_numbers_and_order_the_zeros()
    {
        Same((a, b, _) => float.MinNumber(a, b), "min.f32 %f10, %f1, %f2;");
        Same((a, b, _) => float.MaxNumber(a, b), "max.f32 %f10, %f1, %f2;");
        Same(MathFMin, "min.NaN.f32 %f10, %f1, %f2;");

        static float MathFMin(float a, float b, float c) => MathF.Min(a, b);
    }

    [Fact]
    public void Ftz_flushes_subnormals_and_sat_clamps()
    {
        Assert.Equal(0f, Floats("mul.ftz.f32 %f10, %f1, %f2;", [1e-30f], [1e-10f])[0]);
        Assert.NotEqual(0f, Floats("mul.f32 %f10, %f1, %f2;", [1e-30f], [1e-10f])[0]);
        Assert.Equal([0f, 1f, 0.5f, 0f], Floats("add.sat.f32 %f10, %f1, %f2;", [-3, 3, 0.25f, float.NaN], [0, 0, 0.25f, 0]));
    }

    [Fact]
    public void Shift_amounts_beyond_the_width_clamp()
    {
        uint[] a = [0x80000001, 0x80000001, 0x80000001, 0x80000001], b = [1, 31, 32, 0xffffffff];
        Assert.Equal([2u, 0x80000000, 0, 0], Words("shl.b32 %r10, %r1, %r2;", a, b));
        Assert.Equal([0x40000000u, 1, 0, 0], Words("shr.u32 %r10, %r1, %r2;", a, b));
        Assert.Equal([0xc0000000u, 0xffffffff, 0xffffffff, 0xffffffff], Words("shr.s32 %r10, %r1, %r2;", a, b));
        Assert.Equal([0xc0000000u],
            Words("cvt.u64.u32 %rd9, %r1; shl.b64 %rd9, %rd9, 63; shr.s64 %rd9, %rd9, 1; shr.u64 %rd9, %rd9, 32; cvt.u32.u64 %r10, %rd9;",
                [3]));
    }

    [Theory]
    [InlineData("mul.hi.s32 %r10, %r1, %r2;", 0x80000000u, 0x7fffffffu, 0xc0000000u)]
    [InlineData("mul.hi.u32 %r10, %r1, %r2;", 0xffffffffu, 0xffffffffu, 0xfffffffeu)]
    [InlineData("mad.lo.s32 %r10, %r1, %r2, %r1;", 7u, 0xffffffffu, 0u)]
    [InlineData("div.s32 %r10, %r1, %r2;", 0xfffffff9u, 2u, 0xfffffffdu)]
    [InlineData("rem.s32 %r10, %r1, %r2;", 0xfffffff9u, 2u, 0xffffffffu)]
    [InlineData("div.u32 %r10, %r1, %r2;", 0xfffffff9u, 2u, 0x7ffffffcu)]
    [InlineData("min.s32 %r10, %r1, %r2;", 0xffffffffu, 1u, 0xffffffffu)]
    [InlineData("min.u32 %r10, %r1, %r2;", 0xffffffffu, 1u, 1u)]
    [InlineData("bfe.u32 %r10, %r1, 8, 8;", 0x12345678u, 0u, 0x56u)]
    [InlineData("bfe.s32 %r10, %r1, 4, 8;", 0x00000ff0u, 0u, 0xffffffffu)]
    [InlineData("bfi.b32 %r10, %r1, %r2, 8, 8;", 0xabu, 0x11111111u, 0x1111ab11u)]
    [InlineData("popc.b32 %r10, %r1;", 0xf0f0f0f0u, 0u, 16u)]
    [InlineData("clz.b32 %r10, %r1;", 0u, 0u, 32u)]
    [InlineData("brev.b32 %r10, %r1;", 0x00000001u, 0u, 0x80000000u)]
    [InlineData("prmt.b32 %r10, %r1, %r2, 0x7531;", 0x33221100u, 0x77665544u, 0x77553311u)]
    [InlineData("prmt.b32 %r10, %r1, %r2, 0x0008;", 0x00000080u, 0u, 0x808080ffu)]
    [InlineData("shf.l.wrap.b32 %r10, %r1, %r2, 4;", 0xf0000000u, 0x00000001u, 0x0000001fu)]
    [InlineData("lop3.b32 %r10, %r1, %r2, 0, 0x3c;", 0xff00ff00u, 0x0ff00ff0u, 0xf0f0f0f0u)]
    [InlineData("abs.s32 %r10, %r1;", 0xfffffffbu, 0u, 5u)]
    [InlineData("mov.b32 {%rs1, %rs2}, %r1; mov.b32 %r10, {%rs2, %rs1};", 0x12345678u, 0u, 0x56781234u)]
    [InlineData("cvt.u16.u32 %rs1, %r1; add.s16 %rs1, %rs1, 1; cvt.u32.u16 %r10, %rs1;", 0xffffu, 0u, 0u)]
    [InlineData("cvt.u16.u32 %rs1, %r1; shr.s16 %rs1, %rs1, 15; cvt.s32.s16 %r10, %rs1;", 0x8000u, 0u, 0xffffffffu)]
    [InlineData("cvt.s32.s8 %r10, %r1;", 0x80u, 0u, 0xffffff80u)]
    [InlineData("cvt.sat.u8.s32 %r10, %r1;", 0xfffffff0u, 0u, 0u)]
    [InlineData("cvt.sat.s16.s32 %rs1, %r1; cvt.s32.s16 %r10, %rs1;", 70000u, 0u, 32767u)]
    public void Integer_instructions_follow_the_manual(string instruction, uint a, uint b, uint expected) =>
        Assert.Equal(expected, Words(instruction, [a], [b])[0]);

    [Theory]
    [InlineData("eq", false, false, true)]
    [InlineData("ne", true, false, false)]
    [InlineData("lt", true, false, false)]
    [InlineData("ge", false, false, true)]
    [InlineData("equ", false, true, true)]
    [InlineData("neu", true, true, false)]
    [InlineData("ltu", true, true, false)]
    [InlineData("geu", false, true, true)]
    [InlineData("num", true, false, true)]
    [InlineData("nan", false, true, false)]
    public void Comparisons_with_NaN_are_false_when_ordered_and_true_when_not(string compare, bool less, bool nan, bool equal)
    {
        uint[] y = Words($"mov.b32 %f1, %r1; mov.b32 %f2, %r2; setp.{compare}.f32 %p1, %f1, %f2; selp.u32 %r10, 1, 0, %p1;",
            Bits([1, float.NaN, 2]), Bits([2, 1, 2]));
        Assert.Equal([less ? 1u : 0, nan ? 1u : 0, equal ? 1u : 0], y);
    }

    [Fact]
    public void Comparisons_combine_with_predicates_and_write_the_opposite()
    {
        uint[] y = Words("""
            setp.gt.s32 %p1, %r2, 0;
            setp.lt.and.s32 %p2|%p3, %r1, 10, %p1;
            selp.u32 %r10, 1, 0, %p2; selp.u32 %r11, 2, 0, %p3; or.b32 %r10, %r10, %r11;
            """, [5, 50, 5], [1, 1, 0]);
        Assert.Equal([1u, 2, 0], y);
    }

    [Fact]
    public void Floats_become_integers_by_clamping_and_NaN_becomes_zero()
    {
        uint[] x = Bits([1.9f, -1.9f, 3e9f, -3e9f, float.NaN, float.PositiveInfinity, 2.5f, -0.5f]);
        Assert.Equal([1u, 0xffffffff, 0x7fffffff, 0x80000000, 0, 0x7fffffff, 2, 0],
            Words("mov.b32 %f1, %r1; cvt.rzi.s32.f32 %r10, %f1;", x));
        Assert.Equal([1u, 0, 3000000000, 0, 0, 0xffffffff, 2, 0], Words("mov.b32 %f1, %r1; cvt.rzi.u32.f32 %r10, %f1;", x));
        Assert.Equal([2u, 0xfffffffe, 0x7fffffff, 0x80000000, 0, 0x7fffffff, 2, 0],
            Words("mov.b32 %f1, %r1; cvt.rni.s32.f32 %r10, %f1;", x));
        Assert.Equal(0x80000000u,
            Words("mov.b32 %f1, %r1; cvt.rzi.s64.f32 %rd9, %f1; shr.u64 %rd9, %rd9, 32; cvt.u32.u64 %r10, %rd9;", Bits([float.NaN]))[0]);
    }

    [Fact]
    public void Conversions_between_floats_round_to_nearest_even_or_as_told()
    {
        float[] x = [1.0009765625f, 1.00048828125f, 65520f, 65519f, 6e-8f, float.NaN, -2.5f, 1e-9f];
        uint[] half = Words("mov.b32 %f1, %r1; cvt.rn.f16.f32 %rs1, %f1; cvt.u32.u16 %r10, %rs1;", Bits(x));
        for (int n = 0; n < x.Length; n++) Assert.Equal(float.IsNaN(x[n]) ? 0x7fffu : BitConverter.HalfToUInt16Bits((Half)x[n]), half[n]);
        uint[] bf = Words("mov.b32 %f1, %r1; cvt.rn.bf16.f32 %rs1, %f1; cvt.u32.u16 %r10, %rs1;",
            Bits([1.00390625f, 1.01171875f, 3.4e38f]));
        Assert.Equal([0x3f80u, 0x3f82, 0x7f80], bf);
        Assert.Equal([2f, -2f, 3f, -1f],
            [.. Words("mov.b32 %f1, %r1; cvt.rni.f32.f32 %f2, %f1; mov.b32 %r10, %f2;", Bits([2.5f, -2.5f, 2.6f, -1.4f]))
            .Select(BitConverter.UInt32BitsToSingle)]);
        Assert.Equal(0x3f800001u, Words("mov.f64 %fd1, 0d3FF0000010000001; cvt.rn.f32.f64 %f1, %fd1; mov.b32 %r10, %f1;", [0])[0]);
        Assert.Equal(0x3f800000u, Words("mov.f64 %fd1, 0d3FF0000010000001; cvt.rz.f32.f64 %f1, %fd1; mov.b32 %r10, %f1;", [0])[0]);
        Assert.Equal(0x5f000000u, Words("mov.u64 %rd9, 0x7fffffffffffffff; cvt.rn.f32.s64 %f1, %rd9; mov.b32 %r10, %f1;", [0])[0]);
        Assert.Equal(0x40003c00u, Words("mov.f32 %f1, 0f40000000; mov.f32 %f2, 0f3F800000; cvt.rn.f16x2.f32 %r10, %f1, %f2;", [0])[0]);
    }

    [Fact]
    public void Lanes_exchange_values_within_segments()
    {
        uint[] a = [.. Enumerable.Range(0, 32).Select(n => (uint)n)];
        Assert.Equal([.. a.Select(n => n ^ 5)], Words("shfl.sync.bfly.b32 %r10, %r1, 5, 31, -1;", a));
        Assert.Equal([.. a.Select(n => n + 3 > 31 ? n : n + 3)], Words("shfl.sync.down.b32 %r10, %r1, 3, 31, -1;", a));
        Assert.Equal([.. a.Select(n => n < 3 ? n : n - 3)], Words("shfl.sync.up.b32 %r10, %r1, 3, 0, -1;", a));
        // Segments of eight lanes: clamp 31, segment mask 24.
        Assert.Equal([.. a.Select(n => (n & 24) + 2)], Words("shfl.sync.idx.b32 %r10, %r1, 2, 6175, -1;", a));
        Assert.Equal(Enumerable.Repeat(0x55555555u, 32),
            Words("and.b32 %r4, %r1, 1; setp.eq.s32 %p1, %r4, 0; vote.sync.ballot.b32 %r10, %p1, -1;", a));
    }

    [Fact]
    public void Diverging_threads_meet_again()
    {
        uint[] a = [.. Enumerable.Range(0, 64).Select(n => (uint)n)];
        uint[] y = Words("""
            mov.u32 %r10, 0; mov.u32 %r5, 0; and.b32 %r4, %r1, 7;
            LOOP: setp.ge.u32 %p1, %r5, %r4; @%p1 bra DONE;
            and.b32 %r6, %r5, 1; setp.eq.s32 %p2, %r6, 1; @%p2 bra ODD;
            add.s32 %r10, %r10, 1; bra NEXT;
            ODD: add.s32 %r10, %r10, 100;
            NEXT: add.s32 %r5, %r5, 1; bra LOOP;
            DONE: shfl.sync.idx.b32 %r7, %r1, 0, 31, -1;
            """, a);
        Assert.Equal([.. a.Select(n => ((n & 7) + 1) / 2 + (n & 7) / 2 * 100)], y);
    }

    [Fact]
    public void Lanes_wait_at_a_shuffle_for_those_whose_way_lies_behind_it()
    {
        uint[] a = [.. Enumerable.Range(0, 32).Select(n => (uint)n)];
        // The odd lanes' block stands behind the shuffle and jumps back to it.
        uint[] y = Words("""
            mov.u32 %r4, %r1; and.b32 %r5, %r1, 1; setp.eq.s32 %p1, %r5, 1; @%p1 bra ODD;
            add.s32 %r4, %r4, 100;
            MEET: shfl.sync.bfly.b32 %r10, %r4, 1, 31, -1; bra DONE;
            ODD: add.s32 %r4, %r4, 200; bra MEET;
            DONE:
            """, a);
        Assert.Equal([.. a.Select(n => (n ^ 1) + ((n & 1) == 0 ? 200u : 100))], y);
    }

    [Fact]
    public void Functions_get_their_arguments_and_give_their_result()
    {
        string ptx = Cuda.Ptx(1, """
            ld.param.u64 %rd0, [p0]; mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; add.s64 %rd0, %rd0, %rd1;
            { .param .b32 q0; st.param.b32 [q0+0], %r0; .param .align 16 .b8 q1[16]; st.param.v2.b64 [q1+0], {%rd1, %rd1}; .param .b32 r0;
              call.uni (r0), f, (q0, q1); ld.param.b32 %r1, [r0+0]; }
            st.global.u32 [%rd0], %r1;
            """, """
            .func (.param .b32 ret0) f(.param .b32 f0, .param .align 16 .b8 f1[16]) {
            .reg .b32 %r<4>; .reg .b64 %rd<4>; .reg .pred %p<2>;
            ld.param.u32 %r1, [f0]; ld.param.u64 %rd1, [f1+8]; cvt.u32.u64 %r2, %rd1;
            setp.gt.u32 %p1, %r1, 3; @%p1 bra BIG; add.s32 %r2, %r2, 1000; st.param.b32 [ret0+0], %r2; ret;
            BIG: add.s32 %r2, %r2, %r1; st.param.b32 [ret0+0], %r2; ret; }
            """);
        ulong y = Cuda.Alloc(32);
        Cuda.Ok((int)Cuda.Run(Cuda.Kernel(ptx), 1, 8, y));
        Assert.Equal([1000, 1004, 1008, 1012, 20, 25, 30, 35], Cuda.Get<int>(y, 8));
    }

    [Fact]
    public void Approximations_lie_within_their_bounds()
    {
        float[] x = [0.1f, 1f, 3f, 100f, -5.5f];
        float[] e = Floats("ex2.approx.f32 %f10, %f1;", x), q = Floats("lg2.approx.f32 %f10, %f1;", x);
        for (int n = 0; n < x.Length; n++)
        {
            Assert.Equal(1, e[n] / Math.Pow(2, x[n]), 3e-7);
            if (x[n] > 0) Assert.Equal(Math.Log2(x[n]), q[n], 2.4e-6);
            else Assert.True(float.IsNaN(q[n]));
        }
        Assert.Equal([0f, float.PositiveInfinity, 1f],
            Floats("ex2.approx.f32 %f10, %f1;", [float.NegativeInfinity, float.PositiveInfinity, 0]));
        Assert.Equal(float.NegativeInfinity, Floats("lg2.approx.f32 %f10, %f1;", [0])[0]);
    }
}
