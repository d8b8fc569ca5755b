namespace Ballast.Gpu;

/// <summary>Matrix products by cuBLAS on one device's stream.</summary>
internal sealed unsafe class CudaBlas
{
    private readonly CudaRuntime _runtime;
    private readonly nint _handle;

    // A handle carries a workspace, so calls of several threads take turns.
    private readonly Lock _gate = new();

    // TensorFloat-32 keeps 10 bits of each factor: faster, and only on request.
    private readonly bool _tensorFloat = Environment.GetEnvironmentVariable("BALLAST_TF32") == "1";

    public CudaBlas(CudaRuntime runtime)
    {
        _runtime = runtime;
        runtime.Enter();
        nint handle;
        Check(Cublas.cublasCreate_v2(&handle), "cublasCreate");
        _handle = handle;
        Check(Cublas.cublasSetStream_v2(handle, runtime.Stream), "cublasSetStream");
        Check(Cublas.cublasSetMathMode(handle, Cublas.NoReducedSums), "cublasSetMathMode");
    }

    /// <summary>y = a·b, or y += a·b; false if the operands lie in memory in a way that cuBLAS does not take.</summary>
    public bool TryMultiply(in GemmOperand a, in GemmOperand b, Tensor y, long batch, long m, long n, long k, bool adds)
    {
        if (BlasProduct.Of(a, b, batch, m, n, k) is not { } p || Type(y.DType) is not { } type) return false;
        float one = 1, start = adds ? 1 : 0;
        double oneWide = 1, startWide = start;
        bool wide = y.DType == DType.Float64;
        int compute = wide ? Cublas.ComputeFloat64 : _tensorFloat && y.DType == DType.Float32 ? Cublas.ComputeTensorFloat32
            : Cublas.ComputeFloat32;
        lock (_gate)
        {
            _runtime.Enter();
            Check(Cublas.cublasGemmStridedBatchedEx(_handle, p.First.Operation, p.Second.Operation, (int)n, (int)m, (int)k,
                wide ? &oneWide : &one, Address(b.Tensor), type, p.First.Leading, b.Batch, Address(a.Tensor), type, p.Second.Leading, a.Batch,
                wide ? &startWide : &start, Address(y), type, (int)n, m * n, (int)batch, compute, Cublas.DefaultAlgorithm),
                $"a product of {batch} x [{m}, {k}] and [{k}, {n}] in {y.DType.Name}");
        }
        return true;
    }

    private static nint Address(Tensor x) => (nint)(x.Storage.Handle + x.Layout.Offset * x.DType.SizeBytes);

    private static int? Type(DType dtype) => dtype switch
    {
        DType.Float32 => Cublas.Float32,
        DType.Float64 => Cublas.Float64,
        DType.Float16 => Cublas.Float16,
        DType.BFloat16 => Cublas.BFloat16,
        _ => null,
    };

    private static void Check(int status, string call)
    {
        if (status == 0) return;
        string name = status switch
        {
            1 => "not initialised",
            3 => "out of memory",
            7 => "invalid value",
            8 => "the device is too old for it",
            13 => "the kernel failed",
            14 => "internal error",
            15 => "not supported",
            _ => "see cublasStatus_t",
        };
        throw status == 3 ? new DeviceOutOfMemoryException($"cuBLAS has no memory for {call}. Use a smaller batch or dtype.")
            : new BallastException($"cuBLAS answered {status} ({name}) to {call}. BALLAST_CUBLAS=none uses the library's own kernels.");
    }
}

/// <summary>One factor as cuBLAS sees it, which counts columns first.</summary>
/// <param name="Operation">Taken as it lies, or transposed.</param>
/// <param name="Leading">The distance of its columns in elements.</param>
internal readonly record struct BlasFactor(int Operation, int Leading)
{
    /// <summary>A row-major matrix is a column-major one transposed, so a factor that lies row by row is taken as it is; null if neither
    /// axis is dense.</summary>
    public static BlasFactor? Of(long rows, long columns, long rowStride, long columnStride)
    {
        if ((columnStride == 1 || columns == 1) && (rowStride >= columns || rows == 1))
            return Make(Cublas.Plain, rows == 1 ? columns : rowStride);
        if ((rowStride == 1 || rows == 1) && (columnStride >= rows || columns == 1))
            return Make(Cublas.Transposed, columns == 1 ? rows : columnStride);
        return null;
    }

    private static BlasFactor? Make(int operation, long leading) => leading <= int.MaxValue ? new(operation, (int)leading) : null;
}

/// <summary>y = a·b of row-major matrices is yᵀ = bᵀ·aᵀ of column-major ones: the first factor is b.</summary>
internal readonly record struct BlasProduct(BlasFactor First, BlasFactor Second)
{
    /// <summary>How to ask cuBLAS; null if it does not take the sizes or strides.</summary>
    public static BlasProduct? Of(in GemmOperand a, in GemmOperand b, long batch, long m, long n, long k)
    {
        if (Math.Max(Math.Max(m, n), Math.Max(k, batch)) > int.MaxValue || k == 0) return null;
        if (BlasFactor.Of(k, n, b.Row, b.Column) is not { } first || BlasFactor.Of(m, k, a.Row, a.Column) is not { } second) return null;
        return new BlasProduct(first, second);
    }
}
