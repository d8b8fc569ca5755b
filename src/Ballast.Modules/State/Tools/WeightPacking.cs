namespace Ballast;

/// <summary>Products of a model that serves: their weights kept a second time, in the order in which the processor's kernels read them.
/// </summary>
/// <remarks>
/// A product of more than 12 rows (8 without 512-bit registers) copies its weight into strips of registers before it multiplies. That copy
/// is the same every time, so a packed weight keeps it: it is made by the first such product that records nothing (under
/// <see cref="Autograd.NoGrad"/>, and not in a backward pass), of the size of the weight and in its dtype, and read by the following ones.
/// Results are the same to the bit. Fewer rows, such as decoding one text, read the weight itself and keep nothing.
/// Whatever changes the weight (an optimizer's step, Load, Assign, an operation in place on it or on a view) drops the copy, and the next
/// product makes a new one; so does <c>To</c>. The copy's bytes are among <see cref="MemoryStats.LiveBytes"/> of the device. They go back
/// with the weight, with <c>UnpackWeights</c>, or when the device runs out of memory: then nothing is packed until <c>PackWeights</c> is
/// called again.
/// Only the CPU packs; on other devices the calls change nothing. Memory that others may write without this library's knowledge
/// (<see cref="Tensor.FromMemory"/>, <see cref="Tensor.FromPointer"/>) is never packed.
/// </remarks>
public static class WeightPacking
{
    extension<TModule>(TModule module) where TModule : Module
    {
        /// <summary>Lets products that record nothing keep packed copies of the parameters' matrices: faster for more than 12 rows, for up
        /// to as much memory again as those weights take.</summary>
        /// <remarks><code>
        /// Gpt model = checkpoint.Eval().PackWeights();
        /// using GptSession session = model.StartSession();
        /// </code>
        /// Holds for the handles, so for what they are moved, cast or loaded to later, and for clones made from now on.</remarks>
        /// <param name="filter">Which parameters; all if left out. Those that are not matrices are left alone.</param>
        public TModule PackWeights(StateFilter? filter = null)
        {
            Set(module, filter, true);
            return module;
        }

        /// <summary>Drops the packed copies and makes no more; their memory goes back to the allocator.</summary>
        /// <param name="filter">Which parameters; all if left out.</param>
        public TModule UnpackWeights(StateFilter? filter = null)
        {
            Set(module, filter, false);
            return module;
        }
    }

    extension(Module module)
    {
        /// <summary>Bytes that packed copies of the parameters take now.</summary>
        public long PackedBytes
        {
            get
            {
                var seen = new HashSet<Storage>(ReferenceEqualityComparer.Instance);
                long sum = 0;
                foreach (Parameter parameter in module.Parameters())
                    if (parameter.Held?.Storage is { } storage && seen.Add(storage)) sum += storage.Copies?.Bytes ?? 0;
                return sum;
            }
        }
    }

    private static void Set(Module module, StateFilter? filter, bool packed)
    {
        foreach ((_, Parameter parameter) in module.NamedParameters(filter ?? StateFilter.All))
            if (!packed || parameter.Rank == 2) parameter.IsPacked = packed;
    }
}
