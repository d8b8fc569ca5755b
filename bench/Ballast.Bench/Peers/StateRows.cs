using System.Runtime.InteropServices;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>Moves of a module of 500 MB, against a plain copy by two threads between touched memory: what the machine can do.</summary>
internal static class StateRows
{
    private const int Parameters = 125, Elements = 1_000_000;
    private const long Bytes = (long)Parameters * Elements * sizeof(float);

    /// <summary>The rows; their peer is the copy and not libtorch.</summary>
    public static IReadOnlyList<PeerRow> All { get; } =
    [
        // Read and written: 500 MB each.
        new("state move 500 MB, copy", "ms", Rate.Bytes(2.0 * Bytes), Move, () => Copy(1), NeedsTorch: false),
        // There and back: 500 MB read and 1000 MB written, then the reverse; the peer copies as much.
        new("state cast 500 MB, copy", "ms", Rate.Bytes(6.0 * Bytes), Cast, () => Copy(3), NeedsTorch: false),
    ];

    /// <summary>Into storage of its own on the same device.</summary>
    private static Workload Move()
    {
        ParameterList list = Module();
        return new(() => GC.KeepAlive(list.Clone()), Forget);
    }

    private static Workload Cast()
    {
        ParameterList list = Module();
        return new(() => list.To(DType.Float64).To(DType.Float32), Forget);
    }

    private static ParameterList Module() =>
        new(Enumerable.Range(0, Parameters).Select(_ => new Parameter(Tensor.Ones(1000, Elements / 1000))));

    private static unsafe Workload Copy(int times)
    {
        nint from = (nint)NativeMemory.Alloc((nuint)Bytes), to = (nint)NativeMemory.Alloc((nuint)Bytes);
        NativeMemory.Fill((void*)from, (nuint)Bytes, 1);
        NativeMemory.Fill((void*)to, (nuint)Bytes, 1);
        const long half = Bytes / 2;
        return new(
            () =>
            {
                for (int i = 0; i < times; i++)
                    Parallel.For(0, 2, part => System.Buffer.MemoryCopy((byte*)from + part * half, (byte*)to + part * half, half, half));
            },
            () =>
            {
                NativeMemory.Free((void*)from);
                NativeMemory.Free((void*)to);
            });
    }

    private static void Forget()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
