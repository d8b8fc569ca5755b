using Ballast.Api;

// Writes the public surface of every floor into api/, or with --check says what differs from there: dotnet run build.cs -- api [--check]
string folder = Path.GetFullPath("api");
if (!Directory.Exists(folder))
{
    Console.Error.WriteLine($"api: {folder} is not there; run it in the repository's root: dotnet run build.cs -- api");
    return 2;
}
int differences = 0;
foreach (string floor in Baseline.Floors)
{
    foreach (string line in Baseline.Differences(folder, floor))
    {
        Console.WriteLine($"{floor}: {line}");
        differences++;
    }
    if (!args.Contains("--check")) Baseline.Write(folder, floor);
}
Console.WriteLine(differences == 0 ? "api: as it was" : $"api: {differences} lines differ{(args.Contains("--check") ? "" : "; written")}");
return args.Contains("--check") && differences > 0 ? 1 : 0;
