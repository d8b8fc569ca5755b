using System.Runtime.CompilerServices;

// The examples seed Generator.Default, which belongs to all.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Zoo.Tests;

internal static class Start
{
    [ModuleInitializer]
    internal static void Run() => BallastRuntime.Start();
}
