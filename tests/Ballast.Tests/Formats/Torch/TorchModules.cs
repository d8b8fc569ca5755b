namespace Ballast.Tests.Formats;

/// <summary>The module of tools/golden/torch_files/make.py: ties, a normalisation of state version 2, a frozen parameter.</summary>
internal sealed partial class TorchNet : Module
{
    public Parameter Scale { get; } = new(Tensor.From(2f), requiresGrad: false);

    public Embedding Embedding { get; } = new(5, 4);

    public TorchNorm Norm { get; } = new(4);

    public Linear Head { get; }

    public TorchNet() => Head = new Linear(Embedding.Weight);
}

/// <summary>The state of torch.nn.BatchNorm1d.</summary>
[StateVersion(2)]
internal sealed partial class TorchNorm(int channels) : Module
{
    public Parameter Weight { get; } = new(Tensor.Ones([channels]));

    public Parameter Bias { get; } = new(Tensor.Zeros([channels]));

    public Buffer RunningMean { get; } = new(Tensor.Zeros([channels]));

    public Buffer RunningVar { get; } = new(Tensor.Ones([channels]));

    public Buffer NumBatchesTracked { get; } = new(Tensor.From(0L));

    /// <summary>Version 1 did not count batches.</summary>
    [MigratesFrom(1)]
    private static void Count(StateMigration state)
    {
        if (!state.Has("num_batches_tracked")) state["num_batches_tracked"] = Tensor.From(0L);
    }
}

/// <summary>A module that saves bytes of its own.</summary>
internal sealed partial class WithExtra : Module, IExtraState
{
    public Parameter Weight { get; } = new(Tensor.Ones([2]));

    public byte[] Extra { get; set; } = [];

    byte[] IExtraState.GetExtraState() => Extra;

    void IExtraState.SetExtraState(ReadOnlySpan<byte> state) => Extra = state.ToArray();
}
