using Ballast.DeviceRunner.Reports;

namespace Ballast.DeviceRunner.Checks;

/// <summary>The smallest case of each row, for drivers that interpret kernels item by item, and shapes that just pass a tile's edge.</summary>
internal static class TinyCheck
{
    // Each row runs in float32; every so manieth in its other floating dtypes and one integer dtype as well.
    private const int OtherDTypes = 6;

    /// <summary>Runs the part of the rows that the options name.</summary>
    public static IEnumerable<CheckResult> Run(Device device, RunnerOptions options, TextWriter output)
    {
        int number = 0;
        foreach (OpRow row in OpTable.Rows.Concat(Edges()))
        {
            int place = number++;
            if (place % options.Shards != options.Shard - 1 || !options.Wants(row.Name)) continue;
            bool edge = place >= OpTable.Rows.Count;
            Case[] cases = edge ? row.Cases : [RowRun.Smallest(row)];
            var results = new List<CheckResult> { OpTableCheck.Forward(row, cases, DType.Float32, device) };
            if (row.Differentiable && cases.Any(c => c.CheckGrad)) results.Add(OpTableCheck.Backward(row, cases, device));
            if (!edge && place / options.Shards % OtherDTypes == 0)
            {
                DType[] others = [.. RowRun.DTypes(row).Where(d => d.IsFloating && d != DType.Float32), .. row.Integers.Take(1)];
                foreach (DType dtype in others) results.Add(OpTableCheck.Forward(row, cases, dtype, device));
            }
            bool failed = results.Any(r => r.Failure is not null);
            output.WriteLine($"{(failed ? "FAILED" : "ok"),-7}{row.Name}, {cases[0].Label} ({results.Count} checks)");
            foreach (CheckResult result in results) yield return result;
        }
    }

    /// <summary>Rows of the table with shapes of their own: one element more than a group or a tile takes.</summary>
    private static IEnumerable<OpRow> Edges()
    {
        Values any = Draw.Uniform(-2, 2);
        yield return OpTable.Row("matmul") with
        {
            Name = "matmul past a tile",
            Cases = [new("66x18x65", [new(any, 66, 18), new(any, 18, 65)], x => x[0].MatMul(x[1]), x => Host.MatMul(x[0], x[1])) { CheckGrad = false }],
        };
        yield return OpTable.Row("softmax") with
        {
            Name = "softmax past a group",
            Cases = [new("2x65", [new(any, 2, 65)], x => x[0].Softmax(-1), x => x[0].Along(-1, Reference.Softmax))],
        };
        yield return OpTable.Row("layer_norm") with
        {
            Name = "layer_norm past a group",
            Cases = [new("3x65", [new(any, 3, 65), new(any, 65), new(any, 65)], x => x[0].LayerNorm([65], x[1], x[2]),
                x => Reference.Normalise(x[0], 1, x[1], x[2], 1e-5, centre: true))],
        };
        yield return OpTable.Row("attention") with
        {
            Name = "attention past a tile",
            Cases = [new("1x33x5 causal", [new(any, 1, 33, 5), new(any, 1, 33, 5), new(any, 1, 33, 5)],
                x => Tensor.ScaledDotProductAttention(x[0], x[1], x[2], causal: true),
                x => Reference.Attention(x[0], x[1], x[2], null, true, null))],
        };
        yield return OpTable.Row("sum") with
        {
            Name = "sum past a group",
            Cases =
            [
                new("rows of 65", [new(any, 2, 65)], x => x[0].Sum(1), x => x[0].Reduce([1], false, v => v.Sum())),
                new("columns of 65", [new(any, 65, 3)], x => x[0].Sum(0), x => x[0].Reduce([0], false, v => v.Sum())),
            ],
        };
        yield return OpTable.Row("add") with
        {
            Name = "add past a group",
            Cases = [new("257", [new(any, 257), new(any, 257)], x => x[0] + x[1], x => Host.Zip(x[0], x[1], (a, b) => a + b))],
        };
    }
}
