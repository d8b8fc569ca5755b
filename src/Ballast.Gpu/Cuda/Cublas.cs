using System.Runtime.InteropServices;

namespace Ballast.Gpu;

/// <summary>The entry points of cuBLAS in use, by their own names.</summary>
internal static unsafe partial class Cublas
{
    internal const string Library = "cublas";

    internal const int Plain = 0, Transposed = 1;

    // cudaDataType_t and cublasComputeType_t.
    internal const int Float32 = 0, Float64 = 1, Float16 = 2, BFloat16 = 14, ComputeFloat32 = 68, ComputeFloat64 = 70, ComputeTensorFloat32 = 77;

    // Sums of half types stay in float32 to the end.
    internal const int NoReducedSums = 16;

    internal const int DefaultAlgorithm = -1;

    [LibraryImport(Library)]
    internal static partial int cublasCreate_v2(nint* handle);

    [LibraryImport(Library)]
    internal static partial int cublasSetStream_v2(nint handle, nint stream);

    [LibraryImport(Library)]
    internal static partial int cublasSetMathMode(nint handle, int mode);

    [LibraryImport(Library)]
    internal static partial int cublasGemmStridedBatchedEx(nint handle, int operationA, int operationB, int m, int n, int k, void* alpha,
        nint a, int typeA, int leadingA, long strideA, nint b, int typeB, int leadingB, long strideB, void* beta, nint c, int typeC,
        int leadingC, long strideC, int batch, int compute, int algorithm);
}
