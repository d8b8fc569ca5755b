using System.Numerics;
using System.Runtime.InteropServices;

namespace Ballast.PtxEmulation;

/// <summary>cuBLAS's functions that the library calls; products are queued on the handle's stream. Signatures are those of
/// cublas_v2.h.</summary>
internal static unsafe class CublasExports
{
    private const int Success = 0, NotInitialized = 1, InvalidValue = 7, ExecutionFailed = 13, NotSupported = 15;
    private const int Float32 = 0, Float64 = 1, Float16 = 2, BFloat16 = 14;

    private sealed class Handle(EmulatedDevice device)
    {
        public EmulatedDevice Device { get; } = device;

        public nint Stream { get; set; }

        public int MathMode { get; set; }
    }

    [UnmanagedCallersOnly(EntryPoint = "cublasCreate_v2")]
    public static int Create(nint* handle)
    {
        CuResult result = Driver.InContext("cublasCreate", d => Exports.Set(handle, Driver.Register(new Handle(d))));
        return result == CuResult.Success ? Success : NotInitialized;
    }

    [UnmanagedCallersOnly(EntryPoint = "cublasDestroy_v2")]
    public static int Destroy(nint handle) => With("cublasDestroy", handle, h =>
    {
        Driver.StreamOf(h.Device, h.Stream)?.RunAll();
        Driver.Remove(handle);
        return Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cublasSetStream_v2")]
    public static int SetStream(nint handle, nint stream) => With("cublasSetStream", handle, h =>
    {
        if (Driver.StreamOf(h.Device, stream) is null) return InvalidValue;
        h.Stream = stream;
        return Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cublasSetMathMode")]
    public static int SetMathMode(nint handle, int mode) => With("cublasSetMathMode", handle, h =>
    {
        // Default, pedantic or TF32 tensor cores, with the flag that forbids reduced-precision reductions.
        if ((mode & ~16) is not (0 or 1 or 2 or 3)) return InvalidValue;
        h.MathMode = mode;
        return Success;
    });

    [UnmanagedCallersOnly(EntryPoint = "cublasSetWorkspace_v2")]
    public static int SetWorkspace(nint handle, ulong workspace, nuint bytes) => With("cublasSetWorkspace", handle, h =>
        bytes == 0 || Driver.CheckRange(h.Device, workspace, (long)bytes, "cublasSetWorkspace") == CuResult.Success ? Success
            : InvalidValue);

    [UnmanagedCallersOnly(EntryPoint = "cublasGetVersion_v2")]
    public static int GetVersion(nint handle, int* version)
    {
        if (version == null) return InvalidValue;
        *version = 110000;
        return Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "cublasGetStatusString")]
    public static nint GetStatusString(int status) => status switch
    {
        Success => _texts[0],
        NotInitialized => _texts[1],
        InvalidValue => _texts[2],
        ExecutionFailed => _texts[3],
        NotSupported => _texts[4],
        _ => _texts[5],
    };

    private static readonly nint[] _texts =
    [
        .. new[] { "the operation completed successfully", "the library was not initialized",
            "an unsupported value or parameter was passed to the function",
            "the function failed to launch on the GPU", "the functionality requested is not supported",
            "unknown error code" }.Select(Marshal.StringToCoTaskMemUTF8),
    ];

    [UnmanagedCallersOnly(EntryPoint = "cublasGemmStridedBatchedEx")]
    public static int GemmStridedBatchedEx(nint handle, int transA, int transB, int m, int n, int k, void* alpha, ulong a, int typeA,
        int lda, long strideA, ulong b, int typeB, int ldb, long strideB, void* beta, ulong c, int typeC, int ldc, long strideC, int batch,
        int compute, int algorithm) => With("cublasGemmStridedBatchedEx", handle, h =>
    {
        if (m < 0 || n < 0 || k < 0 || batch < 0 || transA is < 0 or > 2 || transB is < 0 or > 2
            || algorithm is not (-1 or 99)) return Bad("an argument");
        if (lda < Math.Max(1, transA == 0 ? m : k) || ldb < Math.Max(1, transB == 0 ? k : n)
            || ldc < Math.Max(1, m)) return Bad("a leading dimension");
        bool single = compute is 68 or 69 or 74 or 75 or 77, isDouble = compute is 70 or 71;
        bool types = typeA == typeB && ((isDouble && typeA == Float64 && typeC == Float64)
            || (single && ((typeA == Float32 && typeC == Float32)
                || (typeA is Float16 or BFloat16 && (typeC == typeA || typeC == Float32)))));
        if (!types)
        {
            Reports.Fail(CuResult.NotSupported,
                $"cublasGemmStridedBatchedEx: types {typeA}, {typeB}, {typeC} with compute type {compute}.");
            return NotSupported;
        }
        if (m == 0 || n == 0 || batch == 0) return Success;
        double scale = isDouble ? *(double*)alpha : *(float*)alpha, keep = isDouble ? *(double*)beta : *(float*)beta;
        bool tf32 = compute == 77 || (compute == 68 && (h.MathMode & 3) == 3);
        if (Driver.StreamOf(h.Device, h.Stream) is not { } stream) return InvalidValue;
        EmulatedDevice device = h.Device;
        stream.Add(() =>
        {
            for (int q = 0; q < batch; q++)
            {
                byte* x = Matrix(device, a, typeA, q * strideA, lda, transA == 0 ? m : k, transA == 0 ? k : m, false);
                byte* y = Matrix(device, b, typeB, q * strideB, ldb, transB == 0 ? k : n, transB == 0 ? n : k, false);
                byte* z = Matrix(device, c, typeC, q * strideC, ldc, m, n, true);
                Multiply(x, typeA, transA != 0, lda, y, typeB, transB != 0, ldb, z, typeC, ldc, m, n, k, scale, keep, tf32);
            }
        });
        return Success;

        int Bad(string what)
        {
            Reports.Fail(CuResult.InvalidValue,
                $"cublasGemmStridedBatchedEx: {what} is out of range: m {m}, n {n}, k {k}, lda {lda}, ldb {ldb}, "
                + $"ldc {ldc}, transposes {transA} and {transB}, batch {batch}, algorithm {algorithm}.");
            return InvalidValue;
        }
    });

    private static int With(string name, nint handle, Func<Handle, int> call)
    {
        int status = NotInitialized;
        CuResult result = Driver.InContext(name, d =>
        {
            if (Driver.Find<Handle>(handle) is not { } h) return Reports.Fail(CuResult.InvalidHandle, $"{name}: there is no such handle.");
            if (h.Device != d) return Reports.Fail(CuResult.InvalidContext, $"{name}: the handle belongs to another context.");
            status = call(h);
            return CuResult.Success;
        });
        return result is CuResult.Success or CuResult.InvalidHandle or CuResult.InvalidContext ? status : ExecutionFailed;
    }

    private static int Size(int type) => type switch { Float64 => 8, Float32 => 4, _ => 2 };

    // A column-major matrix that must lie inside one block.
    private static byte* Matrix(EmulatedDevice device, ulong address, int type, long offset, int leading, int rows, int columns, bool write)
    {
        int size = Size(type);
        ulong start = address + (ulong)(offset * size);
        if (start % (ulong)size != 0) throw new KernelFault(CuResult.MisalignedAddress,
            $"cublasGemmStridedBatchedEx: a matrix at 0x{start:x} is not aligned.");
        if (rows == 0 || columns == 0) return null;
        return Driver.Range(device, start, ((long)(columns - 1) * leading + rows) * size, write, "cublasGemmStridedBatchedEx");
    }

    private static double Read(byte* p, int type, long at) => type switch
    {
        Float64 => ((double*)p)[at],
        Float32 => ((float*)p)[at],
        Float16 => (double)((Half*)p)[at],
        _ => BitConverter.UInt32BitsToSingle((uint)((ushort*)p)[at] << 16),
    };

    private static void Write(byte* p, int type, long at, double value)
    {
        switch (type)
        {
            case Float64: ((double*)p)[at] = value; break;
            case Float32: ((float*)p)[at] = (float)value; break;
            case Float16: ((Half*)p)[at] = (Half)(float)value; break;
            default:
                uint u = BitConverter.SingleToUInt32Bits((float)value);
                ((ushort*)p)[at] = (ushort)(double.IsNaN(value) ? 0x7fff : (u + 0x7fff + ((u >> 16) & 1)) >> 16);
                break;
        }
    }

    // Rows of op(a) and columns of op(b) are brought together as float64; the sum is rounded once.
    private static void Multiply(byte* a, int typeA, bool transA, int lda, byte* b, int typeB, bool transB, int ldb, byte* c, int typeC,
        int ldc, int m, int n, int k, double alpha, double beta, bool tf32)
    {
        double[] left = new double[(long)m * k], right = new double[(long)n * k];
        for (int i = 0; i < m; i++)
            for (int q = 0; q < k; q++) left[(long)i * k + q] = Cut(Read(a, typeA, transA ? q + (long)i * lda : i + (long)q * lda), tf32);
        for (int j = 0; j < n; j++)
            for (int q = 0; q < k; q++) right[(long)j * k + q] = Cut(Read(b, typeB, transB ? j + (long)q * ldb : q + (long)j * ldb), tf32);
        for (int j = 0; j < n; j++)
        {
            ReadOnlySpan<double> column = right.AsSpan(j * k, k);
            for (int i = 0; i < m; i++)
            {
                double sum = alpha * Dot(left.AsSpan(i * k, k), column);
                long at = i + (long)j * ldc;
                // beta 0 means that c is not read, even where it holds NaN.
                if (beta != 0) sum += beta * Read(c, typeC, at);
                Write(c, typeC, at, sum);
            }
        }
    }

    private static double Cut(double x, bool tf32) => !tf32 ? x
        : BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits((float)x) + 0x1000) & 0xffffe000);

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector<double> sum = default;
        int at = 0, width = Vector<double>.Count;
        for (; at + width <= x.Length; at += width) sum += new Vector<double>(x[at..]) * new Vector<double>(y[at..]);
        double total = Vector.Sum(sum);
        for (; at < x.Length; at++) total += x[at] * y[at];
        return total;
    }
}
