// Turns every kernel text of the library into PTX, packed into src/Ballast.Gpu/Cuda: dotnet run build.cs -- ptx [--check] [--unpack FOLDER]
using System.Diagnostics;
using Ballast;
using Ballast.Gpu;
using Ballast.Ptx;

string root = Environment.CurrentDirectory;
string file = Path.Combine(root, "src/Ballast.Gpu/Cuda", PtxBundle.FileName), header = Path.Combine(root, "tools/ptx/nvptx.cl");
if (!File.Exists(header))
{
    Console.Error.WriteLine($"ptx: {header} is not there; run it in the repository's root: dotnet run build.cs -- ptx");
    return 2;
}
bool check = args.Contains("--check");
var watch = Stopwatch.StartNew();
PtxBundle? old = null;
if (File.Exists(file)) old = PtxBundle.Unpack(File.ReadAllBytes(file));
int unpack = Array.IndexOf(args, "--unpack");
if (unpack >= 0)
{
    string to = Directory.CreateDirectory(args[unpack + 1]).FullName;
    foreach (PtxModule m in old!.Modules.Values) File.WriteAllText(Path.Combine(to, $"{m.Kernels.Split(',')[0]}-{m.Hash[..8]}.ptx"), m.Ptx);
    Console.WriteLine($"{old.Modules.Count} modules in {to}");
    return 0;
}

BallastRuntime.Start();
Device.Register(new RecordingProvider());
Device device = Device.Parse("recording");
var enumeration = new Enumeration(device);
enumeration.Run();
if (args.Contains("--refused")) foreach (string line in enumeration.Refused.Distinct()) Console.WriteLine(line);
ILookup<string, string> texts = ((RecordingRuntime)device.Runtime).Texts;
Console.WriteLine($"{texts.Count} texts with {texts.Sum(t => t.Count())} kernels, found in {watch.ElapsedMilliseconds} ms");

string folder = Directory.CreateTempSubdirectory("ballast-ptx-").FullName;
var clang = new Clang(folder, File.ReadAllText(header));
// Modules that nothing has changed since are kept; a check makes all of them anew.
Dictionary<string, PtxModule> kept = check || args.Contains("--all") || old is null || old.Base != clang.Base ? [] : new(old.Modules);
var modules = new Dictionary<string, PtxModule>();
var failures = new List<string>();
Parallel.ForEach(texts, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, text =>
{
    string hash = PtxBundle.HashOf(text.Key);
    try
    {
        PtxModule module = kept.TryGetValue(hash, out PtxModule? same) && text.All(same.Kernels.Split(',').Contains) ? same
            : clang.Compile(text.Key, text);
        lock (modules) modules.Add(hash, module);
    }
    catch (BallastException e)
    {
        lock (failures) failures.Add(e.Message);
    }
});
Directory.Delete(folder, recursive: true);
var bundle = new PtxBundle(clang.Base, modules);
foreach (string failure in failures.Order(StringComparer.Ordinal).Take(20)) Console.Error.WriteLine(failure);
if (failures.Count > 0) Console.Error.WriteLine($"ptx: {failures.Count} of {texts.Count} texts cannot be turned into PTX");
if (check) return Compare(old, bundle) && failures.Count == 0 ? 0 : 1;
byte[] bytes = bundle.Pack();
File.WriteAllBytes(file, bytes);
Console.WriteLine($"{file}: {modules.Count} modules, {bundle.ToText().Length:N0} bytes of PTX in {bytes.Length:N0}, "
    + $"{watch.Elapsed.TotalSeconds:F0} s");
return failures.Count == 0 ? 0 : 1;

bool Compare(PtxBundle? committed, PtxBundle fresh)
{
    if (committed is null)
    {
        Console.Error.WriteLine($"ptx: {file} is not there; make it: dotnet run build.cs -- ptx");
        return false;
    }
    string[] missing = [.. fresh.Modules.Keys.Except(committed.Modules.Keys)], left = [.. committed.Modules.Keys.Except(fresh.Modules.Keys)];
    string[] changed = [.. fresh.Modules.Keys.Intersect(committed.Modules.Keys).Where(h => fresh.Modules[h] != committed.Modules[h])];
    foreach (string hash in missing) Console.Error.WriteLine($"not in the bundle: {fresh.Modules[hash].Kernels} ({hash})");
    foreach (string hash in left) Console.Error.WriteLine($"in the bundle, asked for by nobody: {committed.Modules[hash].Kernels} ({hash})");
    foreach (string hash in changed) Console.Error.WriteLine($"compiled otherwise now: {fresh.Modules[hash].Kernels} ({hash})");
    bool same = missing.Length + left.Length + changed.Length == 0 && committed.Base == fresh.Base;
    Console.WriteLine(same ? $"ptx: the bundle is up to date, {fresh.Modules.Count} modules, {watch.Elapsed.TotalSeconds:F0} s"
        : "ptx: the bundle is not up to date; make it again and commit it: dotnet run build.cs -- ptx");
    return same;
}
