namespace Zoo;

/// <summary>How a test makes a module of the zoo, what it runs it on, and which state it must find.</summary>
public sealed class Example
{
    private readonly Func<Module> _create;
    private readonly Func<Module, Inputs, Tensor> _run;

    private Example(Type type, Func<Module> create, Func<Module, Inputs, Tensor> run)
    {
        Type = type;
        _create = create;
        _run = run;
    }

    /// <summary>The module's class.</summary>
    public Type Type { get; }

    /// <summary>The names in its state dict, in the order of the walk.</summary>
    public required string[] State { get; init; }

    /// <summary>Parameters that the example's loss does not reach: frozen, or used in another mode.</summary>
    public string[] Still { get; init; } = [];

    /// <summary>True if the tests also run it on <c>opencl:0</c>, where there is one.</summary>
    public bool OnDevice { get; init; }

    /// <summary>An example of a module class.</summary>
    /// <param name="create">A small instance.</param>
    /// <param name="run">A call on example inputs; what it gives back is floating.</param>
    /// <param name="state">The names in its state dict, separated by blanks or line ends.</param>
    /// <param name="still">The names of parameters without a gradient.</param>
    /// <param name="onDevice">True to run it on a device too.</param>
    public static Example Of<TModule>(
        Func<TModule> create, Func<TModule, Inputs, Tensor> run, string state, string still = "", bool onDevice = false)
        where TModule : Module => new(typeof(TModule), create, (module, inputs) => run((TModule)module, inputs))
        {
            State = Words(state),
            Still = Words(still),
            OnDevice = onDevice,
        };

    /// <summary>A new instance, the same after the same seed.</summary>
    public Module Create(ulong seed = 1)
    {
        Generator.Default.Seed(seed);
        return _create();
    }

    /// <summary>The result on the example inputs, which are the same each time, and random draws of their own seed.</summary>
    public Tensor Run(Module module, Device? device = null, DType dtype = DType.Float32)
    {
        Generator.Default.Seed(2);
        return _run(module, new Inputs(device ?? Device.Cpu, dtype));
    }

    /// <inheritdoc/>
    public override string ToString() => Type.Name;

    private static string[] Words(string text) => text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Example inputs on a device, made on the CPU, so that they are the same everywhere.</summary>
public sealed class Inputs(Device device, DType dtype)
{
    private readonly Generator _generator = new(3);

    /// <summary>Normal numbers.</summary>
    public Tensor Normal(params int[] shape) =>
        Tensor.RandN(Shape.Create(shape), device: Device.Cpu, generator: _generator).To(dtype).To(device);

    /// <summary>Numbers from 0 to 1.</summary>
    public Tensor Uniform(params int[] shape) =>
        Tensor.Rand(Shape.Create(shape), device: Device.Cpu, generator: _generator).To(dtype).To(device);

    /// <summary>Whole numbers from 0 to below the count.</summary>
    public Tensor Ids(int count, params int[] shape) =>
        Tensor.RandInt(count, Shape.Create(shape), device: Device.Cpu, generator: _generator).To(device);
}
