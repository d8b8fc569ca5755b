namespace Ballast.Tests.OpTables;

/// <summary>One input of a sample. Its dtype is the one under test unless <see cref="Fixed"/> names another (an index, a mask).</summary>
public sealed record Arg(Values Values, params int[] Shape)
{
    public DType? Fixed { get; init; }

    /// <summary>The gradient of this input is checked if the op is differentiable.</summary>
    public bool Grad { get; init; } = true;

    public bool TakesGrad => Grad && Fixed is null;

    public int Count => Host.CountOf(Shape);
}

/// <summary>One call of an op: its inputs, the call, and the same in plain float64 loops.</summary>
public sealed record Case(string Label, Arg[] Args, Func<Tensor[], Tensor> Run, Func<Host[], Host> Reference)
{
    /// <summary>Compare gradients with difference quotients; off for special values and for sizes that only exercise threads.</summary>
    public bool CheckGrad { get; init; } = true;
}

/// <summary>A call that must fail: with what, and a piece of the text.</summary>
public sealed record ErrorCase(string Label, Action Call, Type Exception, string Text);

/// <summary>Everything the suites know about one op.</summary>
public sealed record OpRow(string Name, Case[] Cases)
{
    /// <summary>The op structs and formulas that the row is about.</summary>
    public required Type[] Covers { get; init; }

    public required Tolerance Tolerance { get; init; }

    public bool Differentiable { get; init; } = true;

    /// <summary>The result dtype if it does not follow the inputs'.</summary>
    public DType? Output { get; init; }

    /// <summary>Every element is computed on its own, so no layout may change a bit.</summary>
    public bool Elementwise { get; init; }

    /// <summary>An element may come out near zero from larger ones, so errors are counted in steps of the largest element.</summary>
    public bool Cancels { get; init; }

    /// <summary>Errors are counted in steps of each element.</summary>
    public bool CountsEach => Elementwise && !Cancels;

    /// <summary>The op moves elements without computing: exact in every dtype.</summary>
    public bool Moves { get; init; }

    /// <summary>Integer dtypes in which the float64 reference holds too, with integer-valued inputs.</summary>
    public DType[] Integers { get; init; } = [];

    /// <summary>What replaces <see cref="Arg.Values"/> in integer runs.</summary>
    public Values IntegerValues { get; init; } = Draw.Integers(1, 5);

    /// <summary>What integer runs give: the input's own dtype unless set.</summary>
    public DType? IntegerOutput { get; init; }

    /// <summary>bfloat16 and float16 are computed in float32 and rounded once.</summary>
    public bool Halves { get; init; } = true;

    /// <summary>The form that changes its first input, if there is one.</summary>
    public Func<Tensor[], Tensor>? InPlace { get; init; }

    /// <summary>The step of difference quotients.</summary>
    public double Step { get; init; } = 1e-5;

    /// <summary>The result's shape depends on values, so the op is refused on meta.</summary>
    public bool NeedsData { get; init; }

    public ErrorCase[] Errors { get; init; } = [];

    public override string ToString() => Name;
}
