using Ballast;

namespace Mistakes;

/// <summary>Methods keep the parameters of the head.</summary>
public sealed partial class Shift(Tensor by, Linear through) : Module, IForward<Tensor, Tensor>
{
    public Tensor Forward(Tensor x) => through.Forward(x + by);
}

/// <summary>A module that is not partial, in a class that is not.</summary>
public class Outer
{
    public sealed class Inner : Module, IForward<Tensor, Tensor>
    {
        private readonly List<Linear> _layers = [new(4, 4), new(4, 4)];
        private readonly Tensor _shift = Tensor.Ones(4);

        public Tensor Forward(Tensor x)
        {
            foreach (Linear layer in _layers) x = layer.Forward(x);
            return x + _shift;
        }
    }
}

/// <summary>An abstract one: the compiler misses no walk in it.</summary>
public abstract class Backbone : Module, IForward<Tensor, Tensor>
{
    protected Linear Stem { get; } = new(4, 4);

    public abstract Tensor Forward(Tensor x);
}

public sealed partial class Plain : Backbone
{
    public override Tensor Forward(Tensor x) => Stem.Forward(x);
}
