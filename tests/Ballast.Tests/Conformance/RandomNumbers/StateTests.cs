namespace Ballast.Tests.Conformance.RandomNumbers;

[Collection(DefaultGenerator.Name)]
public sealed class StateTests
{
    /// <summary>Seed 42, then rand(100), then randn(5): the position is odd and a normal is cached.</summary>
    private static Generator Used()
    {
        Generator generator = new(42);
        Draws.Uniform(generator, 100);
        Draws.Normal(generator, 5);
        return generator;
    }

    [Fact]
    public void C218_A_saved_state_resumes_exactly_cached_normal_included()
    {
        Generator generator = Used();
        GeneratorState state = generator.GetState();
        float[] normals = Draws.Normal(generator, 3), uniforms = Draws.Uniform(generator, 2000);
        generator.SetState(state);
        Assert.Equal(normals, Draws.Normal(generator, 3));
        Assert.Equal(uniforms, Draws.Uniform(generator, 2000));
        Assert.Equal(42ul, state.InitialSeed);
    }

    [Fact]
    public void C218_A_saved_state_does_not_move_with_the_generator()
    {
        Generator generator = Used();
        GeneratorState state = generator.GetState();
        byte[] before = state.ToBytes();
        Draws.Uniform(generator, 5000);
        Assert.Equal(before, state.ToBytes());
        Assert.NotEqual(state, generator.GetState());
    }

    [Fact]
    public void C218_The_bytes_are_PyTorchs_and_resume_in_another_generator()
    {
        byte[] bytes = Used().GetState().ToBytes();
        Assert.Equal(GeneratorState.SizeBytes, bytes.Length);
        Assert.Equal(0xf5fe146773ef8d76, Draws.Checksum(bytes));
        Assert.Equal(0xc57c69d96ae5fc25, Draws.Checksum(new Generator(0).GetState().ToBytes()));

        Generator other = new(1);
        other.SetState(GeneratorState.FromBytes(bytes));
        Draws.Near([0.019150810316205025f, 0.1051730141043663f, 0.960340142250061f, -0.5671805739402771f], Draws.Normal(other, 4));
        Assert.Equal(42ul, other.InitialSeed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(623)]
    [InlineData(624)]
    [InlineData(625)]
    [InlineData(1248)]
    public void States_at_every_kind_of_position_survive_serialisation(int draws)
    {
        Generator generator = new(8);
        for (int i = 0; i < draws; i++) generator.NextUInt32();
        GeneratorState state = generator.GetState(), read = GeneratorState.FromBytes(state.ToBytes());
        Assert.Equal(state, read);
        Assert.Equal(state.GetHashCode(), read.GetHashCode());
        Generator other = new();
        other.SetState(read);
        for (int i = 0; i < 1300; i++) Assert.Equal(generator.NextUInt32(), other.NextUInt32());
    }

    [Fact]
    public void C218_A_fork_continues_alone()
    {
        Generator generator = Used(), expected = Used();
        Generator fork = generator.Fork();
        Assert.Equal(Draws.Normal(expected, 20), Draws.Normal(fork, 20));
        Draws.Uniform(fork, 1000);
        Assert.Equal(Used().GetState(), generator.GetState());
    }

    [Fact]
    public void C218_A_fork_scope_leaves_the_stream_untouched_even_if_seeded_inside()
    {
        Generator generator = Used();
        GeneratorState before = generator.GetState();
        using (generator.ForkScope())
        {
            generator.Seed(7);
            Draws.Uniform(generator, 10);
        }

        Assert.Equal(before, generator.GetState());
        GeneratorScope scope = generator.ForkScope();
        scope.Dispose();
        Draws.Uniform(generator, 10);
        GeneratorState later = generator.GetState();
        scope.Dispose();
        Assert.Equal(later, generator.GetState());
    }

    [Fact]
    public void C218_Another_generator_leaves_the_default_untouched()
    {
        GeneratorState before = Generator.Default.GetState();
        Draws.Normal(new Generator(3), 50);
        Assert.Equal(before, Generator.Default.GetState());
    }

    [Fact]
    public void Bytes_that_are_no_state_are_refused_by_name()
    {
        byte[] good = Used().GetState().ToBytes();
        Refused(good.AsSpan(1).ToArray(), "5055 bytes");
        Refused(Changed(good, 8, 0), "position");
        Refused(Changed(good, 8, 200), "position");
        Refused(Changed(good, 12, 0), "seeded");
        Refused(Changed(good, 16, 1), "position");
        Refused(Changed(good, 23, 0x80), "position");
        Refused(Changed(good, 24 + 8 * 5 + 4, 1), "word 5 at byte 64");
        Refused(Changed(good, 5016 + 15, 0x7F, 0xF0), "cached normal");
        Refused(Changed(good, 5040, 2), "normal valid");
        Refused(Changed(good, 5052, 1), "float32 normal");
        byte[] zeros = (byte[])good.Clone();
        zeros.AsSpan(24, 8 * 624).Clear();
        Refused(zeros, "all 624 words");

        static void Refused(byte[] bytes, string part) =>
            Assert.Contains(part, Assert.Throws<FormatException>(() => GeneratorState.FromBytes(bytes)).Message);

        static byte[] Changed(byte[] bytes, int at, byte value, byte? before = null)
        {
            byte[] changed = (byte[])bytes.Clone();
            changed[at] = value;
            if (before is byte b) changed[at - 1] = b;
            return changed;
        }
    }

    [Fact]
    public void Fills_of_many_threads_are_never_interleaved()
    {
        Generator generator = new(11);
        float[][] parts = new float[8][];
        Parallel.For(0, 8, i => parts[i] = Draws.Uniform(generator, 5000));
        float[] whole = Draws.Uniform(new Generator(11), 40_000);
        bool[] seen = new bool[8];
        foreach (float[] part in parts)
        {
            int place = Enumerable.Range(0, 8).Single(i => whole.AsSpan(i * 5000, 5000).SequenceEqual(part));
            Assert.False(seen[place]);
            seen[place] = true;
        }
    }
}
