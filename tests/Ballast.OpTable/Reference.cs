namespace Ballast.Tests.OpTables;

/// <summary>Float64 functions that the runtime's library lacks, written another way than the library under test.</summary>
public static class Reference
{
    // Nodes and weights of the 5-point Gauss-Legendre rule on [-1, 1].
    private static readonly double[] _nodes = [0, 0.53846931010568309, -0.53846931010568309, 0.90617984593866399, -0.90617984593866399];
    private static readonly double[] _weights =
        [0.56888888888888889, 0.47862867049936647, 0.47862867049936647, 0.23692688505618909, 0.23692688505618909];

    /// <summary>The error function, by integrating its definition panel by panel.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 7) return Math.Sign(x);
        const int Panels = 96;
        double half = x / Panels / 2, sum = 0;
        for (int p = 0; p < Panels; p++)
        {
            double middle = (2 * p + 1) * half;
            for (int k = 0; k < _nodes.Length; k++)
            {
                double t = middle + half * _nodes[k];
                sum += _weights[k] * Math.Exp(-t * t);
            }
        }
        return 2 / Math.Sqrt(Math.PI) * half * sum;
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>The remainder with the divisor's sign.</summary>
    public static double Remainder(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
    }

    /// <summary>The floor of the exact quotient: what the remainder leaves is a multiple of the divisor.</summary>
    public static double FloorDivide(double a, double b)
    {
        if (b == 0) return a / b;
        double rest = a % b, quotient = (a - rest) / b;
        return Math.Round(quotient - (rest != 0 && rest < 0 != b < 0 ? 1 : 0));
    }

    public static double Variance(double[] values, double correction)
    {
        double mean = values.Sum() / values.Length;
        return values.Sum(v => (v - mean) * (v - mean)) / Math.Max(0, values.Length - correction);
    }

    public static double LogSumExp(double[] values)
    {
        if (values.Length == 0) return double.NegativeInfinity;
        double top = values.Max();
        return top + Math.Log(values.Sum(v => Math.Exp(v - top)));
    }

    public static double Norm(double[] values, double p) => Math.Pow(values.Sum(v => Math.Pow(Math.Abs(v), p)), 1 / p);

    public static double[] Softmax(double[] line)
    {
        if (line.Length == 0) return line;
        double top = line.Max(), sum = line.Sum(x => Math.Exp(x - top));
        return [.. line.Select(x => Math.Exp(x - top) / sum)];
    }

    public static double[] LogSoftmax(double[] line)
    {
        if (line.Length == 0) return line;
        double top = line.Max(), log = Math.Log(line.Sum(x => Math.Exp(x - top)));
        return [.. line.Select(x => x - top - log)];
    }

    /// <summary>Layer normalisation over the trailing axes, or without centring that by the root mean square.</summary>
    public static Host Normalise(Host x, int axes, Host? weight, Host? bias, double eps, bool centre)
    {
        int width = Host.CountOf(x.Shape[^axes..]);
        var data = new double[x.Data.Length];
        for (int row = 0; row < data.Length; row += width)
        {
            double[] line = x.Data[row..(row + width)];
            double mean = centre ? line.Sum() / width : 0, spread = line.Sum(v => (v - mean) * (v - mean)) / width;
            for (int i = 0; i < width; i++)
                data[row + i] = (line[i] - mean) / Math.Sqrt(spread + eps) * (weight?.Data[i] ?? 1) + (bias?.Data[i] ?? 0);
        }
        return new Host(data, x.Shape);
    }

    /// <summary>Cross entropy with class numbers: classes are the second axis; targets of -100 do not count.</summary>
    public static Host CrossEntropy(Host logits, Host target, Host? weight, double smoothing, LossReduction reduction)
    {
        int axis = logits.Rank == 1 ? 0 : 1, classes = logits.Shape[axis];
        Host logs = logits.Along(axis, LogSoftmax);
        double total = 0;
        Host losses = Host.Build(target.Shape, index =>
        {
            int wanted = (int)target[index];
            if (wanted == -100) return 0;
            double At(int c) => logs[[.. index[..axis], c, .. index[axis..]]] * (weight?.Data[c] ?? 1);
            total += weight?.Data[wanted] ?? 1;
            return -(1 - smoothing) * At(wanted) - smoothing / classes * Enumerable.Range(0, classes).Sum(At);
        });
        return Reduce(losses, total, reduction);
    }

