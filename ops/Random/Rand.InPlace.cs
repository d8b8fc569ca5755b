namespace Ballast;

/// <content>Random values written over a tensor: on the CPU in the order in which its elements lie in memory, as PyTorch does; on
/// a device that draws by itself there, row-major, from the generator's device stream (<see cref="DrawOp"/>).</content>
public sealed partial class Tensor
{
    /// <summary>Draws into dense host memory; <paramref name="block"/> is false where the elements come from a strided tensor.</summary>
    private delegate void FillSpan<T>(Span<T> destination, bool block);

    /// <summary>Overwrites all elements with uniform values in [from, to).</summary>
    /// <remarks>Elements are drawn in memory order, so a transposed view gets its draws column by column, as in PyTorch. The bounds are
    /// first cast to the dtype. Gradient: 0 to the values before. Source: PyTorch's <c>torch.Tensor.uniform_</c> page.</remarks>
    /// <param name="from">The lowest value.</param>
    /// <param name="to">What values stay below, up to rounding.</param>
    /// <param name="generator">What draws; <see cref="Generator.Default"/> unless told otherwise.</param>
    /// <returns>This tensor.</returns>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, they are in the wrong order, or their distance
    /// overflows.</exception>
    /// <exception cref="AutogradException">The tensor is a leaf that requires a gradient, outside NoGrad.</exception>
    public Tensor UniformInPlace(double from = 0, double to = 1, Generator? generator = null) =>
        UniformInPlace(from, to, generator, onHost: false);

    internal Tensor UniformInPlace(double from, double to, Generator? generator, bool onHost)
    {
        if (!onHost && DType.IsFloating && DrawsHere)
        {
            (generator ?? Generator.Default).FillUniform(Span<double>.Empty, from, to);
            return DrawHere("uniform", DrawKind.Uniform, generator, from, to - from);
        }
        Generator g = generator ?? Generator.Default;
        return DType switch
        {
            DType.Float32 => Draw<float>("uniform", (d, _) => g.FillUniform(d, from, to)),
            DType.Float64 => Draw<double>("uniform", (d, _) => g.FillUniform(d, from, to)),
            DType.Float16 => Draw<Half>("uniform", (d, _) => g.FillUniform(d, from, to)),
            DType.BFloat16 => Draw<BFloat16>("uniform", (d, _) => g.FillUniform(d, from, to)),
            _ => throw NotFloating("uniform"),
        };
    }

    /// <summary>Overwrites all elements with normal values.</summary>
    /// <remarks>Sixteen or more contiguous elements are drawn in blocks, fewer or strided ones in pairs and in memory order, as in PyTorch.
    /// Gradient: 0 to the values before. Source: PyTorch's <c>torch.Tensor.normal_</c> page.</remarks>
    /// <param name="mean">The mean.</param>
    /// <param name="std">The standard deviation, 0 or more.</param>
    /// <param name="generator">What draws; <see cref="Generator.Default"/> unless told otherwise.</param>
    /// <returns>This tensor.</returns>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="std"/> is negative or NaN.</exception>
    /// <exception cref="AutogradException">The tensor is a leaf that requires a gradient, outside NoGrad.</exception>
    public Tensor NormalInPlace(double mean = 0, double std = 1, Generator? generator = null) =>
        NormalInPlace(mean, std, generator, onHost: false);

    internal Tensor NormalInPlace(double mean, double std, Generator? generator, bool onHost)
    {
        if (!onHost && DType.IsFloating && DrawsHere)
        {
            (generator ?? Generator.Default).FillNormal(Span<double>.Empty, mean, std);
            return DrawHere("normal", DrawKind.Normal, generator, mean, std);
        }
        Generator g = generator ?? Generator.Default;
        return DType switch
        {
            DType.Float32 =>
                Draw<float>("normal", (d, block) => { if (block) g.FillNormal(d, mean, std); else g.FillNormalScalar(d, mean, std); }),
            DType.Float64 =>
                Draw<double>("normal", (d, block) => { if (block) g.FillNormal(d, mean, std); else g.FillNormalScalar(d, mean, std); }),
            DType.Float16 =>
                Draw<Half>("normal", (d, block) => { if (block) g.FillNormal(d, mean, std); else g.FillNormalScalar(d, mean, std); }),
            DType.BFloat16 =>
                Draw<BFloat16>("normal", (d, block) => { if (block) g.FillNormal(d, mean, std); else g.FillNormalScalar(d, mean, std); }),
            _ => throw NotFloating("normal"),
        };
    }

    /// <summary>Overwrites all elements with 1 at probability <paramref name="p"/>, else 0.</summary>
    /// <remarks>Drawn in memory order: one 64-bit draw for each element, as in PyTorch. Gradient: 0 to the values before.
    /// Source: PyTorch's <c>torch.Tensor.bernoulli_</c> page.</remarks>
    /// <returns>This tensor.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1].</exception>
    /// <exception cref="AutogradException">The tensor is a leaf that requires a gradient, outside NoGrad.</exception>
    public Tensor BernoulliInPlace(double p = 0.5, Generator? generator = null)
    {
        Generator g = generator ?? Generator.Default;
        if (DrawsHere)
        {
            g.FillBernoulli(Span<bool>.Empty, p);
            return DrawHere("bernoulli", DrawKind.Bernoulli, g, p, 0);
        }
        if (DType == DType.Bool) return Draw<bool>("bernoulli", (d, _) => g.FillBernoulli(d, p));
        return DrawStaged<bool>("bernoulli", (d, _) => g.FillBernoulli(d, p));
    }

