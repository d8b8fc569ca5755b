namespace Ballast.Tests.OpTables;

/// <summary>A dense float64 array on the host: what references compute with. Plain loops only, so that they are easy to believe.</summary>
public sealed record Host(double[] Data, int[] Shape)
{
    public int Rank => Shape.Length;

    public double this[params int[] index] => Data[Offset(Shape, index)];

    public static Host Scalar(double value) => new([value], []);

    /// <summary>The array whose element at an index is <paramref name="value"/> of that index. The index is reused: do not keep
    /// it.</summary>
    public static Host Build(int[] shape, Func<int[], double> value)
    {
        var data = new double[CountOf(shape)];
        int[] index = new int[shape.Length];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = value(index);
            Advance(shape, index);
        }
        return new Host(data, shape);
    }

    public static int CountOf(int[] shape)
    {
        int n = 1;
        foreach (int d in shape) n *= d;
        return n;
    }

    public static void Advance(int[] shape, int[] index)
    {
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (++index[axis] < shape[axis]) return;
            index[axis] = 0;
        }
    }

    private static int Offset(int[] shape, int[] index)
    {
        int at = 0;
        for (int axis = 0; axis < shape.Length; axis++) at = at * shape[axis] + index[axis];
        return at;
    }

    public Host Map(Func<double, double> f) => new([.. Data.Select(f)], Shape);

    /// <summary>The element that a broadcast of this array has at an index of the stretched shape.</summary>
    public double Stretched(int[] index)
    {
        int lead = index.Length - Rank, at = 0;
        for (int axis = 0; axis < Rank; axis++) at = at * Shape[axis] + (Shape[axis] == 1 ? 0 : index[lead + axis]);
        return Data[at];
    }

    public static int[] Broadcast(params int[][] shapes)
    {
        int rank = shapes.Max(s => s.Length);
        int[] dims = new int[rank];
        Array.Fill(dims, 1);
        foreach (int[] shape in shapes)
            for (int i = 1; i <= shape.Length; i++)
                if (shape[^i] != 1) dims[^i] = shape[^i];
        return dims;
    }

    public static Host Zip(Host a, Host b, Func<double, double, double> f) =>
        Build(Broadcast(a.Shape, b.Shape), i => f(a.Stretched(i), b.Stretched(i)));

    public static Host Zip(Host a, Host b, Host c, Func<double, double, double, double> f) =>
        Build(Broadcast(a.Shape, b.Shape, c.Shape), i => f(a.Stretched(i), b.Stretched(i), c.Stretched(i)));

    public Host Expand(params int[] shape) => Build(shape, Stretched);

    public Host Reshape(params int[] shape) => new(Data, shape);

    public Host Permute(params int[] order)
    {
        int[] shape = [.. order.Select(o => Shape[o])];
        return Build(shape, index =>
        {
            int[] from = new int[Rank];
            for (int i = 0; i < Rank; i++) from[order[i]] = index[i];
            return this[from];
        });
    }

    public int Axis(int axis) => axis < 0 ? axis + Rank : axis;

    /// <summary>Replaces each line along an axis by another; all lines give the same length.</summary>
    public Host Along(int axis, Func<double[], double[]> line)
    {
        int at = Axis(axis), length = Shape[at], inner = CountOf(Shape[(at + 1)..]), outer = CountOf(Shape[..at]);
        var values = new double[length];
        int[] shape = (int[])Shape.Clone();
        shape[at] = length == 0 || inner * outer == 0 ? line(values).Length : -1;
        double[] data = [];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                for (int j = 0; j < length; j++) values[j] = Data[(o * length + j) * inner + i];
                double[] result = line(values);
                if (shape[at] < 0)
                {
                    shape[at] = result.Length;
                    data = new double[outer * result.Length * inner];
                }
                for (int j = 0; j < result.Length; j++) data[(o * result.Length + j) * inner + i] = result[j];
            }
        }
        return new Host(data, shape);
    }

    /// <summary>Folds axes (none named: all) with a function of the elements of each group, in row-major order.</summary>
    public Host Reduce(int[]? axes, bool keep, Func<double[], double> fold)
    {
        bool[] folded = new bool[Rank];
        foreach (int axis in axes ?? [.. Enumerable.Range(0, Rank)]) folded[Axis(axis)] = true;
        int[] kept = [.. Shape.Select((d, i) => folded[i] ? 1 : d)];
        int[] inner = [.. Shape.Select((d, i) => folded[i] ? d : 1)];
        int size = CountOf(inner);
        int[] offset = new int[Rank], at = new int[Rank];
        Host full = Build(kept, index =>
        {
            var group = new double[size];
            Array.Clear(offset);
            for (int i = 0; i < group.Length; i++)
            {
                for (int axis = 0; axis < Rank; axis++) at[axis] = index[axis] + offset[axis];
                group[i] = this[at];
                Advance(inner, offset);
            }
            return fold(group);
        });
        return keep ? full : full.Reshape([.. Shape.Where((_, i) => !folded[i])]);
    }

    /// <summary>The matrix product over the last two axes; leading axes broadcast.</summary>
    public static Host MatMul(Host a, Host b)
    {
        int m = a.Shape[^2], k = a.Shape[^1], n = b.Shape[^1];
        int[] batch = Broadcast(a.Shape[..^2], b.Shape[..^2]);
        Host left = a.Expand([.. batch, m, k]), right = b.Expand([.. batch, k, n]);
        var data = new double[CountOf(batch) * m * n];
        for (int p = 0; p < CountOf(batch); p++)
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int q = 0; q < k; q++) sum += left.Data[(p * m + i) * k + q] * right.Data[(p * k + q) * n + j];
                    data[(p * m + i) * n + j] = sum;
                }
        return new Host(data, [.. batch, m, n]);
    }

    public static Host Cat(int axis, params Host[] parts)
    {
        int at = parts[0].Axis(axis);
        int[] shape = (int[])parts[0].Shape.Clone();
        shape[at] = parts.Sum(p => p.Shape[at]);
        return Build(shape, index =>
        {
            int[] from = (int[])index.Clone();
            foreach (Host part in parts)
            {
                if (from[at] < part.Shape[at]) return part[from];
                from[at] -= part.Shape[at];
            }
            throw new InvalidOperationException("index beyond all parts");
        });
    }

    public Tensor ToTensor(DType dtype) => Tensor.From(Data, Shape).To(dtype);

    public static Host Of(Tensor tensor) => new(tensor.Detach().To(DType.Float64).ToArray<double>(), tensor.Shape.ToArray());
}
