namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0006_Opaque_state
{
    [Theory]
    [InlineData("private object _m = {|BAL0006:Tensor.Ones(2)|}; public object M => _m;")]
    [InlineData("public object? M { get; set; } public Net(Linear l) => M = {|BAL0006:l|};")]
    [InlineData("public object? M; public Net(bool b) => M = b ? {|BAL0006:new Linear(2, 2)|} : null;")]
    [InlineData("public dynamic? M; public Net(Parameter p) => M = {|BAL0006:p|};")]
    [InlineData("public System.Collections.IEnumerable? M; public Net(Tensor[] t) => M = {|BAL0006:t|};")]
    [InlineData("public object[] M; public Net(Tensor t) => M = [1, {|BAL0006:t|}];")]
    [InlineData("public List<object> M = []; public Net(Linear l) => M.Add({|BAL0006:l|});")]
    [InlineData("public Dictionary<string, object> M = []; public Net(Linear l) => M[\"a\"] = {|BAL0006:l|};")]
    [InlineData("public (object, int) M; public Net(Linear l) => M = ({|BAL0006:l|}, 1);")]
    [InlineData("public Base? M; public class Base; public sealed class Below : Base { public Tensor? T; } public Net(Below b) => M = {|BAL0006:b|};")]
    [InlineData("public object M; public Net(Linear l) { object o = l; M = {|BAL0006:o|}; }")]
    [InlineData("public IForward<Tensor, Tensor>? {|BAL0006:M|};")]
    [InlineData("public List<IForward<Tensor, Tensor>> {|BAL0006:M|} = [];")]
    [InlineData("public IBlock? {|BAL0006:M|}; public interface IBlock { Tensor Run(Tensor x, int layer); }")]
    [InlineData("public Block? {|BAL0006:M|}; public abstract class Block { public abstract Tensor Run(Tensor x); }")]
    [InlineData("public IMasked? {|BAL0006:M|}; public interface IMasked { Tensor Mask { get; } }")]
    [InlineData("public ISource? {|BAL0006:M|}; public interface ISource { Tensor Next(); }")]
    [InlineData("public IProvider<Linear>? {|BAL0006:M|}; public interface IProvider<T> { T Get(); }")]
    [InlineData("public Base? {|BAL0006:M|}; public abstract class Base { public abstract Parameter Weight { get; } }")]
    [InlineData("public KeyValueCache? {|BAL0006:M|}; public List<KeyValueCache> {|BAL0006:N|} = [];")]
    [InlineData("public object M; public Net(Linear l) => M = {|BAL0006:new { l }|};")]
    [InlineData("public object M; public Net(Linear l) { var pair = (l, 1); M = {|BAL0006:pair|}; }")]
    [InlineData("public object M; public Net(bool b, Tensor t) { object o; if (b) o = \"text\"; else o = t; M = {|BAL0006:o|}; }")]
    [InlineData("public (object?, int) M; public void Put(Tensor x) => M.Item1 = {|BAL0006:x|};")]
    [InlineData("public Tag M = new(); public sealed class Tag { public object? Value; } public void Put(Tensor x) => M.Value = {|BAL0006:x|};")]
    [InlineData("public Tag M; public struct Tag { public object? Value; } public void Put(Tensor x) => M.Value = {|BAL0006:x|};")]
    [InlineData("public Tag M = new(); public sealed class Tag { public List<object> All = []; } public void Put(Tensor x) => M.All.Add({|BAL0006:x|});")]
    [InlineData("public Tag M; public sealed class Tag(object o) { public string Text => $\"{o}\"; } public Net(Tensor t) => M = {|BAL0006:new(t)|};")]
    [InlineData("public WeakReference M; public Net(Tensor t) => M = {|BAL0006:new(t)|};")]
    [InlineData("private object? _m; public object? M => _m; public void Put(Tensor x) => Interlocked.Exchange(ref _m, {|BAL0006:x|});")]
    [InlineData("private object? _m; public object? M => _m; public void Put(Tensor x) => Set(ref _m, {|BAL0006:x|}); private static void Set(ref object? at, object v) => at = v;")]
    [InlineData("public IEnumerable<int> M; public Net(Tensor[] all) => M = {|BAL0006:all.Select(t => t.Rank)|};")]
    [InlineData("public IEnumerable<int> M; public Net(Tensor[] all) => M = from t in all where t.Rank > 1 {|BAL0006:select t.Rank|};")]
    [InlineData("public IEnumerable<int> M; public Net(Tensor t) => M = {|BAL0006:Ranks(t)|}; private static IEnumerable<int> Ranks(Tensor t) { yield return t.Rank; }")]
    [InlineData("public System.Collections.IEnumerator M; public Net(Tensor[] t) => M = {|BAL0006:((System.Collections.IEnumerable)t).GetEnumerator()|};")]
    public Task Fires_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("public object Lock { get; } = new(); public object? Tag { get; set; } = \"text\";")]
    [InlineData("public IDisposable? M; public IReadOnlyList<int> N = []; public IComparable O = 3;")]
    [InlineData("[Scratch(\"borrowed\")] public object? M; public Net(Linear l) => M = l;")]
    [InlineData("public object M; public Net(Linear l) => M = l.InFeatures;")]
    [InlineData("public List<object> M = []; public Net(Linear l) => M.Contains(l);")]
    [InlineData("public ISampler? M; public interface ISampler { int Sample(Tensor logits); }")]
    [InlineData("public Func<Tensor, Tensor> M = x => x.Relu();")]
    [InlineData("public Module? Inner; public Net(Linear l) => Inner = l;")]
    [InlineData("public object Anything(Linear l) { object o = l; return o; }")]
    [InlineData("public Sequential M = new(new ReLU());")]
    [InlineData("public IInit? M; public interface IInit { Tensor Make(Shape shape); void Fill(Tensor t); string Name { get; } }")]
    [InlineData("public Rate? M; public abstract class Rate { public abstract double At(int step); public static Tensor Of(double x) => Tensor.From(x); }")]
    [InlineData("public Tag M = new(); public sealed class Tag { public object? Value; } public Tensor Forward(Tensor x) { M.Value = x.Shape; return x; }")]
    [InlineData("public Linear L { get; } = new(2, 2); public Timer M; public Net() => M = new Timer(_ => L.Eval(), this, 0, 0);")]
    [InlineData("public ModuleList<Linear> L { get; } = []; public IEnumerable<int> M; public Net() => M = L.Select(l => l.InFeatures);")]
    [InlineData("public IEnumerable<string> M; public Net() => M = NamedParameters().Where(p => p.Key.Length > 2).Select(p => p.Key);")]
    [InlineData("public string[] M; public Net(Tensor[] all) => M = [.. all.Select(t => t.ToString()!)];")]
    [InlineData("public IReadOnlyList<string> M; public Net(Tensor[] all) => M = all.Select(t => t.ToString()!).ToList();")]
    [InlineData("private string? _m; public string? M => _m; public void Put(Tensor x) => Say(ref _m, x); private static void Say(ref string? s, Tensor x) => s = x.ToString();")]
    public Task Does_not_fire_on(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("private object? _m; public object? M => _m; public void Put(object x) => _m = {|BAL0006:x|};")]
    [InlineData("private object? _m; public object? M => _m; public void Put<T>(T x) => _m = {|BAL0006:x|};")]
    [InlineData("private readonly object _m = {|BAL0006:Make()|}; public object M => _m; private static object Make() => Tensor.Ones(1);")]
    [InlineData("private readonly List<object> _m = []; public Net(object x) => _m.Add({|BAL0006:x|});")]
    [InlineData("private readonly List<object> _m; public Net() { var all = new List<object>(); all.Add(Tensor.Ones(1)); _m = {|BAL0006:all|}; }")]
    [InlineData("private readonly List<object> _m = []; public Net() { var all = _m; all.Add({|BAL0006:Tensor.Ones(1)|}); }")]
    [InlineData("private readonly object _m; private readonly int _n; public Net() => (_n, _m) = (1, {|BAL0006:Tensor.Ones(1)|});")]
    [InlineData("private readonly object _m; private static void Fill(out object x) => x = Tensor.Ones(1); public Net() => Fill(out {|BAL0006:_m|});")]
    public Task Fires_on_a_value_that_does_not_tell_what_it_is(string member) => Rule.FindsIn(member);

    [Theory]
    [InlineData("private readonly object _m = new(); private readonly object _n; public Net(string s, int i) => _n = i > 0 ? s : (object)i;")]
    [InlineData("private object? _m; public void Put(object x) => _m = (string)x;")]
    [InlineData("private string? _m; public void Put(object x) => _m = (string)x;")]
    [InlineData("private object? _m; private object? _n; public Net() { _m = 1; _n = _m; _n = null; _m = default; }")]
    [InlineData("private readonly Dictionary<string, object> _m = new() { [\"a\"] = 1.0 }; public void Put(int i) => _m[\"b\"] = i;")]
    [InlineData("[Scratch(\"a tag\")] private object? _m; public void Put(object x) => _m = x;")]
    public Task Does_not_fire_on_a_value_that_tells(string member) => Rule.FindsIn(member);

    [Fact]
    public Task Fires_on_a_class_of_another_assembly_that_gives_a_tensor() => Rule.FindsBeside("""
        public class Store { private Tensor? _value; public void Set(Tensor value) => _value = value; public Tensor Get() => _value!; }
        """, """
        public sealed partial class Net : Module { public Store? {|BAL0006:M|}; [Scratch("borrowed")] public Store? Borrowed; }
        """);

    [Fact]
    public Task Fires_on_a_type_parameter_that_may_be_a_module() => Rule.Finds("""
        public sealed partial class Residual<T>(T inner) : Module where T : IForward<Tensor, Tensor>
        {
            public T {|BAL0006:Inner|} { get; } = inner;
        }
        """);

    [Fact]
    public Task Fires_where_an_open_type_parameter_becomes_state() => Rule.Finds("""
        public partial class Box<T>(T item) : Module { public T Item { get; } = item; }
        public sealed partial class Good(int n) : Box<int>(n);
        public sealed partial class {|BAL0006:Bad|}(Linear l) : Box<Linear>(l);
        public static class Program { public static object Run(Linear l) => ({|BAL0006:new Box<Linear>(l)|}, new Box<string>("a")); }
        """);

    [Fact]
    public Task Fixed_by_a_constraint() => Rule.Fixes_("""
        public sealed partial class Residual<T>(T inner) : Module where T : IForward<Tensor, Tensor>
        {
            public T {|BAL0006:Inner|} { get; } = inner;
            public Tensor Forward(Tensor x) => x + Inner.Forward(x);
        }
        """, "Constraint", """
        public sealed partial class Residual<T>(T inner) : Module where T : Module, IForward<Tensor, Tensor>
        {
            public T Inner { get; } = inner;
            public Tensor Forward(Tensor x) => x + Inner.Forward(x);
        }
        """);

    [Fact]
    public Task Fixed_as_a_sequence() => Rule.FixesIn("""
            private readonly List<IForward<Tensor, Tensor>> {|BAL0006:_layers|};
            public Net(int n) => _layers = [new Linear(n, n), new ReLU()];
            public Tensor Forward(Tensor x)
            {
                foreach (var layer in _layers) x = layer.Forward(x);
                return x;
            }
        """, "Container", """
            private readonly Sequential _layers;
            public Net(int n) => _layers = new Sequential([new Linear(n, n), new ReLU()]);
            public Tensor Forward(Tensor x)
            {
                foreach (var layer in _layers) x = layer.Forward(x);
                return x;
            }
        """);
}
