using System.Runtime.InteropServices;

namespace Ballast.Cli.Training;

/// <summary>Turns the first Ctrl+C (or SIGTERM) into a request to stop after the step; the second ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _asked;
    private volatile bool _isRequested;

    /// <summary>Listens until disposed.</summary>
    /// <param name="asked">Called once, on the signal's thread.</param>
    public StopSignal(Action asked)
    {
        _asked = asked;
        _registrations =
            [PosixSignalRegistration.Create(PosixSignal.SIGINT, Hear), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hear)];
    }

    /// <summary>True once a stop was asked for.</summary>
    public bool IsRequested => _isRequested;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        if (_isRequested) return;
        context.Cancel = true;
        _isRequested = true;
        _asked();
    }
}
