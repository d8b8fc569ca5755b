namespace Ballast.Cpu;

/// <summary>A tensor as dense row-major memory: itself if it is, else a copy that is freed at the end of the scope.</summary>
internal readonly unsafe ref struct Dense : IDisposable
{
    private readonly bool _copied;

    public Dense(Tensor tensor)
    {
        Tensor = tensor;
        if (tensor.IsContiguous) return;
        Tensor = Tensor.Empty(tensor.Shape, tensor.DType, tensor.Device);
        CopyDriver.Copy(tensor, Tensor);
        _copied = true;
    }

    /// <summary>The tensor in a dtype of the kernel.</summary>
    public Dense(Tensor tensor, DType dtype)
    {
        Tensor = tensor;
        if (tensor.IsContiguous && tensor.DType == dtype) return;
        Tensor = Tensor.Empty(tensor.Shape, dtype, tensor.Device);
        CopyDriver.Copy(tensor, Tensor);
        _copied = true;
    }

    private Dense(Tensor tensor, bool copied)
    {
        Tensor = tensor;
        _copied = copied;
    }

    /// <summary>Work memory of one kernel, undefined.</summary>
    public static Dense Work<T>(long count) where T : unmanaged => new(Tensor.Empty([checked((int)count)], DTypes.Of<T>()), true);

    public Tensor Tensor { get; }

    public T* Pointer<T>() where T : unmanaged => Tensor.PointerOf<T>();

    public void Dispose()
    {
        if (_copied) Tensor.Storage.ReleaseNow();
        else GC.KeepAlive(Tensor);
    }
}