    public static Host CrossEntropyOfProbabilities(Host logits, Host target, Host? weight, double smoothing, LossReduction reduction)
    {
        int classes = logits.Shape[1];
        Host logs = logits.Along(1, LogSoftmax);
        Host terms = Host.Build(logits.Shape,
            i => -logs[i] * (target[i] * (1 - smoothing) + smoothing / classes) * (weight?.Data[i[1]] ?? 1));
        Host losses = terms.Reduce([1], false, v => v.Sum());
        return Reduce(losses, losses.Data.Length, reduction);
    }

    private static Host Reduce(Host losses, double total, LossReduction reduction) => reduction switch
    {
        LossReduction.None => losses,
        LossReduction.Sum => Host.Scalar(losses.Data.Sum()),
        _ => Host.Scalar(losses.Data.Sum() / total),
    };

    /// <summary>softmax(scale·Q·Kᵀ + mask)·V; the mask is 1 and 0 or a summand; a query that may look nowhere gives zeros.</summary>
    public static Host Attention(Host q, Host k, Host v, Host? mask, bool causal, double? scale, int past = 0)
    {
        int[] batch = Host.Broadcast(q.Shape[..^2], k.Shape[..^2], v.Shape[..^2]);
        int[] swap = [.. Enumerable.Range(0, k.Rank - 2), k.Rank - 1, k.Rank - 2];
        Host scores = Host.MatMul(q, k.Permute(swap)).Map(s => s * (scale ?? 1 / Math.Sqrt(q.Shape[^1])));
        scores = scores.Expand([.. batch, .. scores.Shape[^2..]]);
        if (causal) scores = Host.Build(scores.Shape, i => i[^1] > i[^2] + past ? double.NegativeInfinity : scores[i]);
        bool allows = mask is not null && mask.Data.All(m => m is 0 or 1);
        if (mask is not null) scores =
            Host.Build(scores.Shape,
                i => !allows ? scores[i] + mask.Stretched(i) : mask.Stretched(i) != 0 ? scores[i] : double.NegativeInfinity);
        Host weights = scores.Along(-1, line => line.All(double.IsNegativeInfinity) ? new double[line.Length] : Softmax(line));
        return Host.MatMul(weights, v);
    }

    /// <summary>Parameter, gradient, moments and, if given, the largest second moment after one step of Adam.</summary>
    public static Host[] AdamStep(Host[] x, double rate, double beta1, double beta2, double eps, double decay, bool decoupled, int step)
    {
        Host[] after = [.. x.Select(h => h with { Data = (double[])h.Data.Clone() })];
        for (int i = 0; i < x[0].Data.Length; i++)
        {
            double p = x[0].Data[i], g = x[1].Data[i] + (decoupled ? 0 : decay * p);
            if (decoupled) p *= 1 - rate * decay;
            double m = after[2].Data[i] = beta1 * x[2].Data[i] + (1 - beta1) * g;
            double v = after[3].Data[i] = beta2 * x[3].Data[i] + (1 - beta2) * g * g;
            if (x.Length > 4) v = after[4].Data[i] = Math.Max(x[4].Data[i], v);
            after[0].Data[i] = p - rate / (1 - Math.Pow(beta1, step)) * m / (Math.Sqrt(v) / Math.Sqrt(1 - Math.Pow(beta2, step)) + eps);
        }
        return after;
    }

    /// <summary>Parameter, gradient and, with momentum, the buffer after one step of gradient descent.</summary>
    public static Host[] SgdStep(Host[] x, double rate, double momentum, double dampening, double decay, bool nesterov, bool first)
    {
        Host[] after = [.. x.Select(h => h with { Data = (double[])h.Data.Clone() })];
        for (int i = 0; i < x[0].Data.Length; i++)
        {
            double p = x[0].Data[i], d = x[1].Data[i] + decay * p;
            if (x.Length > 2)
            {
                double b = after[2].Data[i] = first ? d : momentum * x[2].Data[i] + (1 - dampening) * d;
                d = nesterov ? d + momentum * b : b;
            }
            after[0].Data[i] = p - rate * d;
        }
        return after;
    }
}
