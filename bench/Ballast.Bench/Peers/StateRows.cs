using System.Runtime.InteropServices;
using Ballast.Bench.Measuring;

namespace Ballast.Bench.Peers;

/// <summary>Moves of a module of 500 MB, against a plain copy by two threads between touched memory: what the machine can do.</summary>
internal static partial class StateRows
{
    private const int Parameters = 125, Elements = 1_000_000;
    private const long Bytes = (long)Parameters * Elements * sizeof(float);

    /// <summary>The rows; their peer is the copy and not libtorch.</summary>
    public static IReadOnlyList<PeerRow> All { get; } =
    [
        // Read and written: 500 MB each.
        new("state move 500 MB, copy", "ms", Rate.Bytes(2.0 * Bytes), Move, () => Copy(1), NeedsTorch: false),
        new("state move 500 MB, new pages", "ms", Rate.Bytes(2.0 * Bytes), MoveToNewPages, CopyToNewPages, NeedsTorch: false),
        // There and back: 500 MB read and 1000 MB written, then the reverse; the peer copies as much.
        new("state cast 500 MB, copy", "ms", Rate.Bytes(6.0 * Bytes), Cast, () => Copy(3), NeedsTorch: false),
    ];

    /// <summary>Into storage of its own on the same device.</summary>
    private static Workload Move()
    {
        ParameterList list = Module();
        return new(() => GC.KeepAlive(list.Clone()), Forget);
    }

    /// <summary>The same into memory that this process has never touched: before each run the allocator's cache goes back to the system.</summary>
    private static Workload MoveToNewPages()
    {
        ParameterList list = Module();
        ParameterList? moved = null;
        return new(() => moved = list.Clone(), Forget)
        {
            Prepare = () =>
            {
                moved = null;
                Forget();
                Device.Cpu.Runtime.Allocator.Trim();
                if (OperatingSystem.IsLinux()) _ = ReturnFreed(0);
            },
        };
    }

    /// <summary>A plain copy by two threads into a block that comes fresh from the system, with the pages that it gives.</summary>
    private static unsafe Workload CopyToNewPages()
    {
        nint from = (nint)NativeMemory.Alloc((nuint)Bytes), to = 0;
        NativeMemory.Fill((void*)from, (nuint)Bytes, 1);
        return new(
            () =>
            {
                to = (nint)NativeMemory.Alloc((nuint)Bytes);
                CopyHalves(from, to);
            },
            () =>
            {
                NativeMemory.Free((void*)from);
                NativeMemory.Free((void*)to);
            })
        {
            Prepare = () =>
            {
                NativeMemory.Free((void*)to);
                to = 0;
            },
        };
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
        return new(
            () =>
            {
                for (int i = 0; i < times; i++) CopyHalves(from, to);
            },
            () =>
            {
                NativeMemory.Free((void*)from);
                NativeMemory.Free((void*)to);
            });
    }

    private static unsafe void CopyHalves(nint from, nint to)
    {
        const long half = Bytes / 2;
        Parallel.For(0, 2, part => System.Buffer.MemoryCopy((byte*)from + part * half, (byte*)to + part * half, half, half));
    }

    private static void Forget() => OurSide.Forget();

    /// <summary>Gives freed memory that the C library keeps back to the system.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int ReturnFreed(nuint keep);
}
