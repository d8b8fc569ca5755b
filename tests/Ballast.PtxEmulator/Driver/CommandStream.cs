using System.Diagnostics;

namespace Ballast.PtxEmulation;

/// <summary>A stream: a queue that runs when somebody waits for it, as late as the rules allow.</summary>
internal sealed class CommandStream(EmulatedDevice device, bool isBlocking)
{
    private const int Depth = 1024;

    private readonly Queue<Action> _pending = [];

    public EmulatedDevice Device { get; } = device;

    /// <summary>True if the stream keeps its order with the null stream.</summary>
    public bool IsBlocking { get; } = isBlocking;

    public long Queued { get; private set; }

    public long Done { get; private set; }

    public bool IsDestroyed { get; set; }

    /// <summary>Queues a command; a long queue is worked off from its front, as a real one makes its caller wait.</summary>
    public void Add(Action command)
    {
        if (this == Device.Legacy)
        {
            foreach (CommandStream s in Device.Streams)
            {
                if (s.IsBlocking && s != this && s.Queued > s.Done) Wait(s, s.Queued);
            }
        }
        else if (IsBlocking && Device.Legacy.Queued > Device.Legacy.Done)
        {
            Wait(Device.Legacy, Device.Legacy.Queued);
        }
        Push(command);
        if (_pending.Count > Depth) RunTo(Queued - Depth / 2);
    }

    private void Push(Action command)
    {
        _pending.Enqueue(command);
        Queued++;
    }

    private void Wait(CommandStream other, long place) => Push(() => other.RunTo(place));

    /// <summary>Makes later commands wait for a place of another stream.</summary>
    public void WaitFor(CommandStream other, long place)
    {
        if (other != this && other.Done < place) Add(() => other.RunTo(place));
    }

    /// <summary>Runs all commands up to a place; after a fault of the device they are dropped.</summary>
    public void RunTo(long place)
    {
        while (Done < place && _pending.TryDequeue(out Action? command))
        {
            Done++;
            if (Device.Fault != CuResult.Success) continue;
            try
            {
                command();
            }
            catch (KernelFault fault)
            {
                Device.Fault = Reports.Fail(fault.Code, fault.Message);
            }
        }
    }

    /// <summary>Runs everything; the null stream first lets the streams run that it keeps its order with.</summary>
    public void RunAll() => RunTo(Queued);

    /// <summary>Runs one command, so that polling comes to an end.</summary>
    public void Step() => RunTo(Math.Min(Done + 1, Queued));
}

/// <summary>An event: a place in a stream, and when it was reached.</summary>
internal sealed class CommandEvent(EmulatedDevice device, bool isTimed)
{
    public EmulatedDevice Device { get; } = device;

    public bool IsTimed { get; } = isTimed;

    public CommandStream? Stream { get; private set; }

    public long Place { get; private set; }

    public long Reached { get; private set; }

    public bool IsDone => Stream is null || Stream.Done >= Place;

    public void Record(CommandStream stream)
    {
        long[] mine = [0];
        stream.Add(() =>
        {
            if (Stream == stream && Place == mine[0]) Reached = Stopwatch.GetTimestamp();
        });
        (Stream, Place) = (stream, stream.Queued);
        mine[0] = Place;
    }
}
