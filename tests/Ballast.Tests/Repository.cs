namespace Ballast.Tests;

/// <summary>Where the sources are, for tests that look at them and for golden data.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The path of a file that tools/golden made.</summary>
    public static string Golden(string file) => Path.Combine(Root, "tests", "Ballast.Tests", "Golden", file);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Ballast.slnx"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Ballast.slnx; run the tests inside the repository.");
    }
}
