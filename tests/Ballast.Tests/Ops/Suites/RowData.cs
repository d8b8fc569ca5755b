namespace Ballast.Tests.OpTables;

/// <summary>Rows of the op table as the data of a theory.</summary>
internal static class RowData
{
    public static TheoryData<OpRow> Rows(Func<OpRow, bool> keep) => [.. OpTable.Rows.Where(keep)];
}
