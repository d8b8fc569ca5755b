using System.Text;
using Ballast.Formats;

namespace Ballast.Tests.Formats;

public sealed class SafetensorsHeaderTests
{
    [Fact]
    public void Parse_reads_a_file_written_by_hand()
    {
        const string json = """
            {"__metadata__":{"z":"1","a":"zwei"},
             "w\u00e4rme":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},
             "flag":{"shape":[],"data_offsets":[0,1],"dtype":"BOOL"},
             "tiny":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},
             "byte":{"dtype":"U8","shape":[1,1],"data_offsets":[1,2]}}
            """;
        byte[] file = FormatTestFiles.Build(json + "   ", 28);

        SafetensorsHeader header = SafetensorsHeader.Parse(file, "hand");

        Assert.Equal(["wärme", "flag", "tiny", "byte"], header.Entries.Select(entry => entry.Name));
        Assert.Equal(["z", "a"], header.Metadata.Keys);
        Assert.Equal("zwei", header.Metadata["a"]);
        Assert.Equal(8 + Encoding.UTF8.GetByteCount(json) + 3, header.DataOffset);
        Assert.Equal(28, header.DataLength);
        SafetensorsEntry heat = header.Find("wärme")!;
        Assert.Equal(("F32", 4L, 28L, 24L), (heat.DType, heat.Begin, heat.End, heat.ByteLength));
        Assert.Equal([2L, 3L], heat.Shape.ToArray());
        Assert.Empty(header.Find("flag")!.Shape);
        Assert.Null(header.Find("cold"));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("{\"__metadata__\":{}}", 0)]
    [InlineData("{\"e\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[0,0]}}", 0)]
    [InlineData(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"e\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[2,2]}}",
        2)]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,2],\"data_offsets\":[0,2]}}", 2)]
    [InlineData("{\"\":{\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2)]
    public void Parse_takes_what_the_format_allows(string json, int dataBytes)
    {
        SafetensorsHeader header = SafetensorsHeader.Parse(FormatTestFiles.Build(json, dataBytes), "sound");

        Assert.Equal(dataBytes, header.DataLength);
        Assert.Equal(dataBytes, header.Entries.Sum(entry => entry.ByteLength));
    }

    [Fact]
    public void Parse_from_a_stream_reads_no_data()
    {
        byte[] file = FormatTestFiles.Build("""{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}""", 5);
        using MemoryStream stream = new(file) { Position = 3 };

        SafetensorsHeader header = SafetensorsHeader.Parse(stream, "stream");

        Assert.Equal(header.DataOffset, stream.Position);
        Assert.Equal(5, header.DataLength);
    }

    [Fact]
    public void Errors_name_file_key_and_byte()
    {
        byte[] file = FormatTestFiles.Build("""{"a.b":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4);

        SafetensorsFormatException error =
            Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(file, "some.safetensors"));

        Assert.Equal(("some.safetensors", "a.b", 8L + 16), (error.FileName, error.Key, error.BytePosition));
        Assert.Equal(
            "some.safetensors, byte 24, key 'a.b': unknown dtype 'F31'; known are F32, F64, BF16, F16, I64, I32, I16, I8, U8, BOOL, "
            + "U16, U32, U64, F8_E4M3, F8_E5M2, F8_E8M0, C64.", error.Message);
        Assert.IsAssignableFrom<FormatException>(error);
    }

    [Fact]
    public void Errors_quote_hostile_names_short_and_printable()
    {
        string name = "\u001b[31m" + new string('x', 10_000);
        byte[] file = FormatTestFiles.Build(
            "{\"\\u001b[31m" + name[5..] + "\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);

        SafetensorsFormatException error = Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(file, "f"));

        Assert.Equal(name, error.Key);
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.True(error.Message.Length < 400, error.Message);
    }

    [Fact]
    public void A_huge_promise_in_a_small_file_allocates_nothing_large()
    {
        byte[] file = new byte[64];
        file[3] = 5; // A header of 5 * 2^24 bytes: under the limit, far over the file.
        byte[] offsets = FormatTestFiles.Build(
            """{"a":{"dtype":"F64","shape":[99999999999],"data_offsets":[0,799999999992]}}""", 0);
        Parse(file);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Parse(file);
        Parse(offsets);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < 64 * 1024, $"{allocated} bytes");

        static void Parse(byte[] bytes)
        {
            using MemoryStream stream = new(bytes);
            Assert.Throws<SafetensorsFormatException>(() => SafetensorsHeader.Parse(stream, "promise"));
        }
    }
}
