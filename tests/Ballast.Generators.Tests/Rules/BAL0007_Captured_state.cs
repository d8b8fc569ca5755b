namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0007_Captured_state
{
    [Theory]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Tensor mask) => M = {|BAL0007:x => x * mask|};")]
    [InlineData("public Func<Tensor, Tensor> M { get; } public Net() { var w = new Parameter(Tensor.Ones(2)); M = {|BAL0007:x => x * w|}; }")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Tensor mask) { Func<Tensor, Tensor> f = {|BAL0007:x => x * mask|}; M = f; }")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Linear inner) => M = {|BAL0007:inner.Forward|};")]
    [InlineData("public Func<Tensor, Tensor> M = {|BAL0007:new Linear(2, 2).Forward|};")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Tensor mask) { Tensor Local(Tensor x) => x * mask; M = {|BAL0007:Local|}; }")]
    [InlineData("public List<Func<Tensor, Tensor>> M = []; public Net(Tensor mask) => M.Add({|BAL0007:x => x * mask|});")]
    [InlineData("public event Action? M; public Net(Tensor mask) => M += {|BAL0007:() => Console.WriteLine(mask)|}; public void Run() => M?.Invoke();")]
    [InlineData("public Delegate? M; public Net(Tensor[] masks) => M = {|BAL0007:(Tensor x) => x * masks[0]|};")]
    [InlineData("public Lazy<float> M; public Net(Tensor mask) => M = new({|BAL0007:() => (float)mask.Sum().Item()|});")]
    [InlineData("public Timer M; public Net(Tensor mask) => M = new Timer({|BAL0007:_ => Console.WriteLine(mask)|});")]
    [InlineData("public Hook M; public sealed class Hook(Action a) { public void Run() => a(); } public Net(Tensor mask) => M = new({|BAL0007:() => Console.WriteLine(mask)|});")]
    [InlineData("public Hook M = new(); public sealed class Hook { public Action? Run { get; set; } } public Net(Tensor mask) => M.Run = {|BAL0007:() => Console.WriteLine(mask)|};")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Tensor mask) { Func<Tensor, Tensor> f = x => x * mask; M = {|BAL0007:x => f(x) * 2|}; }")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(Tensor mask) { Tensor Local(Tensor x) => x * mask; M = {|BAL0007:x => Local(x) * 2|}; }")]
    [InlineData("public Func<object> M; public Net(Tensor mask) { object o = mask; M = {|BAL0007:() => o|}; }")]
    [InlineData("public Action M; public Net(Tensor mask, Action other) => M = other + ({|BAL0007:() => Console.WriteLine(mask)|});")]
    [InlineData("private Func<Tensor>? _m; public Func<Tensor>? M => _m; public void Set(Tensor t) => Interlocked.Exchange(ref _m, {|BAL0007:() => t|});")]
    [InlineData("public Buffer M; public Net(Tensor mask) => M = Buffer.Derived({|BAL0007:device => mask.To(device)|});")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public Func<Tensor, Tensor> M = x => x.Relu();")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(double slope) => M = x => x * slope;")]
    [InlineData("public Linear Inner { get; } public Func<Tensor, Tensor> M; public Net(Linear inner) { Inner = inner; M = x => inner.Forward(x); }")]
    [InlineData("public Linear Inner { get; } = new(2, 2); public Func<Tensor, Tensor> M; public Net() => M = Inner.Forward;")]
    [InlineData("public Parameter W { get; } = new(Tensor.Ones(2)); public Func<Tensor, Tensor> M; public Net() => M = x => x * W;")]
    [InlineData("public Func<Tensor, Tensor> M; public Net([Scratch(\"borrowed\")] Tensor mask) => M = x => x * mask;")]
    [InlineData("public Func<Tensor, Tensor> M = x => { var y = x * 2; return y; };")]
    [InlineData("public Tensor Forward(Tensor x) { Func<Tensor, Tensor> twice = y => y + x; return twice(x); }")]
    [InlineData("public Func<Tensor, Tensor> M; public Net() => M = x => { Tensor Local() => x * 2; return Local(); };")]
    [InlineData("public Func<Tensor, Tensor> M; public Net(double k) { Tensor Local(Tensor y) => y * k; M = x => Local(x) * 2; }")]
    [InlineData("public Lazy<int> M; public Net(int n) => M = new(() => n * 2);")]
    [InlineData("private readonly Action<string>? _log; public Net(Action<string>? log) => _log = log; public void Log() => _log?.Invoke(\"a\");")]
    [InlineData("public ModuleList<Linear> L { get; } = []; private readonly Func<int, Linear> _make; public Net(Func<int, Linear> make) { _make = make; L.Add(_make(2)); }")]
    [InlineData("public Buffer M; public Net(int n) => M = Buffer.Derived(device => Tensor.Ones([n], device: device));")]
    [InlineData("public Buffer M; public Net(Linear l) => M = Buffer.Derived(device => l.Weight.Value.Sum(0).To(device));")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Sees_a_delegate_handed_to_a_module_that_keeps_it() => Rule.Finds("""
        public partial class Stored(Func<Tensor, Tensor> run) : Module { public Func<Tensor, Tensor> Run { get; } = run; }
        public sealed partial class Captured(Func<Tensor, Tensor> run) : Module { public Tensor Forward(Tensor x) => run(x); }
        public sealed partial class Once(Func<int, Tensor> make) : Module { public Buffer Table { get; } = new(make(2)); }
        public sealed partial class Below(Tensor mask) : Stored({|BAL0007:x => x * mask|});
        public sealed partial class Net : Module
        {
            public Stored Own { get; }
            public Parameter Scale { get; } = new(Tensor.Ones(2));
            public Net() => Own = new Stored(x => x * Scale);
        }
        public static class Program
        {
            public static object Run(Tensor mask, Linear linear) => (new Stored({|BAL0007:x => x * mask|}), new Captured({|BAL0007:linear.Forward|}),
                new Stored(x => x.Relu()), new Once(n => mask * n));
        }
        """);

    [Fact]
    public Task Does_not_fire_on_a_watcher_from_outside() => Rule.Finds("""
        public sealed partial class Net : Module
        {
            public event Action<Tensor>? Done;
            public Action<Tensor>? Hook { get; set; }
            public Func<Tensor, Tensor>? Change { get; set; }
            public Tensor Forward(Tensor x)
            {
                Done?.Invoke(x);
                Hook?.Invoke(x);
                return Change?.Invoke(x) ?? x;
            }
        }
        public static class Program
        {
            public static void Run(Net net, Tensor mask)
            {
                var seen = new List<Tensor>();
                net.Done += t => seen.Add(t);
                net.Hook = seen.Add;
                net.Change = {|BAL0007:x => x * mask|};
            }
        }
        """);

    [Fact]
    public Task Sees_a_constructor_parameter_in_an_initializer() => Rule.Finds("""
        public sealed partial class Net(Tensor mask, Linear inner, Linear other) : Module
        {
            public Func<Tensor, Tensor> Mask { get; } = {|BAL0007:x => x * mask|};
            public Func<Tensor, Tensor> First { get; } = {|BAL0007:x => other.Forward(x)|};
            public Func<Tensor, Tensor> Second { get; } = x => inner.Forward(x);
            public Linear Inner { get; } = inner;
        }
        """);

    [Fact]
    public Task Fires_on_an_expression_tree() => Rule.FindsIn("""
        private readonly System.Linq.Expressions.Expression<Func<int>> _m;
            public Net(Tensor x) => _m = {|BAL0007:() => x.Rank|};
        """);

    [Fact]
    public Task Fires_on_a_lambda_for_a_method_that_keeps_it() => Rule.FindsIn("""
        private Func<Tensor, Tensor>? _m;
            public void Use(Func<Tensor, Tensor> f) => _m = f;
            private static Tensor Once(Func<Tensor, Tensor> f, Tensor x) => f(x);
            public Net(Tensor y)
            {
                Use({|BAL0007:x => x * y|});
                Once(x => x * y, y);
            }
        """);
}
