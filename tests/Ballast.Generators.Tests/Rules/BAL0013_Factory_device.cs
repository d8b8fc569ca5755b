namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0013_Factory_device
{
    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones(2)|};")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Zeros([2, 3], DType.Float32)|};")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Zeros([2, 3], device: null)|};")]
    [InlineData("public Tensor Forward(Tensor x) => x * {|BAL0013:Tensor.Ones(2, 2)|}.Triu();")]
    [InlineData("public Tensor Forward(Tensor x) { var noise = {|BAL0013:Tensor.RandN(2)|}; return x + noise; }")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.From(new[] { 1f, 2f })|};")]
    [InlineData("public Tensor Attend(Tensor q, Tensor k) { Tensor Bias(int n) => {|BAL0013:Tensor.Arange(n)|}; return q + k + Bias(2); }")]
    [InlineData("public Parameter W { get; } = new(Tensor.Ones(2)); public Tensor Forward() => W + {|BAL0013:Tensor.Ones(2)|};")]
    [InlineData("private Tensor Mask(int n) => {|BAL0013:Tensor.Ones(n, n)|}.Triu(); public Tensor Forward(Tensor x) => x * Mask(2);")]
    [InlineData("private static Tensor Mask(int n) { var m = {|BAL0013:Tensor.Ones(n, n)|}; return m.Triu(); } public Tensor Forward(Tensor x) => x * Mask(2);")]
    [InlineData("private Tensor Mask => {|BAL0013:Tensor.Ones(2)|}; public Tensor Forward(Tensor x) => x * Mask;")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones([2], device: Device.Default)|};")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones(2)|}.To(Device.Default);")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones([2], device: Device.Cpu)|};")]
    [InlineData("public Tensor Forward(Tensor x) => x.MatMul({|BAL0013:Tensor.Eye(2, device: Device.Parse(\"cuda:0\"))|}.Exp());")]
    [InlineData("public Parameter W { get; } = new(Tensor.Ones(2)); public Tensor Forward(Tensor x) => x * ({|BAL0013:Tensor.Ones([2], device: Device.Cpu)|} - W);")]
    [InlineData("private Tensor A(int n) => B(n); private Tensor B(int n) => {|BAL0013:Tensor.Ones(n)|}; public Tensor Forward(Tensor x) => x + A(2);")]
    [InlineData("private static Tensor A(Tensor x) => x + {|BAL0013:Tensor.Ones(2)|}; public Tensor Forward(Tensor x) => A(x);")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x + Tensor.Ones([2], device: x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x + Tensor.ZerosLike(x);")]
    [InlineData("public Tensor Forward(Tensor x) => x + Tensor.Arange(2).Reshape(1, 2).To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) { var m = Tensor.Ones(2); m = m.To(x.Device); return x + m; }")]
    [InlineData("public Tensor Forward(Tensor x) { using var scope = x.Device.AsDefault(); return x + Tensor.Ones(2); }")]
    [InlineData("public Tensor Forward(Tensor x) => x * Tensor.From(2f);")]
    [InlineData("public Tensor Forward(Tensor x) { var host = Tensor.Ones([2], device: Device.Cpu); return x * host.ToArray<float>()[0]; }")]
    [InlineData("public Tensor Forward(Tensor x) => (x.To(Device.Cpu) + Tensor.Ones([2], device: Device.Cpu)).To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) { x = x.To(Device.Cpu); return x + Tensor.Ones([2], device: Device.Cpu); }")]
    [InlineData("private Tensor Mask(int n) => Tensor.Ones(n); public Tensor Forward(Tensor x) => x + Mask(2).To(x.Device);")]
    [InlineData("private Tensor Mask(int n) => Tensor.Ones(n); public Tensor Forward(Tensor x) { using var scope = x.Device.AsDefault(); return x + Mask(2); }")]
    [InlineData("public Tensor Forward() => Tensor.Ones(2);")]
    [InlineData("private static Tensor Mask(int n) => Tensor.Ones(n, n); public Buffer M { get; } = new(Mask(2)); public Tensor Forward(Tensor x) => x * M;")]
    [InlineData("public Buffer M; public Net() => M = new Buffer(Tensor.Ones(2));")]
    [InlineData("private Buffer? _m; public Tensor Forward(Tensor x) => x * (_m ??= Buffer.Derived(_ => Tensor.Ones(2)));")]
    [InlineData("public Tensor Forward(Tensor x) => Tensor.Cat([x, x]);")]
    [InlineData("public static Tensor Mask(Tensor x) => x + Tensor.Ones(2);")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Does_not_fire_outside_modules() =>
        Rule.Finds("public static class Program { public static Tensor Run(Tensor x) => x + Tensor.Ones(2); }");

    [Theory]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones(2, 3)|};", "public Tensor Forward(Tensor x) => x + Tensor.Ones([2, 3], device: x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Arange(0, 4)|};", "public Tensor Forward(Tensor x) => x + Tensor.Arange(0, 4, device: x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Zeros([2, 3], device: null)|};", "public Tensor Forward(Tensor x) => x + Tensor.Zeros([2, 3], device: x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Zeros([2, 3], DType.Float32, Device.Cpu)|};", "public Tensor Forward(Tensor x) => x + Tensor.Zeros([2, 3], DType.Float32, device: x.Device);")]
    [InlineData("public Tensor Forward(Tensor x, int[] sizes) => x + {|BAL0013:Tensor.Ones(sizes)|};", "public Tensor Forward(Tensor x, int[] sizes) => x + Tensor.Ones(sizes).To(x.Device);")]
    [InlineData("public Tensor Forward(Tensor x) => x + {|BAL0013:Tensor.Ones(2)|} * {|BAL0013:Tensor.Ones(2)|};",
        "public Tensor Forward(Tensor x) => x + Tensor.Ones([2], device: x.Device) * Tensor.Ones([2], device: x.Device);")]
    [InlineData("public Parameter W { get; } = new(Tensor.Ones(2)); public Tensor Forward() => W + {|BAL0013:Tensor.Ones(2)|};",
        "public Parameter W { get; } = new(Tensor.Ones(2)); public Tensor Forward() => W + Tensor.Ones([2], device: W.Device);")]
    public Task Fixed_by_the_device_of_an_operand(string member, string result) => Rule.FixesIn(member, "Device", result);
}
