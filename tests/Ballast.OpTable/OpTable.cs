namespace Ballast.Tests.OpTables;

/// <summary>One row per op. The suites run every row; a new op is tested by adding its row here.</summary>
public static partial class OpTable
{
    // Built on first use: the parts of this class have static fields of their own, in no certain order.
    public static IReadOnlyList<OpRow> Rows =>
        field ??= [.. Elementwise(), .. Comparisons(), .. Copies(), .. Movement(), .. Reductions(), .. Products(), .. Networks(),
            .. Indexing(), .. Training(), .. Ordering()];

    public static OpRow Row(string name) => Rows.Single(r => r.Name == name);

    // Large enough that the work is cut over the pool, with lengths that are no multiple of any lane count.
    private static readonly int[] _large = [301, 257];

    private static readonly DType[] _integers = [DType.Int64, DType.Int32, DType.Int16, DType.Int8, DType.UInt8];
    private static readonly DType[] _signed = [DType.Int64, DType.Int32, DType.Int16, DType.Int8];

    private static Case Make(string label, Arg[] args, Func<Tensor[], Tensor> run, Func<Host[], Host> reference, bool grad = true) =>
        new(label, args, run, reference) { CheckGrad = grad };

    private static ErrorCase Throws<TException>(string label, Action call, string text) where TException : Exception =>
        new(label, call, typeof(TException), text);

    /// <summary>The cases of a function of one variable.</summary>
    private static Case[] UnaryCases(Func<Tensor, Tensor> run, Func<double, double> f, Values values, bool special = true)
    {
        Tensor Run(Tensor[] x) => run(x[0]);
        Host Reference(Host[] x) => x[0].Map(f);
        int[][] shapes = [[], [1], [7], [3, 5], [2, 1, 4, 3], [0], [2, 0, 3]];
        List<Case> cases = [.. shapes.Select(s => Make($"[{string.Join(", ", s)}]", [new(values, s)], Run, Reference))];
        cases.Add(Make("large", [new(values, _large)], Run, Reference, grad: false));
        if (special) cases.Add(Make("special", [new(Draw.Special, 13)], Run, Reference, grad: false));
        return [.. cases];
    }

    /// <summary>The cases of a function of two variables, with every kind of broadcasting.</summary>
    private static Case[] BinaryCases(Func<Tensor, Tensor, Tensor> run, Func<double, double, double> f, Values left, Values right,
        bool special = true)
    {
        Tensor Run(Tensor[] x) => run(x[0], x[1]);
        Host Reference(Host[] x) => Host.Zip(x[0], x[1], f);
        (int[] A, int[] B)[] shapes =
        [
            ([], []), ([9], [9]), ([3, 5], [3, 5]), ([3, 5], [5]), ([3, 5], []), ([], [4]), ([3, 1], [1, 5]), ([1], [2, 3]),
            ([2, 1, 3, 1], [4, 1, 5]), ([0], [0]), ([0, 3], [3]), ([2, 0], [1, 1]), ([1], [0]),
        ];
        List<Case> cases = [];
        foreach ((int[] a, int[] b) in shapes)
            cases.Add(Make($"[{string.Join(", ", a)}] with [{string.Join(", ", b)}]", [new(left, a), new(right, b)], Run, Reference));
        cases.Add(Make("large", [new(left, _large), new(right, _large)], Run, Reference, grad: false));
        cases.Add(Make("large with a row", [new(left, _large), new(right, _large[1])], Run, Reference, grad: false));
        cases.Add(Make("large with a column", [new(left, _large), new(right, _large[0], 1)], Run, Reference, grad: false));
        if (special) cases.Add(Make("special", [new(Draw.Special, 10, 1), new(Draw.Special, 10)], Run, Reference, grad: false));
        return [.. cases];
    }

    /// <summary>A function of one variable in both forms: the same with a host scalar is a formula of its own.</summary>
    private static Case[] With(Case[] cases, params IEnumerable<Case>[] more) => [.. cases, .. more.SelectMany(m => m)];

    private static IEnumerable<Case> Relabel(string prefix, Case[] cases) => cases.Select(c => c with { Label = $"{prefix} {c.Label}" });
}
