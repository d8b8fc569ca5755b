using System.Text;
using Ballast.Cli.Data;

namespace Ballast.Cli.Tests;

public sealed class CharTokenizerTests
{
    private const string AnyText = "b a\n\u00e9\u4e16\U0001F6A2\U00010348z";

    [Fact]
    public void Vocabulary_is_the_text_s_characters_by_code_point()
    {
        CharTokenizer tokenizer = CharTokenizer.FromText("\uffee\U0001F6A2ba\na");
        // In UTF-16 order the ship (a surrogate pair) would come before U+FFEE.
        Assert.Equal(["\n", "a", "b", "\uffee", "\U0001F6A2"], tokenizer.Characters.Select(r => r.ToString()));
    }

    [Fact]
    public void Text_outside_the_basic_plane_comes_back_whole()
    {
        CharTokenizer tokenizer = CharTokenizer.FromText(AnyText);
        int[] tokens = tokenizer.Encode(AnyText);
        Assert.Equal(AnyText.EnumerateRunes().Count(), tokens.Length);
        Assert.Equal(AnyText, tokenizer.Decode(tokens));
    }

    [Fact]
    public void Unknown_character_is_named_with_its_position_in_characters()
    {
        CharTokenizer tokenizer = CharTokenizer.FromText("ab\U0001F6A2");
        UserError error = Assert.Throws<UserError>(() => tokenizer.Encode("a\U0001F6A2\u00e9", "the prompt"));
        Assert.Equal(UserError.Failure, error.ExitCode);
        Assert.Contains("the prompt has '\u00e9' (U+00E9) as character 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_are_named_by_number_so_that_the_error_stays_one_line()
    {
        UserError error = Assert.Throws<UserError>(() => CharTokenizer.FromText("ab").Encode("a\n"));
        Assert.Contains("U+000A", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Saved_vocabulary_loads_the_same()
    {
        using var folder = new TemporaryFolder();
        CharTokenizer saved = CharTokenizer.FromText(AnyText + "\"\\\u2028\u0001");
        saved.Save(folder["tokenizer.json"]);
        Assert.Equal(saved.Characters, CharTokenizer.Load(folder["tokenizer.json"]).Characters);
    }

    [Theory]
    [InlineData("", "not a character tokenizer")]
    [InlineData("[]", "not a character tokenizer")]
    [InlineData("{\"type\":\"bytes\",\"version\":1,\"vocabulary\":[\"a\"]}", "type and version")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[]}", "empty")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[\"ab\"]}", "entry 0 is not one character")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[\"b\",\"a\"]}", "entry 1 is out of order")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[\"a\",\"a\"]}", "entry 1 is out of order")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[1]}", "not a character tokenizer")]
    [InlineData("{\"type\":\"character\",\"version\":1}", "not a character tokenizer")]
    [InlineData("{\"type\":\"character\",\"version\":1,\"vocabulary\":[\"\\ud83d\"]}", "not a character tokenizer")]
    public void Damaged_file_is_an_error_that_says_what_is_wrong(string json, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["t.json"], json, new UTF8Encoding(false));
        UserError error = Assert.Throws<UserError>(() => CharTokenizer.Load(folder["t.json"]));
        Assert.Equal(UserError.Failure, error.ExitCode);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
