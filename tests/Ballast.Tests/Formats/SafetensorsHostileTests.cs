using System.Buffers.Binary;
using System.Text;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

/// <summary>Malformed files: each is refused with the format's own error, naming the fault.</summary>
public sealed class SafetensorsHostileTests
{
    private const string Good = "{`dtype`:`U8`,`shape`:[4],`data_offsets`:[0,4]}";
    private const string U8 = "{`a`:{`dtype`:`U8`,`shape`:";
    private const string F32 = "{`a`:{`dtype`:`F32`,`shape`:";
    private const string F64 = "{`a`:{`dtype`:`F64`,`shape`:";

    /// <summary>Name, header text with ` for ", bytes of data, and words that the message must hold.</summary>
    private static readonly (string Name, string Header, int Data, string Says)[] headers =
    [
        ("array_instead_of_object", "[]", 0, "expected '{'"),
        ("null_instead_of_object", "null", 0, "expected '{'"),
        ("leading_space", " {}", 0, "expected '{'"),
        ("leading_newline", "\n{}", 0, "expected '{'"),
        ("byte_order_mark", "\uFEFF{}", 0, "byte order mark"),
        ("nul_bytes", "\0\0\0\0", 0, "expected '{'"),
        ("only_opening_brace", "{ ", 0, "not sound JSON"),
        ("unclosed_object", "{`a`:" + Good, 4, "not sound JSON"),
        ("two_objects", "{}{}", 0, "not sound JSON"),
        ("text_after_object", "{}x", 0, "not sound JSON"),
        ("trailing_newline", "{}\n", 0, "only spaces"),
        ("trailing_tab", "{}  \t ", 0, "only spaces"),
        ("trailing_nul", "{}\0", 0, "not sound JSON"),
        ("trailing_comma", "{`a`:" + Good + ",}", 4, "not sound JSON"),
        ("comment", "{/* */}", 0, "not sound JSON"),
        ("line_comment", "{//\n}", 0, "not sound JSON"),
        ("single_quotes", "{'a':1}", 0, "not sound JSON"),
        ("unquoted_key", "{a:1}", 0, "not sound JSON"),
        ("missing_colon", "{`a` " + Good + "}", 4, "not sound JSON"),
        ("control_character_in_name", "{`a\nb`:" + Good + "}", 4, "not sound JSON"),
        ("bad_escape_in_name", "{`a\\qb`:" + Good + "}", 4, "not sound JSON"),
        ("half_surrogate_in_name", "{`a\\ud800`:" + Good + "}", 4, "surrogate"),
        ("half_surrogate_in_metadata", "{`__metadata__`:{`k`:`\\udc00`}}", 0, "surrogate"),
        ("half_surrogate_in_dtype", "{`a`:{`dtype`:`\\ud800`,`shape`:[],`data_offsets`:[0,1]}}", 1, "surrogate"),
        ("too_deep_in_shape", U8 + "[[4]],`data_offsets`:[0,4]}}", 4, "expected a dimension"),
        ("far_too_deep", "{`a`:" + string.Concat(Enumerable.Repeat("[", 10_000)), 0, "expected an object"),
        ("deep_unknown_field", "{`a`:{`x`:" + string.Concat(Enumerable.Repeat("[", 10_000)), 0, "unknown field 'x'"),
        ("deep_in_shape", "{`a`:{`shape`:" + string.Concat(Enumerable.Repeat("[", 10_000)), 0, "expected a dimension"),
        ("entry_is_number", "{`a`:1}", 0, "expected an object with dtype, shape and data_offsets, found a number"),
        ("entry_is_string", "{`a`:`b`}", 0, "found a string"),
        ("entry_is_null", "{`a`:null}", 0, "found null"),
        ("entry_is_array", "{`a`:[]}", 0, "found an array"),
        ("entry_is_empty", "{`a`:{}}", 0, "dtype is missing"),
        ("missing_dtype", "{`a`:{`shape`:[4],`data_offsets`:[0,4]}}", 4, "dtype is missing"),
        ("missing_shape", "{`a`:{`dtype`:`U8`,`data_offsets`:[0,4]}}", 4, "shape is missing"),
        ("missing_offsets", U8 + "[4]}}", 4, "data_offsets is missing"),
        ("extra_field", U8 + "[4],`data_offsets`:[0,4],`note`:``}}", 4, "unknown field 'note'"),
        ("field_in_capitals", "{`a`:{`DType`:`U8`,`shape`:[4],`data_offsets`:[0,4]}}", 4, "unknown field 'DType'"),
        ("duplicate_tensor", "{`a`:" + Good + ",`a`:" + Good + "}", 4, "two tensors have this name"),
        ("duplicate_tensor_by_escape", "{`a`:" + Good + ",`\\u0061`:" + Good + "}", 4, "two tensors have this name"),
        ("duplicate_dtype", "{`a`:{`dtype`:`U8`,`dtype`:`U8`,`shape`:[4],`data_offsets`:[0,4]}}", 4, "dtype appears twice"),
        ("duplicate_shape", U8 + "[4],`shape`:[4],`data_offsets`:[0,4]}}", 4, "shape appears twice"),
        ("duplicate_shape_by_escape", U8 + "[4],`sh\\u0061pe`:[4],`data_offsets`:[0,4]}}", 4, "shape appears twice"),
        ("duplicate_offsets",
            "{`a`:{`dtype`:`U8`,`data_offsets`:[0,4],`data_offsets`:[0,4],`shape`:[4]}}", 4, "data_offsets appears twice"),
        ("duplicate_metadata", "{`__metadata__`:{},`__metadata__`:{}}", 0, "metadata appears twice"),
        ("duplicate_metadata_key", "{`__metadata__`:{`k`:`1`,`k`:`2`}}", 0, "metadata key appears twice"),
        ("metadata_is_null", "{`__metadata__`:null}", 0, "expected an object of strings, found null"),
        ("metadata_is_string", "{`__metadata__`:`x`}", 0, "expected an object of strings"),
        ("metadata_number", "{`__metadata__`:{`k`:1}}", 0, "expected a string, found a number"),
        ("metadata_null_value", "{`__metadata__`:{`k`:null}}", 0, "expected a string, found null"),
        ("metadata_object_value", "{`__metadata__`:{`k`:{}}}", 0, "expected a string, found an object"),
        ("metadata_array_value", "{`__metadata__`:{`k`:[`v`]}}", 0, "expected a string, found an array"),
        ("dtype_unknown", "{`a`:{`dtype`:`F4`,`shape`:[4],`data_offsets`:[0,4]}}", 4, "unknown dtype 'F4'"),
        ("dtype_lower_case", "{`a`:{`dtype`:`u8`,`shape`:[4],`data_offsets`:[0,4]}}", 4, "unknown dtype 'u8'"),
        ("dtype_empty", "{`a`:{`dtype`:``,`shape`:[4],`data_offsets`:[0,4]}}", 4, "unknown dtype ''"),
        ("dtype_number", "{`a`:{`dtype`:8,`shape`:[4],`data_offsets`:[0,4]}}", 4, "expected the name of an element type"),
        ("shape_is_number", U8 + "4,`data_offsets`:[0,4]}}", 4, "expected an array of dimensions"),
        ("shape_is_null", U8 + "null,`data_offsets`:[0,1]}}", 1, "expected an array of dimensions"),
        ("shape_of_string", U8 + "[`4`],`data_offsets`:[0,4]}}", 4, "expected a dimension, found a string"),
        ("shape_negative", U8 + "[-4],`data_offsets`:[0,4]}}", 4, "'-4' is no dimension"),
        ("shape_two_negatives", U8 + "[-2,-2],`data_offsets`:[0,4]}}", 4, "'-2' is no dimension"),
        ("shape_minus_zero", U8 + "[-0],`data_offsets`:[0,0]}}", 0, "'-0' is no dimension"),
        ("shape_fraction", U8 + "[4.0],`data_offsets`:[0,4]}}", 4, "'4.0' is no dimension"),
        ("shape_exponent", U8 + "[4e0],`data_offsets`:[0,4]}}", 4, "'4e0' is no dimension"),
        ("shape_leading_zero", U8 + "[04],`data_offsets`:[0,4]}}", 4, "not sound JSON"),
        ("shape_over_int64", U8 + "[9223372036854775808],`data_offsets`:[0,4]}}", 4, "is no dimension"),
        ("shape_over_uint64", U8 + "[18446744073709551620],`data_offsets`:[0,4]}}", 4, "is no dimension"),
        ("shape_product_wraps_to_zero", U8 + "[4294967296,4294967296],`data_offsets`:[0,0]}}", 0, "larger than any file"),
        ("shape_product_wraps_to_size", U8 + "[6148914691236517206,6],`data_offsets`:[0,4]}}", 4, "larger than any file"),
        ("shape_bytes_overflow", F64 + "[2305843009213693952],`data_offsets`:[0,0]}}", 0, "larger than any file"),
        ("shape_zero_hides_overflow", F64 + "[0,4294967296,4294967296],`data_offsets`:[0,0]}}", 0, "larger than any file"),
        ("shape_nine_dimensions", U8 + "[1,1,1,1,1,1,1,1,4],`data_offsets`:[0,4]}}", 4, "more than 8 dimensions"),
        ("shape_too_small", U8 + "[3],`data_offsets`:[0,4]}}", 4, "needs 3 bytes"),
        ("shape_too_large", F32 + "[2],`data_offsets`:[0,4]}}", 4, "needs 8 bytes"),
        ("shape_empty_with_bytes", F32 + "[0],`data_offsets`:[0,4]}}", 4, "needs 0 bytes"),
        ("scalar_without_bytes", F32 + "[],`data_offsets`:[0,0]}}", 0, "needs 4 bytes"),
        ("offsets_is_object", U8 + "[4],`data_offsets`:{}}}", 4, "expected an array of two offsets"),
        ("offsets_empty", U8 + "[4],`data_offsets`:[]}}", 4, "data_offsets has 0 numbers"),
        ("offsets_one", U8 + "[4],`data_offsets`:[0]}}", 4, "data_offsets has 1 numbers"),
        ("offsets_three", U8 + "[4],`data_offsets`:[0,4,4]}}", 4, "after two numbers"),
        ("offsets_string", U8 + "[4],`data_offsets`:[`0`,4]}}", 4, "expected an offset, found a string"),
        ("offsets_negative", U8 + "[4],`data_offsets`:[-4,0]}}", 4, "'-4' is no offset"),
        ("offsets_fraction", U8 + "[4],`data_offsets`:[0,4.0]}}", 4, "'4.0' is no offset"),
        ("offsets_huge_number", U8 + "[4],`data_offsets`:[0,1" + new string('0', 5_000) + "]}}", 4, "is no offset"),
        ("offsets_past_end", U8 + "[4],`data_offsets`:[0,4]}}", 3, "outside the data section of 3 bytes"),
        ("offsets_far_past_end", U8 + "[4],`data_offsets`:[9223372036854775803,9223372036854775807]}}", 4, "outside the data section"),
        ("offsets_backwards", U8 + "[4],`data_offsets`:[4,0]}}", 4, "after its end"),
        ("hole_at_start", U8 + "[4],`data_offsets`:[1,5]}}", 5, "no tensor covers the data from offset 0 to 1"),
        ("hole_in_middle", "{`a`:" + Good + ",`b`:{`dtype`:`U8`,`shape`:[1],`data_offsets`:[6,7]}}", 7, "from offset 4 to 6"),
        ("empty_tensor_past_end", "{`a`:" + Good + ",`b`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[5,5]}}", 4, "outside the data section"),
        ("empty_tensor_inside_another",
            "{`a`:" + Good + ",`b`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[2,2]}}", 4, "inside another tensor"),
        ("trailing_data", "{`a`:" + Good + "}", 5, "nothing may follow"),
        ("data_without_tensors", "{}", 1, "nothing may follow"),
        ("overlap", "{`a`:" + Good + ",`b`:{`dtype`:`U8`,`shape`:[4],`data_offsets`:[3,7]}}", 7, "inside another tensor"),
        ("same_bytes_twice", "{`a`:" + Good + ",`b`:" + Good + "}", 4, "inside another tensor"),
        ("overlap_that_ends_right",
            "{`a`:" + Good + ",`b`:{`dtype`:`U8`,`shape`:[2],`data_offsets`:[1,3]},`c`:{`dtype`:`U8`,`shape`:[1],`data_offsets`:[4,5]}}",
            5, "inside another tensor"),
    ];

