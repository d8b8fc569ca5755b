using Ballast.Tests.Conformance.State;

namespace Ballast.Tests.Modules;

/// <summary>What must hold for every module tree, whatever it is built of.</summary>
public sealed class RandomTreeTests
{
    private const int Trees = 10_000;

    [Fact]
    public void Casts_copies_and_loads_keep_ties_views_and_values_of_ten_thousand_trees()
    {
        int withMeta = 0, withTies = 0, withViews = 0;
        for (int seed = 0; seed < Trees; seed++)
        {
            var tree = new RandomTree(seed);
            try
            {
                (bool tied, bool viewed) = tree.HasMeta ? CheckMeta(tree.Root) : Check(tree.Root);
                if (tree.HasMeta) withMeta++;
                if (tied) withTies++;
                if (viewed) withViews++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}\n{tree.Root}", e);
            }
        }
        Assert.True(withMeta > 100 && withTies > 1000 && withViews > 300, $"{withMeta}, {withTies}, {withViews}");
    }

    [Fact]
    public void Trees_come_back_from_files()
    {
        using var folder = new TemporaryFolder();
        string path = System.IO.Path.Combine(folder.Path, "tree.safetensors");
        for (int seed = 0; seed < 300; seed++)
        {
            var tree = new RandomTree(seed);
            if (tree.HasMeta) continue;
            Module copy = tree.Root.Clone();
            Scramble(copy);
            tree.Root.Save(path);
            copy.Load(path);
            StateDiff diff = StateDiff.Between(tree.Root.View(), copy.View());
            Assert.True(diff.IsEmpty, $"seed {seed}: {diff}");
        }
    }

    private static (bool Tied, bool Viewed) Check(Module root)
    {
        Facts before = Facts.Of(root);
        root.To(DType.Float64);
        Assert.All(root.Parameters(), p => Assert.Equal(DType.Float64, p.DType));
        root.To(DType.Float32, new MoveOptions { Streaming = true });
        before.CheckSame(Facts.Of(root), sameHandles: true);

        Module copy = root.Clone();
        before.CheckSame(Facts.Of(copy), sameHandles: false);
        Assert.DoesNotContain(Facts.Of(copy).Storages, before.Storages.Contains);

        StateDict snapshot = root.Snapshot();
        Scramble(root);
        root.Load(snapshot);
        Assert.True(StateDiff.Between(root.View(), copy.View()).IsEmpty);
        Assert.True(StateDiff.Between(snapshot, root.View()).IsEmpty);

        root.To(Device.Meta);
        root.ToEmpty(Device.Cpu);
        before.CheckSame(Facts.Of(root), sameHandles: true, values: false);
        root.Load(snapshot);
        Assert.True(StateDiff.Between(snapshot, root.View()).IsEmpty);
        return (before.IsTied, before.IsViewed);
    }

    private static (bool Tied, bool Viewed) CheckMeta(Module root)
    {
        Facts before = Facts.Of(root);
        Assert.Throws<MetaTensorException>(() => root.To(Device.Cpu, DType.Float64));
        before.CheckSame(Facts.Of(root), sameHandles: true);
        root.To(DType.Float64).To(DType.Float32);
        before.CheckSame(Facts.Of(root), sameHandles: true);
        before.CheckSame(Facts.Of(root.Clone()), sameHandles: false);
        root.ToEmpty(Device.Cpu);
        Assert.All(root.Parameters(), p => Assert.True(p.Device.IsCpu));
        return (before.IsTied, before.IsViewed);
    }

    private static void Scramble(Module root)
    {
        using (Autograd.NoGrad())
        {
            foreach (Parameter p in root.Parameters()) p.Value.FillInPlace(3);
            foreach (Buffer b in root.Buffers())
                if (b.Persistent) b.Value.FillInPlace(4);
        }
        foreach (WithExtra extra in root.Modules().OfType<WithExtra>()) extra.Words = "scrambled";
    }

    /// <summary>What may not change: paths, which of them are one handle, which handles share memory and how, and values.</summary>
    private sealed class Facts
    {
        private readonly List<string> _lines = [];
        private readonly List<string> _gradients = [];
        private readonly List<Variable> _handles = [];
        private readonly List<float[]> _values = [];

        public HashSet<Storage> Storages { get; } = [];

        public bool IsTied { get; private set; }

        public bool IsViewed { get; private set; }

        public static Facts Of(Module root)
        {
            var facts = new Facts();
            var handles = new List<Variable>();
            var storages = new List<Storage>();
            foreach (StateEntry entry in StateTree.Of(root).Entries)
            {
                string line = entry.Path;
                if (entry.Variable is { } handle)
                {
                    int first = handles.FindIndex(h => ReferenceEquals(h, handle));
                    if (first < 0) handles.Add(handle);
                    else facts.IsTied = true;
                    line += $" {handle.Kind} #{(first < 0 ? handles.Count - 1 : first)} {handle.Shape} {handle.DType}";
                    Tensor value = handle.Current;
                    if (handle is Parameter p)
                    {
                        line += $" trained {p.RequiresGrad}";
                        facts._gradients.Add(p.Grad is { } grad ? $"{entry.Path} {grad.Shape} {grad.DType} {grad.Device}" : entry.Path);
                    }
                    if (handle is not Ballast.Buffer { IsDerived: true } && first < 0)
                    {
                        int memory = storages.FindIndex(s => ReferenceEquals(s, value.Storage));
                        if (memory < 0) storages.Add(value.Storage);
                        else facts.IsViewed = true;
                        // A view whose base is outside the tree becomes dense when it moves; inside, its strides stay.
                        if (memory >= 0) line += $" memory {memory} strides {string.Join(",", value.Strides.ToArray())}";
                        facts.Storages.Add(value.Storage);
                    }
                    if (first < 0) facts._values.Add(value.Device.IsMeta ? [] : value.To(DType.Float32).ToArray<float>());
                }
                facts._lines.Add(line);
            }
            facts._handles.AddRange(handles);
            return facts;
        }

        public void CheckSame(Facts other, bool sameHandles, bool values = true)
        {
            Assert.Equal(_lines, other._lines);
            if (sameHandles) Assert.Equal(_gradients, other._gradients); // a copy has none
            for (int i = 0; i < _handles.Count; i++)
            {
                Assert.Equal(sameHandles, ReferenceEquals(_handles[i], other._handles[i]));
                if (values) Assert.Equal(_values[i], other._values[i]);
            }
        }
    }
}
