using System.Globalization;
using Ballast.Formats;

namespace Ballast.Optimizers;

/// <summary>Exponential average of a module's parameters: average ← d · average + (1 − d) · value after each step; buffers follow their
/// <see cref="AverageRule"/>, and are copied unless declared otherwise.</summary>
/// <remarks>
/// With warm-up d = min(decay, (1 + n) / (10 + n)) at update n = 0, 1, …, so that the first weights do not linger. Values are held by
/// path, on the device of the module, which they follow, and in its dtype, but float32 for half types. Source: Polyak and Juditsky 1992;
/// the warm-up is that of TensorFlow's ExponentialMovingAverage.
/// </remarks>
public sealed class Ema
{
    private const string Updates = "updates";

    private readonly OrderedDictionary<string, Tensor> _values = [];
    private readonly StateFilter? _filter;

    /// <summary>An average that starts at the module's values.</summary>
    /// <param name="module">The module that is trained; it is not held.</param>
    /// <param name="decay">d, the share of the average that is kept; from 0 to 1.</param>
    /// <param name="warmUp">False for d from the first update on.</param>
    /// <param name="filter">Which of the saved state is averaged; all if left out.</param>
    public Ema(Module module, double decay = 0.999, bool warmUp = true, StateFilter? filter = null)
    {
        _filter = filter;
        if (!(decay >= 0 && decay <= 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "the share that is kept is from 0 to 1.");
        Decay = decay;
        WarmUp = warmUp;
        foreach ((string path, Tensor value) in module.Snapshot(filter: Saved)) Set(path, value.To(Wide(value.DType)));
    }

    /// <summary>d, the share of the average that is kept.</summary>
    public double Decay { get; }

    /// <summary>True if early updates keep less.</summary>
    public bool WarmUp { get; }

    /// <summary>The number of updates so far.</summary>
    public long Count { get; private set; }

    /// <summary>The averages by path; tied state once, derived state not at all.</summary>
    public IReadOnlyDictionary<string, Tensor> Values => _values;

    /// <summary>The average at a path.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor Value(string path)
    {
        if (_values.TryGetValue(path, out Tensor? value)) return value;
        string? near = Names.Nearest(path, _values.Keys);
        throw new KeyNotFoundException($"Ema has no '{path}'{(near is null ? "." : $"; the nearest is '{near}'.")}");
    }

    /// <summary>Takes the module's values into the average; call it after each step.</summary>
    /// <exception cref="ArgumentException">The module's paths or shapes are not those of the average; nothing was changed.</exception>
    public void Update(Module module)
    {
        StateDict state = module.View(filter: Saved);
        Check(state);
        var rules = new Dictionary<string, AverageRule>();
        foreach ((string path, Parameter parameter) in module.NamedParameters())
            rules[path] = parameter.DType.IsFloating ? AverageRule.Average : AverageRule.Copy;
        foreach ((string path, Buffer buffer) in module.NamedBuffers())
            rules[path] = buffer.Averaging == AverageRule.Average && !buffer.DType.IsFloating ? AverageRule.Copy : buffer.Averaging;
        double keep = WarmUp ? Math.Min(Decay, (1.0 + Count) / (10 + Count)) : Decay;
        using (Autograd.NoGrad())
        {
            foreach ((string path, Tensor value) in state)
            {
                Tensor average = _values[path];
                if (average.DType != Wide(value.DType) || !ReferenceEquals(average.Device, value.Device))
                    average = Set(path, average.To(value.Device, Wide(value.DType)));
                if (rules[path] == AverageRule.Average) Averages.Mix(average, value, 1 - keep);
                else if (rules[path] == AverageRule.Copy) average.CopyFrom(value);
            }
        }
        Count++;
    }

    /// <summary>Overwrites the module's parameters and saved buffers with the averages.</summary>
    /// <exception cref="StateLoadException">The module's paths or shapes are not those of the average; nothing was changed.</exception>
    public void CopyTo(Module module) => module.Load(_values, new LoadPolicy { DType = ["*"], Filter = Saved });

    /// <summary>Tensors of the module that are averaged; bytes of extra state are not.</summary>
    private StateFilter Saved => _filter is null ? StateFilter.Persistent : StateFilter.Persistent & _filter;

    /// <summary>Writes the averages and the number of updates to one file, atomically.</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <remarks>The averages stand under the module's paths, so that the file loads into the module; the number stands in the
    /// metadata.</remarks>
    public void Save(string path) =>
        Safetensors.Save(path, _values, [new(Updates, Count.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>Loads what <see cref="Save"/> wrote for the same module: all of it, or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file was not written by <see cref="Save"/>.</exception>
    /// <exception cref="ArgumentException">The file's paths or shapes are not those of the average; nothing was changed.</exception>
    /// <exception cref="SafetensorsFormatException">The file is not sound.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public void Load(string path)
    {
        string? updates = Safetensors.LoadMetadata(path).GetValueOrDefault(Updates);
        if (!long.TryParse(updates, CultureInfo.InvariantCulture, out long count) || count < 0)
            throw new InvalidDataException(
                $"{path} does not say how many updates the average has ('{Updates}' in its metadata); it was not written by Ema.Save.");
        IReadOnlyDictionary<string, Tensor> state = Safetensors.Load(path, map: false);
        Check(state);
        using (Autograd.NoGrad())
        {
            foreach ((string name, Tensor value) in state) _values[name].CopyFrom(value);
        }
        Count = count;
    }

    /// <summary>Half types cannot hold the small shares that an update adds.</summary>
    private static DType Wide(DType dtype) => dtype.IsHalf ? DType.Float32 : dtype;

    private Tensor Set(string path, Tensor value)
    {
        TensorScope.Escape(value);
        _values[path] = value;
        return value;
    }

    private void Check(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (string path in _values.Keys)
            if (!state.ContainsKey(path))
                throw new ArgumentException(
                    $"Ema: '{path}' is averaged and not in the state; it must be that of the module the average began with.");
        foreach ((string path, Tensor value) in state)
        {
            if (!_values.TryGetValue(path, out Tensor? average))
                throw new ArgumentException(
                    $"Ema: '{path}' is in the state and not averaged; it must be that of the module the average began with.");
            if (average.Shape != value.Shape)
                throw new ArgumentException($"Ema: '{path}' is {value.Shape}, and its average {average.Shape}; shapes must stay.");
        }
    }
}
