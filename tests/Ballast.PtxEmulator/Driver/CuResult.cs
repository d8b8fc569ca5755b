namespace Ballast.PtxEmulation;

/// <summary>The driver's status codes that the emulator gives.</summary>
internal enum CuResult
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    NoDevice = 100,
    InvalidDevice = 101,
    InvalidContext = 201,
    InvalidPtx = 218,
    UnsupportedPtxVersion = 222,
    InvalidHandle = 400,
    NotFound = 500,
    NotReady = 600,
    IllegalAddress = 700,
    LaunchOutOfResources = 701,
    LaunchTimeout = 702,
    IllegalInstruction = 715,
    MisalignedAddress = 716,
    LaunchFailed = 719,
    NotSupported = 801,
    Unknown = 999,
}

/// <summary>The codes' names and texts as unmanaged strings that live as long as the library.</summary>
internal static class CuResultText
{
    private static readonly Dictionary<int, (nint Name, nint Text)> _texts = new()
    {
        [0] = Pair("CUDA_SUCCESS", "no error"),
        [1] = Pair("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
        [2] = Pair("CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
        [3] = Pair("CUDA_ERROR_NOT_INITIALIZED", "initialization error"),
        [100] = Pair("CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"),
        [101] = Pair("CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
        [201] = Pair("CUDA_ERROR_INVALID_CONTEXT", "invalid device context"),
        [218] = Pair("CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"),
        [222] = Pair("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."),
        [400] = Pair("CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
        [500] = Pair("CUDA_ERROR_NOT_FOUND", "named symbol not found"),
        [600] = Pair("CUDA_ERROR_NOT_READY", "device not ready"),
        [700] = Pair("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
        [701] = Pair("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
        [702] = Pair("CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"),
        [715] = Pair("CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"),
        [716] = Pair("CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"),
        [719] = Pair("CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
        [801] = Pair("CUDA_ERROR_NOT_SUPPORTED", "operation not supported"),
        [999] = Pair("CUDA_ERROR_UNKNOWN", "unknown error"),
    };

    private static (nint, nint) Pair(string name, string text) =>
        (System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8(name),
            System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8(text));

    public static bool TryGet(int code, out nint name, out nint text)
    {
        bool found = _texts.TryGetValue(code, out (nint Name, nint Text) pair);
        (name, text) = pair;
        return found;
    }
}
