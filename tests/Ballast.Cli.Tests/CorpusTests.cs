using System.Text;
using Ballast.Cli.Data;

namespace Ballast.Cli.Tests;

public sealed class CorpusTests
{
    [Fact]
    public void Built_in_corpus_is_the_repository_s_own_text_in_path_order()
    {
        Corpus corpus = Corpus.BuiltIn();
        string[] headings = Headings(corpus);
        Assert.Contains("=== src/Ballast.Cli/Program.cs ===", headings);
        Assert.Equal(headings.Order(StringComparer.Ordinal), headings);
        Assert.True(corpus.Text.Length > 50_000, $"{corpus.Text.Length} characters");
        Assert.Equal(corpus.Fingerprint, Corpus.BuiltIn().Fingerprint);
    }

    [Fact]
    public void Built_in_corpus_names_no_place_on_the_machine_and_no_generated_file()
    {
        string root = AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/", StringComparison.Ordinal)];
        Corpus corpus = Corpus.BuiltIn();
        Assert.DoesNotContain(root, corpus.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Headings(corpus), h => h.Contains("/obj/", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', corpus.Text);
    }

    [Fact]
    public void Folder_is_read_in_ordinal_path_order_and_only_its_texts()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["sub"]);
        File.WriteAllText(folder["b.txt"], "bee");
        File.WriteAllText(folder["B.md"], "Bee\n");
        File.WriteAllText(folder["sub/a.cs"], "a");
        File.WriteAllBytes(folder["picture.png"], [0, 1, 2]);
        Corpus corpus = Corpus.Load(folder.Path);
        Assert.Equal("=== B.md ===\nBee\n=== b.txt ===\nbee\n=== sub/a.cs ===\na\n", corpus.Text);
        Assert.Equal(3, corpus.Files);
    }

    [Fact]
    public void File_is_taken_as_it_is_but_for_its_byte_order_mark()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t"], [.. Encoding.UTF8.Preamble, .. "a\r\nb"u8]);
        Assert.Equal("a\r\nb", Corpus.Load(folder["t"]).Text);
    }

    [Theory]
    [InlineData(new byte[0], UserError.Failure, "is empty")]
    [InlineData(new byte[] { 97, 0, 98 }, UserError.Failure, "zero byte at offset 1")]
    [InlineData(new byte[] { 97, 98, 0xc3, 0x28 }, UserError.Failure, "byte 0xc3 at offset 2")]
    [InlineData(new byte[] { 0xef, 0xbb, 0xbf, 97, 0xff }, UserError.Failure, "byte 0xff at offset 4")]
    public void File_that_is_no_text_is_an_error_that_names_the_place(byte[] bytes, int exitCode, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t"], bytes);
        UserError error = Assert.Throws<UserError>(() => Corpus.Load(folder["t"]));
        Assert.Equal(exitCode, error.ExitCode);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_path_and_folder_without_text_are_errors()
    {
        using var folder = new TemporaryFolder();
        UserError missing = Assert.Throws<UserError>(() => Corpus.Load(folder["nothing"]));
        Assert.Contains("there is no file or folder", missing.Message, StringComparison.Ordinal);
        Assert.Contains("has no text", Assert.Throws<UserError>(() => Corpus.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cross_entropies_follow_their_formulas()
    {
        // 9 training tokens "aababaaab"-like and one fewer pair; 1 in 10 is judged.
        int[] tokens = [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, /* validation: */ 0, 1];
        var split = new TokenSplit(tokens, 3);
        Assert.Equal(18, split.Training.Length);
        double zeros = split.Training.ToArray().Count(t => t == 0), ones = 18 - zeros;
        double unigram = -(Math.Log((zeros + 1) / 21) + Math.Log((ones + 1) / 21)) / 2;
        Assert.Equal(unigram, split.UnigramCrossEntropy(), 12);
        int[] training = split.Training.ToArray();
        double pairs = training.Zip(training.Skip(1)).Count(p => p == (0, 1)), firsts = training.SkipLast(1).Count(t => t == 0);
        Assert.Equal(-Math.Log((pairs + 1) / (firsts + 3)), split.BigramCrossEntropy(), 12);
    }

    [Fact]
    public void Pair_that_training_never_saw_costs_a_finite_amount()
    {
        var split = new TokenSplit([.. Enumerable.Repeat(0, 18), 1, 2], 3);
        Assert.Equal(Math.Log(3), split.BigramCrossEntropy(), 12);
        Assert.Equal(Math.Log(21), split.UnigramCrossEntropy(), 12);
    }

    private static string[] Headings(Corpus corpus) =>
        Array.FindAll(corpus.Text.Split('\n'), l => l is ['=', '=', '=', ' ', .., ' ', '=', '=', '=']);
}