    public static TheoryData<string> Names => [.. headers.Select(header => header.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_malformed_header_is_refused_and_the_fault_named(string name)
    {
        (string _, string header, int data, string says) = headers.Single(candidate => candidate.Name == name);

        AssertRefused(FormatTestFiles.Build(header.Replace('`', '"'), data), says);
    }

    [Fact]
    public void The_table_of_malformed_headers_is_long_and_its_names_differ()
    {
        Assert.True(headers.Length >= 60, $"{headers.Length} headers");
        Assert.Equal(headers.Length, headers.DistinctBy(header => header.Name).Count());
    }

    [Theory]
    [InlineData("empty_file", "", "the file has 0 bytes")]
    [InlineData("seven_bytes", "02000000000000", "the file has 7 bytes")]
    [InlineData("length_zero", "0000000000000000", "2 or more")]
    [InlineData("length_one", "01000000000000007b", "2 or more")]
    [InlineData("length_over_file", "03000000000000007b7d", "only 2 bytes follow")]
    [InlineData("length_over_limit", "01e1f505000000007b7d", "at most 100000000")]
    [InlineData("length_sign_bit", "02000000000000807b7d", "at most 100000000")]
    [InlineData("length_all_ones", "ffffffffffffffff7b7d", "at most 100000000")]
    [InlineData("length_big_endian", "00000000000000027b7d", "at most 100000000")]
    [InlineData("invalid_utf8_in_name", "0500000000000000" + "7b22ff227d", "byte 10: byte 0xff of the header is not valid UTF-8")]
    [InlineData("overlong_utf8", "0600000000000000" + "7b22c0af227d", "not valid UTF-8")]
    [InlineData("utf8_cut_short", "0400000000000000" + "7b22e282", "not valid UTF-8")]
    [InlineData("utf16_text", "0400000000000000" + "7b007d00", "not sound JSON")]
    [InlineData("zip_archive", "504b030414000000080000000000", "at most 100000000")]
    public void A_malformed_file_is_refused_and_the_fault_named(string name, string hex, string says)
    {
        Assert.NotEmpty(name);
        AssertRefused(Convert.FromHexString(hex), says);
    }

    [Fact]
    public void Every_truncation_of_a_sound_file_is_refused()
    {
        byte[] sound = SoundFile();
        for (int length = 0; length < sound.Length; length++)
        {
            byte[] cut = sound[..length];
            Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(cut, "cut"));
        }
    }

    [Fact]
    public void Twenty_thousand_damaged_files_parse_or_are_refused_and_nothing_else()
    {
        byte[] sound = SoundFile();
        SafetensorsHeader.Parse(sound, "sound");
        Random random = new(20_000);
        int accepted = 0, refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = Damage(sound, random);
            try
            {
                SafetensorsHeader header = SafetensorsHeader.Parse(damaged, "damaged");
                accepted++;
                // What was accepted can be read: every byte is inside the file.
                long sum = 0;
                foreach (SafetensorsEntry entry in header.Entries)
                {
                    foreach (byte value in damaged.AsSpan((int)(header.DataOffset + entry.Begin), (int)entry.ByteLength))
                        sum += value;
                }
                Assert.InRange(sum, 0, 255 * header.DataLength);
            }
            catch (SafetensorsFormatException e)
            {
                refused++;
                Assert.StartsWith("damaged", e.Message, StringComparison.Ordinal);
            }
        }
        Assert.True(refused > 5_000 && accepted > 500, $"{refused} refused, {accepted} accepted: the damage is too one-sided to mean much");
    }

