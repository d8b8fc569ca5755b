namespace Ballast.Tests.OpTables;

/// <summary>Values decide, not how they lie in memory; and inputs stay as they were.</summary>
public sealed class LayoutSuite
{
    public static TheoryData<OpRow> All => RowData.Rows(_ => true);

    [Theory]
    [MemberData(nameof(All))]
    public void Any_layout_of_the_inputs_gives_the_same_values(OpRow row)
    {
        foreach (Case sample in row.Cases)
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float32);
            foreach ((string name, Tensor[] laidOut) in Samples.LayoutsOf(inputs))
            {
                string what = $"{Samples.What(row, sample, DType.Float32)}, {name}";
                Tensor expected = sample.Run([.. laidOut.Select(x => x.Contiguous())]), actual = sample.Run(laidOut);
                if (row.Elementwise) Check.SameBits(expected, actual, what);
                else Check.Close(Host.Of(expected), actual, row.Tolerance.Float32, what);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Inputs_are_unchanged(OpRow row)
    {
        foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16])
        {
            foreach (Case sample in row.Cases)
            {
                if (dtype.IsHalf && !row.Halves) continue;
                Tensor[] inputs = Samples.Inputs(row, sample, dtype);
                byte[][] before = [.. inputs.Select(Check.Bytes)];
                int[] versions = [.. inputs.Select(x => x.Storage.Version)];
                sample.Run(inputs);
                for (int i = 0; i < inputs.Length; i++)
                {
                    Assert.True(before[i].AsSpan().SequenceEqual(Check.Bytes(inputs[i])),
                        $"{Samples.What(row, sample, dtype)}: input {i} has changed");
                    Assert.Equal(versions[i], inputs[i].Storage.Version);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_same_call_gives_the_same_bits_again(OpRow row)
    {
        foreach (Case sample in row.Cases)
        {
            Tensor[] inputs = Samples.Inputs(row, sample, DType.Float32);
            Check.SameBits(sample.Run(inputs), sample.Run(inputs), Samples.What(row, sample, DType.Float32));
        }
    }

    public static TheoryData<OpRow> InPlace => RowData.Rows(r => r.InPlace is not null);

    [Theory]
    [MemberData(nameof(InPlace))]
    public void In_place_gives_the_bits_of_the_other_form_in_the_same_memory(OpRow row)
    {
        foreach (DType dtype in (DType[])[DType.Float32, DType.Float64, DType.BFloat16])
        {
            foreach (Case sample in row.Cases)
            {
                Tensor[] inputs = Samples.Inputs(row, sample, dtype);
                Tensor expected = sample.Run(inputs);
                if (expected.Shape != inputs[0].Shape) continue;
                foreach ((string name, Tensor laidOut) in Samples.Layouts(inputs[0]).Append(("dense", inputs[0])))
                {
                    if (laidOut.Layout.Overlaps || name == "expanded") continue;
                    Tensor target = name == "dense" ? laidOut.Clone() : laidOut;
                    Tensor alias = target.Detach();
                    int version = target.Storage.Version;
                    Tensor result = row.InPlace!([target, .. inputs[1..]]);
                    string what = $"{Samples.What(row, sample, dtype)} in place, {name}";
                    Assert.Same(target, result);
                    Assert.True(target.Storage.Version > version, $"{what}: the version did not rise");
                    Check.SameBits(expected, alias, what);
                }
            }
        }
    }
}
