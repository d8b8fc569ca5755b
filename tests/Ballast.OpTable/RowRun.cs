namespace Ballast.Tests.OpTables;

/// <summary>Runs cases of the table on a device and compares them with the float64 reference.</summary>
public static class RowRun
{
    /// <summary>The dtypes in which a row has a reference, in the order of the parity table.</summary>
    public static IEnumerable<DType> DTypes(OpRow row)
    {
        yield return DType.Float32;
        yield return DType.Float64;
        if (row.Halves)
        {
            yield return DType.BFloat16;
            yield return DType.Float16;
        }
        foreach (DType dtype in row.Integers) yield return dtype;
    }

    /// <summary>Special values are for floating dtypes.</summary>
    public static bool Takes(Case sample, DType dtype) =>
        dtype.IsFloating || !sample.Label.EndsWith("special", StringComparison.Ordinal);

    /// <summary>The smallest case that computes something, which is not about special values.</summary>
    public static Case Smallest(OpRow row) => row.Cases
        .Where(c => c.Args.All(a => a.Count > 0) && !c.Label.EndsWith("special", StringComparison.Ordinal))
        .OrderBy(c => !c.CheckGrad).ThenBy(c => c.Args.Sum(a => a.Count) is var n && n < 6 ? 1000 - n : n).First();

    /// <summary>Runs a case forward.</summary>
    /// <returns>The error in steps of the dtype, as in <see cref="Steps"/>.</returns>
    /// <exception cref="CheckFailedException">The result has another dtype, device or shape, or is not within the row's tolerance.</exception>
    public static double Forward(OpRow row, Case sample, DType dtype, Device device)
    {
        Tensor[] inputs = Samples.Inputs(row, sample, dtype, dtype.IsFloating ? null : row.IntegerValues);
        DType wanted = row.Output ?? (dtype.IsFloating ? dtype : row.IntegerOutput ?? dtype);
        Tensor result;
        using (device.AsDefault()) result = sample.Run([.. inputs.Select(x => x.To(device))]);
        string what = $"{device.Name}: {Samples.What(row, sample, dtype)}";
        // One row is about the way back to the host.
        if (row.Name != "to device") Check.That(result.Device == device, $"{what}: the result is on {result.Device}");
        Check.That(result.DType == wanted, $"{what}: gives {result.DType.Name}, expected {wanted.Name}");
        Bound bound = !wanted.IsFloating || row.Moves ? default : row.Tolerance.Of(wanted);
        Check.Close(Samples.Expected(sample, inputs, wanted), result, bound, what);
        Host exact = sample.Reference([.. inputs.Select(Host.Of)]);
        return Steps(exact, Host.Of(result), wanted, row.CountsEach, row.Tolerance.Float64.Absolute);
    }

    /// <summary>Runs the gradients of a case in float32 on a device, against those that the CPU computes in float64 from the same values.</summary>
    /// <returns>The largest error of a gradient, in steps (ulp) of that gradient's largest element.</returns>
    /// <exception cref="CheckFailedException">A gradient is missing, elsewhere, or off.</exception>
    public static double Backward(OpRow row, Case sample, Device device)
    {
        Tensor[] inputs = Samples.Inputs(row, sample, DType.Float32);
        Tensor?[] exact = Gradients(sample, [.. inputs.Select(Wide)], Device.Cpu), actual = Gradients(sample, inputs, device);
        double worst = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (exact[i] is not { } expected)
            {
                Check.That(actual[i] is null, $"{device.Name}: {row.Name}, {sample.Label}: input {i} has a gradient, and none on the CPU");
                continue;
            }
            string what = $"{device.Name}: {row.Name}, {sample.Label}: gradient of input {i}";
            Check.That(actual[i] is not null, $"{what} is missing");
            Check.That(actual[i]!.Device == device, $"{what} is on {actual[i]!.Device}");
            Host wanted = Host.Of(expected), given = Host.Of(actual[i]!);
            Check.Close(wanted, actual[i]!, Tolerances.GradientFloat32, what);
            worst = Math.Max(worst, Steps(wanted, given, DType.Float32, each: false));
        }
        return worst;

        static Tensor Wide(Tensor x) => x.DType == DType.Float32 ? x.To(DType.Float64) : x;
    }

    /// <summary>How far results are from the exact values, in steps (ulp) of a dtype: of each element, or of the largest one, where sums
    /// may cancel. Whole numbers and truth values count their distance. What is within the reference's own error counts as equal.</summary>
    public static double Steps(Host exact, Host actual, DType dtype, bool each, double referenceError = 0)
    {
        double largest = 0, worst = 0;
        foreach (double e in exact.Data)
            if (double.IsFinite(e)) largest = Math.Max(largest, Math.Abs(e));
        for (int i = 0; i < exact.Data.Length; i++)
        {
            double e = exact.Data[i], a = actual.Data[i];
            if (e.Equals(a) || e == a || !double.IsFinite(a) || Math.Abs(e - a) <= referenceError) continue; // what is not finite was compared before
            worst = Math.Max(worst, Math.Abs(e - a) / Step(dtype, each ? e : largest));
        }
        return worst;
    }

    /// <summary>The gradients of a case's inputs for one fixed cotangent; null where an input has none.</summary>
    public static Tensor?[] Gradients(Case sample, Tensor[] inputs, Device device)
    {
        using DeviceScope scope = device.AsDefault();
        Tensor[] leaves = [.. inputs.Select(x => x.Clone().To(device))];
        for (int i = 0; i < leaves.Length; i++) leaves[i].RequiresGrad = sample.Args[i].TakesGrad;
        Tensor result = sample.Run(leaves);
        if (result.RequiresGrad)
        {
            Host v = new(Draw.Uniform(-1, 1)(new Random(5), (int)result.Elements), result.Shape.ToArray());
            result.Backward(v.ToTensor(DType.Float32).To(result.DType).To(device));
        }
        return [.. leaves.Select(x => x.Grad)];
    }

    private static double Step(DType dtype, double at)
    {
        (double epsilon, int least) = dtype switch
        {
            DType.Float32 => (Tolerances.Float32Step, -126),
            DType.Float64 => (Tolerances.Float64Step, -1022),
            DType.BFloat16 => (Tolerances.BFloat16Step, -126),
            DType.Float16 => (Tolerances.Float16Step, -14),
            _ => (0, 0),
        };
        if (epsilon == 0) return 1;
        double size = Math.Abs(at);
        int exponent = size == 0 ? least : Math.Max(least, Math.ILogB(size));
        return Math.ScaleB(epsilon, exponent);
    }
}
