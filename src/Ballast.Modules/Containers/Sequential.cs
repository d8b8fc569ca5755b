using System.Collections;
using System.Globalization;

namespace Ballast;

/// <summary>Layers applied one after another, named 0, 1, …; without layers it returns its input.</summary>
public sealed class Sequential : Module, IForward<Tensor, Tensor>, IReadOnlyList<IForward<Tensor, Tensor>>
{
    private List<IForward<Tensor, Tensor>> _layers;

    /// <summary>The layers in order.</summary>
    /// <exception cref="ArgumentException">A layer is not a module, so its state could not be walked.</exception>
    public Sequential(params IEnumerable<IForward<Tensor, Tensor>> layers)
    {
        _layers = [.. layers];
        foreach (IForward<Tensor, Tensor> layer in _layers)
            if (layer is not Module)
                throw new ArgumentException(
                    $"Sequential: {layer.GetType().Name} is not a Module, so what it holds could not be walked. Derive it from Module.");
    }

    /// <summary>The number of layers.</summary>
    public int Count => _layers.Count;

    /// <summary>The layer at a place.</summary>
    public IForward<Tensor, Tensor> this[int index] => _layers[index];

    /// <inheritdoc/>
    public Tensor Forward(Tensor input)
    {
        foreach (IForward<Tensor, Tensor> layer in _layers) input = layer.Forward(input);
        return input;
    }

    /// <inheritdoc/>
    public override void VisitState(IStateVisitor visitor)
    {
        for (int i = 0; i < _layers.Count; i++) visitor.Child(i.ToString(CultureInfo.InvariantCulture), (Module)_layers[i]);
    }

    /// <inheritdoc/>
    public override void MapState(StateMap map)
    {
        _layers = [.. _layers]; // a shallow copy shares the list with its original
        for (int i = 0; i < _layers.Count; i++)
        {
            var layer = (Module)_layers[i];
            map.Child(i.ToString(CultureInfo.InvariantCulture), ref layer);
            _layers[i] = layer as IForward<Tensor, Tensor>
                ?? throw new ArgumentException(
                    $"Sequential: {layer.GetType().Name} is no IForward<Tensor, Tensor>, so it cannot be layer {i}.");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<IForward<Tensor, Tensor>> GetEnumerator() => _layers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
