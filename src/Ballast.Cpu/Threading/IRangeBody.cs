namespace Ballast.Cpu;

/// <summary>The body of a parallel loop. It is a struct, so that a loop allocates nothing; all threads share one copy of it.</summary>
internal interface IRangeBody
{
    /// <summary>Does the items of [begin, end). Runs at the same time on several threads, each with a range of its own.</summary>
    void Run(long begin, long end);
}