    [Fact]
    public void Damaged_files_on_disk_open_or_are_refused_and_nothing_else()
    {
        using FormatTestFiles files = new();
        byte[] sound = SoundFile();
        Random random = new(7);
        for (int round = 0; round < 300; round++)
        {
            File.WriteAllBytes(files["damaged.safetensors"], Damage(sound, random));
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(files["damaged.safetensors"]);
                foreach (SafetensorsEntry entry in file.Entries)
                    Assert.Equal(entry.ByteLength, file.Bytes(entry).ToArray().Length);
            }
            catch (SafetensorsFormatException e)
            {
                Assert.Contains("damaged.safetensors", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static byte[] SoundFile() => FormatTestFiles.Build(
        """
        {"__metadata__":{"format":"pt","note":"ü \u00fc"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "b":{"dtype":"I64","shape":[],"data_offsets":[24,32]},"c":{"dtype":"BF16","shape":[0,7],"data_offsets":[32,32]},
        "d.e":{"dtype":"BOOL","shape":[5],"data_offsets":[32,37]}}
        """.ReplaceLineEndings(""), 37);

    private static byte[] Damage(byte[] sound, Random random)
    {
        byte[] damaged = [.. sound];
        switch (random.Next(6))
        {
            case 0:
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                for (int i = random.Next(1, 8); i > 0; i--)
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                break;
            case 2:
                damaged = damaged[..random.Next(damaged.Length)];
                break;
            case 3:
                BinaryPrimitives.WriteInt64LittleEndian(damaged, random.NextInt64() >> random.Next(64));
                break;
            case 4:
                // One digit or structural character for another: damage that stays near to sound JSON.
                ReadOnlySpan<byte> alphabet = "0123456789-,:[]{}\"e.u\\ "u8;
                for (int i = random.Next(1, 3); i > 0; i--)
                    damaged[random.Next(8, damaged.Length - 37)] = alphabet[random.Next(alphabet.Length)];
                break;
            default:
                int from = random.Next(damaged.Length), to = random.Next(damaged.Length);
                int count = random.Next(Math.Min(damaged.Length - from, damaged.Length - to));
                damaged.AsSpan(from, count).CopyTo(damaged.AsSpan(to));
                break;
        }
        return damaged;
    }

    private static void AssertRefused(byte[] bytes, string says)
    {
        SafetensorsFormatException error =
            Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(bytes, "hostile.safetensors"));
        Assert.StartsWith("hostile.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 500, "the message grows with the file");
        if (error.BytePosition is { } position)
            Assert.InRange(position, 0, bytes.Length);

        // The stream reader draws the same conclusion.
        using MemoryStream stream = new(bytes);
        SafetensorsFormatException again =
            Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(stream, "hostile.safetensors"));
        Assert.Equal(error.Message, again.Message);
    }
}
