namespace Ballast.Tests.Modules;

/// <summary>All kinds of state at once, declared in mixed order.</summary>
internal sealed partial class Everything : Module
{
    public Linear First { get; } = new(1, 1);

    public Buffer Steps { get; } = new(Tensor.From(3L));

    public Parameter Scale { get; } = new(Tensor.Ones(2));

    public Buffer Table { get; } = new(Tensor.Ones(2), keepDType: true);

    public Buffer Cache { get; } = new(Tensor.Ones(3), persistent: false);

    public LayerNorm Norm { get; } = new(2);

    public Buffer Squares { get; } = Buffer.Derived(device =>
        Tensor.Arange(4).To(DType.Float64).Square().To(DType.Float32).To(device), keepDType: false);

    public Parameter? Absent { get; init; }
}

/// <summary>Two layers that hold one weight, and two buffers that are one.</summary>
internal sealed partial class Tied : Module
{
    public Tied()
    {
        Out = new Linear(In.Weight);
        Again = Shared;
    }

    public Linear In { get; } = new(3, 3);

    public Linear Out { get; }

    public Buffer Shared { get; } = new(Tensor.Ones(2));

    public Buffer Again { get; }

    public Tensor Forward(Tensor x) => Out.Forward(In.Forward(x));
}

/// <summary>The same paths as <see cref="Tied"/>, without ties.</summary>
internal sealed partial class Untied : Module
{
    public Linear In { get; } = new(3, 3);

    public Linear Out { get; } = new(3, 3, bias: false);

    public Buffer Shared { get; } = new(Tensor.Ones(2));

    public Buffer Again { get; } = new(Tensor.Ones(2));
}

/// <summary>One layer twice, and a block, as in PyTorch's test of named_modules.</summary>
internal sealed partial class Net : Module
{
    public Linear L1 { get; }

    public Linear L2 { get; }

    public Sequential Block { get; } = new(new Linear(1, 1), new Linear(1, 1));

    public Net() => L1 = L2 = new Linear(1, 1);
}

/// <summary>A layer on meta beside one on the CPU: it cannot be cast as a whole without data.</summary>
internal sealed partial class Half : Module
{
    public Linear OnCpu { get; } = new(2, 2);

    public Linear OnMeta { get; } = Make();

    private static Linear Make()
    {
        using (Device.Meta.AsDefault()) return new Linear(2, 2);
    }
}
