namespace Ballast;

/// <summary>Returns a generator to the point where <see cref="Generator.ForkScope"/> was called, once, when disposed.</summary>
public sealed class GeneratorScope : IDisposable
{
    private readonly Generator _generator;
    private GeneratorState? _state;

    internal GeneratorScope(Generator generator, GeneratorState state) => (_generator, _state) = (generator, state);

    /// <summary>Restores the generator; a second call does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _state, null) is GeneratorState state) _generator.SetState(state);
    }
}
