namespace Ballast.Tests.OpTables;

/// <summary>The inputs of a case, the same ones every time.</summary>
public static class Samples
{
    /// <summary>Contiguous tensors of a dtype; inputs with a dtype of their own keep it.</summary>
    public static Tensor[] Inputs(OpRow row, Case sample, DType dtype, Values? instead = null)
    {
        var random = new Random(Seed($"{row.Name}/{sample.Label}"));
        return [.. sample.Args.Select(a => new Host((a.Fixed is null && instead is not null ? instead : a.Values)(random, a.Count),
            a.Shape).ToTensor(a.Fixed ?? dtype))];
    }

    /// <summary>What the op must give: the reference of the values that the tensors really hold, rounded once to the result's
    /// dtype.</summary>
    public static Host Expected(Case sample, Tensor[] inputs, DType dtype)
    {
        Host exact = sample.Reference([.. inputs.Select(Host.Of)]);
        return dtype.IsFloating ? Host.Of(exact.ToTensor(dtype)) : exact;
    }

    public static string What(OpRow row, Case sample, DType dtype) => $"{row.Name}, {sample.Label}, {dtype.Name}";

    /// <summary>A number that depends on the text only (FNV-1a), so that samples do not change from run to run.</summary>
    public static int Seed(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text) hash = (hash ^ c) * 16777619;
        return (int)hash;
    }

    /// <summary>The same values under other layouts; each names itself.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Layouts(Tensor x)
    {
        if (x.Rank >= 2)
        {
            int[] reverse = [.. Enumerable.Range(0, x.Rank).Reverse()];
            yield return ("transposed", x.Permute(reverse).Contiguous().Permute(reverse));
        }
        if (x.Rank >= 1)
        {
            Tensor wide = Tensor.Zeros(new Shape([.. x.Shape.Select(d => 2 * d + 2)]), x.DType);
            for (int axis = 0; axis < x.Rank; axis++) wide = wide.Narrow(axis, 1, x.Shape[axis], 2);
            yield return ("stepped", wide.CopyFrom(x));
        }
        if (x.Rank >= 1 && x.Shape[0] > 0)
            yield return ("expanded", x.Select(0, 0).Unsqueeze(0).Expand(x.Shape));
        Tensor line = Tensor.Zeros([(int)x.Elements + 3], x.DType);
        yield return ("offset", line.Narrow(0, 3, (int)x.Elements).Reshape(x.Shape).CopyFrom(x));
    }

    /// <summary>Each input under each layout alone, then all inputs together.</summary>
    public static IEnumerable<(string Name, Tensor[] Inputs)> LayoutsOf(Tensor[] inputs)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach ((string name, Tensor tensor) in Layouts(inputs[i]))
            {
                Tensor[] changed = (Tensor[])inputs.Clone();
                changed[i] = tensor;
                yield return ($"input {i} {name}", changed);
            }
        }
        if (inputs.Length < 2) yield break;
        foreach (string name in (string[])["transposed", "stepped", "expanded", "offset"])
            yield return ($"all {name}", [.. inputs.Select(x => Layouts(x).FirstOrDefault(l => l.Name == name).Tensor ?? x)]);
    }
}
