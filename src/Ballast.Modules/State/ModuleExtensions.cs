namespace Ballast;

/// <summary>Calls that give the module back, in its own type, for chaining.</summary>
public static class ModuleExtensions
{
    extension<TModule>(TModule module) where TModule : Module
    {
        /// <summary>Moves all parameters and buffers, and gradients, to a device. Handles, ties, views and optimizers stay valid; a
        /// failure changes nothing.</summary>
        /// <param name="device">Where to.</param>
        /// <param name="options">For models that do not fit twice; all or nothing if left out.</param>
        /// <exception cref="MetaTensorException">A value on meta has no data to move; use ToEmpty, Materialize or Load.</exception>
        /// <exception cref="DeviceOutOfMemoryException">There is no memory for all of it; nothing was moved.</exception>
        public TModule To(Device device, MoveOptions? options = null)
        {
            StateMover.Move(module, device, null, options ?? MoveOptions.Default);
            return module;
        }

        /// <summary>Casts all floating parameters and buffers, except those that keep their dtype; integers and bools stay. A failure
        /// changes nothing.</summary>
        /// <param name="dtype">The floating dtype.</param>
        /// <param name="options">To cast also what keeps its dtype, or for models that do not fit twice.</param>
        /// <exception cref="DTypeException">The dtype is not floating, or views of one memory would get two dtypes.</exception>
        public TModule To(DType dtype, MoveOptions? options = null)
        {
            StateMover.Move(module, null, dtype, options ?? MoveOptions.Default);
            return module;
        }

        /// <summary>Moves and casts in one step.</summary>
        /// <param name="device">Where to.</param>
        /// <param name="dtype">The floating dtype.</param>
        /// <param name="options">To cast also what keeps its dtype, or for models that do not fit twice.</param>
        /// <exception cref="MetaTensorException">A value on meta has no data to move; use ToEmpty, Materialize or Load.</exception>
        /// <exception cref="DTypeException">The dtype is not floating, or views of one memory would get two dtypes.</exception>
        public TModule To(Device device, DType dtype, MoveOptions? options = null)
        {
            StateMover.Move(module, device, dtype, options ?? MoveOptions.Default);
            return module;
        }

        /// <summary>Gives what is on meta memory of undefined contents on a device; what has data moves with it; derived buffers are
        /// computed there.</summary>
        public TModule ToEmpty(Device device)
        {
            StateMover.MoveEmpty(module, device);
            return module;
        }

        /// <summary>Gives what is on meta memory on a device and the values it would have had if the module had been built there; what
        /// has data moves with it.</summary>
        /// <remarks>
        /// Each module that holds such state must be <see cref="IResettable"/>: it draws its values again, children before parents, so
        /// that one
        /// seed gives the weights of a module that was built with data.
        /// </remarks>
        /// <exception cref="MetaTensorException">A module with state on meta cannot draw it again; nothing was changed.</exception>
        public TModule Materialize(Device device)
        {
            Materializer.Run(module, device);
            return module;
        }

        /// <summary>A deep copy: handles and tensors of its own, ties and views among them as in the original, gradients dropped.</summary>
        /// <remarks>
        /// State that the original shares with modules outside its tree is copied, not shared. Members that hold no state (sizes,
        /// generators, recipes) refer to the same objects; a class that must copy one overrides <c>OnCloned</c>.
        /// </remarks>
        /// <exception cref="NotSupportedException">A module in the tree writes its walk by hand and has no MapState.</exception>
        public TModule Clone() => (TModule)CloneMap.Run(module);

        /// <summary>Sets training mode for the whole tree.</summary>
        public TModule Train(bool training = true)
        {
            module.SetTraining(training);
            return module;
        }

        /// <summary>Sets evaluation mode for the whole tree.</summary>
        public TModule Eval()
        {
            module.SetTraining(false);
            return module;
        }

        /// <summary>Freezes the parameters that a filter takes: no gradient is computed for them and optimizers leave them alone.</summary>
        /// <param name="filter">Which parameters; all if left out.</param>
        public TModule Freeze(StateFilter? filter = null)
        {
            module.RequiresGrad(false, filter);
            return module;
        }

        /// <summary>Lets the parameters that a filter takes be trained again.</summary>
        /// <param name="filter">Which parameters; all if left out.</param>
        public TModule Unfreeze(StateFilter? filter = null)
        {
            module.RequiresGrad(true, filter);
            return module;
        }
    }
}