    /// <summary>Overwrites all elements with 1 at each one's own probability, else 0.</summary>
    /// <remarks>Shape: [*] and probabilities that stretch to it. Drawn in this tensor's memory order, one draw for each element (a 64-bit
    /// one for float64 probabilities), as in PyTorch. No gradient reaches the probabilities. A device that draws by itself does not look
    /// for probabilities outside [0, 1]: they count as the nearer end.</remarks>
    /// <returns>This tensor.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not in [0, 1]; nothing was drawn.</exception>
    /// <exception cref="DTypeException">The probabilities are not floating.</exception>
    public Tensor BernoulliInPlace(Tensor probabilities, Generator? generator = null)
    {
        Generator g = generator ?? Generator.Default;
        if (!probabilities.DType.IsFloating) throw probabilities.NotFloating("bernoulli");
        Tensor p = probabilities.Detach().Expand(Shape);
        if (Device.IsMeta) return DrawStaged<bool>("bernoulli", (_, _) => { });
        if (DrawsHere)
        {
            DType drawn = p.DType == DType.Float64 ? DType.Float64 : DType.Float32;
            return CopyFrom(Empty(Shape, drawn, Device).DrawHere("bernoulli", DrawKind.Uniform, g, 0, 1).Lt(p));
        }
        Tensor inMemoryOrder = p.Permute(MemoryOrder()).To(Device.Cpu);
        if (p.DType == DType.Float64)
        {
            double[] p64 = inMemoryOrder.ToArray<double>();
            return DrawStaged<bool>("bernoulli", (d, _) => g.FillBernoulli(d, p64));
        }
        float[] p32 = inMemoryOrder.To(DType.Float32).ToArray<float>();
        return DrawStaged<bool>("bernoulli", (d, _) => g.FillBernoulli(d, p32));
    }

    /// <summary>1 at the probability that each element is, else 0; a new tensor of this dtype.</summary>
    /// <remarks>Shape: [*] → [*], drawn row-major. No gradient reaches the probabilities. Source: PyTorch's <c>torch.bernoulli</c>
    /// page.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">An element is not in [0, 1]; nothing was drawn.</exception>
    /// <exception cref="DTypeException">The elements are not floating.</exception>
    public Tensor Bernoulli(Generator? generator = null) => Made("bernoulli", EmptyLike(this).BernoulliInPlace(this, generator));

    private bool DrawsHere => !Device.IsMeta && Device.Runtime.Draws;

    private Tensor DrawHere(string op, DrawKind kind, Generator? generator, double a, double b)
    {
        CheckDrawable(op);
        (ulong seed, ulong offset) = (generator ?? Generator.Default).TakeBlocks(Elements);
        return Op.RunInPlace(new DrawOp(kind, seed, offset, a, b), this);
    }

    private DTypeException NotFloating(string op) =>
        new($"{op}: the elements are {DType.Name}; these draws need a floating dtype, so cast with To(DType.Float32) first.");

    /// <summary>Draws straight into the tensor where it is dense host memory without history, else by way of
    /// <see cref="DrawStaged"/>.</summary>
    private Tensor Draw<T>(string op, FillSpan<T> fill) where T : unmanaged
    {
        bool direct = !Device.IsMeta && IsContiguous && Elements > 0 && Device.Runtime.IsHostMemory && !(RequiresGrad && Autograd.Enabled);
        if (!direct) return DrawStaged(op, fill);
        CheckDrawable(op);
        fill(Writable<T>(), true);
        GC.KeepAlive(this);
        Storage.Touch(op);
        return this;
    }

    /// <summary>Draws on the host into a tensor whose dense order is the memory order of this one, and copies that over this one.</summary>
    private Tensor DrawStaged<T>(string op, FillSpan<T> fill) where T : unmanaged
    {
        CheckDrawable(op);
        if (Device.IsMeta || Elements == 0)
        {
            fill([], true); // the arguments are checked; nothing is drawn
            Storage.Touch(op);
            return this;
        }
        int[] order = MemoryOrder(), inverse = new int[Rank], dims = new int[Rank];
        for (int i = 0; i < Rank; i++)
        {
            inverse[order[i]] = i;
            dims[i] = Shape.Dims[order[i]];
        }
        Tensor drawn = Empty(new Shape(dims), DTypes.Of<T>(), Device.Cpu);
        fill(drawn.Writable<T>(), IsContiguous);
        return CopyFrom(drawn.Permute(inverse));
    }

    private void CheckDrawable(string op)
    {
        if (Elements > int.MaxValue)
            throw new ShapeException($"{op}: {Shape} has {Elements} elements; one call draws at most {int.MaxValue}, so draw into parts " +
                "with Narrow.");
        Autograd.CheckInPlace(op, this, [this]);
    }

    /// <summary>The axes from the widest stride to the narrowest: the order in which the elements lie in memory.</summary>
    private int[] MemoryOrder()
    {
        int[] order = new int[Rank];
        for (int i = 0; i < Rank; i++) order[i] = i;
        if (IsContiguous) return order;
        long[] strides = Strides.ToArray();
        int[] dims = Shape.ToArray();
        // A stable sort; axes of length 1 have no place of their own and stay where they are among equals.
        return [.. order.OrderByDescending(i => dims[i] == 1 ? 0 : Math.Abs(strides[i]))];
    }
}
