namespace Ballast.Tests.OpTables;

/// <summary>No op without a row.</summary>
public sealed class CoverageSuite
{
    [Fact]
    public void Every_op_and_formula_has_a_row()
    {
        HashSet<Type> covered = [.. OpTable.Rows.SelectMany(r => r.Covers)];
        string[] missing = [.. typeof(Tensor).Assembly.GetTypes().Where(t =>
            t.IsValueType && !t.IsNested && IsOp(t) && !covered.Contains(t)).Select(t => t.Name).Order()];
        Assert.True(missing.Length == 0, $"without a row in OpTable: {string.Join(", ", missing)}");
    }

    /// <summary>A row that names a formula must really run it.</summary>
    [Fact]
    public void Rows_of_formulas_run_the_formula_they_name()
    {
        int seen = 0;
        foreach (OpRow row in OpTable.Rows)
        {
            if (row.Covers.Length == 0 || row.Covers[0].IsGenericType || row.Covers[0].GetProperty("Name") is not { } name) continue;
            foreach (Case sample in row.Cases)
                Assert.Equal((string)name.GetValue(null)!, sample.Run(Samples.Inputs(row, sample, DType.Float32)).Producer);
            seen++;
        }
        Assert.True(seen >= 38, $"only {seen} rows name a formula first");
    }

    [Fact]
    public void Row_names_are_unique() => Assert.Equal(OpTable.Rows.Count, OpTable.Rows.Select(r => r.Name).Distinct().Count());

    [Fact]
    public void Case_labels_are_unique_in_their_row()
    {
        foreach (OpRow row in OpTable.Rows) Assert.Equal(row.Cases.Length, row.Cases.Select(c => c.Label).Distinct().Count());
    }

    private static bool IsOp(Type type) => type.GetInterfaces().Any(i =>
        i == typeof(IUnaryFormula) || i == typeof(IBinaryFormula) || i == typeof(ICompareFormula)
            || (i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IOp<>)));
}
