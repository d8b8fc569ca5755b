namespace Ballast.Cpu;

/// <summary>A factor or the result of a product in memory: strides in elements; a batch stride of 0 repeats a factor.</summary>
internal readonly unsafe struct GemmMatrix(void* pointer, DType dtype, long rowStride, long columnStride, long batchStride = 0)
{
    public void* Pointer { get; } = pointer;
    public DType DType { get; } = dtype;
    public long RowStride { get; } = rowStride;
    public long ColumnStride { get; } = columnStride;
    public long BatchStride { get; } = batchStride;
}
