namespace Ballast.Generators.Tests.Rules;

public sealed class BAL0014_Host_read
{
    private const string Head = "public static class Program { public static void Train(Linear model, Ballast.Optimizers.Optimizer optimizer, Tensor x) { double sum = 0; ";

    [Theory]
    [InlineData("for (int i = 0; i < 9; i++) { var loss = model.Forward(x).Sum(); loss.Backward(); sum += {|BAL0014:loss.Item()|}; }")]
    [InlineData("while (true) { optimizer.Step(); var all = {|BAL0014:model.Weight.Value.ToArray<float>()|}; }")]
    [InlineData("foreach (var i in new[] { 1 }) { x.Backward(); Console.WriteLine($\"loss {|BAL0014:{x}|}\"); }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); for (int j = 0; j < 2; j++) sum += {|BAL0014:x.Item()|}; }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); if ({|BAL0014:x.Item()|} > 3) break; }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); Console.WriteLine({|BAL0014:x|}); }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); var text = \"loss \" + {|BAL0014:x|}; }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); var host = {|BAL0014:x.To(Device.Cpu)|}; }")]
    public Task Fires_on(string loop) => Rule.Finds($"{Head} {loop} }} }}");

    [Theory]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); if (i % 3 == 0) Console.WriteLine(x.Item()); }")]
    [InlineData("for (int i = 0; i < 9; i++) sum += x.Item();")]
    [InlineData("for (int i = 0; i < 9; i++) x.Backward(); sum += x.Item();")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); Action late = () => Console.WriteLine(x.Item()); }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); sum += x.Shape[0]; Console.WriteLine($\"{sum}\"); }")]
    [InlineData("for (int i = 0; i < 9; i++) { model.Forward(x.To(Device.Parse(\"cuda\"))).Sum().Backward(); Console.WriteLine(i); }")]
    [InlineData("for (int e = 0; e < 9; e++) { for (int i = 0; i < 9; i++) { x.Backward(); optimizer.Step(); } Console.WriteLine(x.Item()); }")]
    public Task Does_not_fire_on(string loop) => Rule.Finds($"{Head} {loop} }} }}");

    private const string Helpers = "public static class Program { "
        + "static void Log(Tensor loss) => Console.WriteLine(loss.Item()); "
        + "static void Note(int step, Tensor loss) { var text = $\"{step}: {loss}\"; Console.WriteLine(text); } "
        + "static void Rarely(Tensor loss, int i) { if (i % 9 == 0) Console.WriteLine(loss.Item()); } "
        + "static void Early(Tensor loss, int i) { if (i % 9 != 0) return; Console.WriteLine(loss.Item()); } "
        + "static void Other(Tensor loss) => Console.WriteLine(loss.Shape[0]); "
        + "static Tensor Step(Linear model, Tensor x) { var loss = model.Forward(x).Sum(); loss.Backward(); return loss; } "
        + "static void Fit(Linear model, Tensor x) { for (int i = 0; i < 9; i++) Step(model, x); } "
        + "public static void Train(Linear model, Tensor x) { double sum = 0; ";

    [Theory]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); {|BAL0014:Log(x)|}; }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); {|BAL0014:Note(i, x)|}; }")]
    [InlineData("void Inner(Tensor loss) => sum += loss.Item(); for (int i = 0; i < 9; i++) { x.Backward(); {|BAL0014:Inner(x)|}; }")]
    [InlineData("for (int i = 0; i < 9; i++) sum += {|BAL0014:Step(model, x).Item()|};")]
    public Task Fires_on_a_method_of_the_class(string loop) => Rule.Finds($"{Helpers} {loop} }} }}");

    [Theory]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); Rarely(x, i); Early(x, i); Other(x); }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); if (i % 3 == 0) Log(x); }")]
    [InlineData("for (int i = 0; i < 9; i++) { x.Backward(); if (i % 3 != 0) continue; Log(x); sum += x.Item(); }")]
    [InlineData("for (int i = 0; i < 9; i++) Log(x);")]
    [InlineData("for (int e = 0; e < 9; e++) { Fit(model, x); sum += x.Item(); }")]
    public Task Does_not_fire_on_a_method_that_reads_now_and_then(string loop) => Rule.Finds($"{Helpers} {loop} }} }}");
}
