namespace Ballast.Tests.OpTables;

/// <summary>The error samples of all rows.</summary>
public sealed class ErrorSuite
{
    public static TheoryData<OpRow> All => RowData.Rows(r => r.Errors.Length > 0);

    [Theory]
    [MemberData(nameof(All))]
    public void Wrong_calls_throw_the_named_error_with_its_text(OpRow row)
    {
        foreach (ErrorCase sample in row.Errors)
        {
            Exception? error = Record.Exception(sample.Call);
            Assert.True(error is not null, $"{row.Name}, {sample.Label}: nothing was thrown");
            Assert.True(error.GetType() == sample.Exception,
                $"{row.Name}, {sample.Label}: {error.GetType().Name}, expected {sample.Exception.Name}: {error.Message}");
            Assert.True(error.Message.Contains(sample.Text, StringComparison.Ordinal),
                $"{row.Name}, {sample.Label}: the text lacks '{sample.Text}': {error.Message}");
        }
    }
}
