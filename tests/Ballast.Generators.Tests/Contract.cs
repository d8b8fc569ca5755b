namespace Ballast.Generators.Tests;

/// <summary>The types of Ballast that the generators know by name, as small as they can be.</summary>
internal static class Contract
{
    public const string Source = """
        using System;

        namespace Ballast
        {
            public sealed class Tensor;
            public abstract class Variable;
            public class Parameter : Variable;
            public class Buffer : Variable;
            public sealed class RunningStat : Buffer;
            public interface IStateVisitor
            {
                void Variable(string name, Variable? value);
                void Child(string name, Module? value);
                void Scratch(string member, Tensor? value);
            }
            public abstract class StateMap
            {
                public void Variable<T>(string name, ref T member) where T : Variable? { _ = (name, member); }
                public void Child<T>(string name, ref T member) where T : Module? { _ = (name, member); }
                public void Scratch(string name, ref Tensor? member) { _ = (name, member); }
                public void Reference<T>(string name, ref T member) where T : class? { _ = (name, member); }
            }
            public sealed class StateMigration { public int Version => 1; }
            public abstract class Module
            {
                public abstract void VisitState(IStateVisitor visitor);
                public virtual void MapState(StateMap map) => throw new NotSupportedException();
                public virtual int StateVersion => 1;
                public virtual void MigrateState(StateMigration migration) { }
            }
            public interface IForward<in TIn, out TOut> { TOut Forward(TIn x); }

            [AttributeUsage(AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Parameter)]
            public sealed class ScratchAttribute(string reason) : Attribute { public string Reason => reason; }

            [AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
            public sealed class StateNameAttribute(string name) : Attribute { public string Name => name; }

            [AttributeUsage(AttributeTargets.Class, Inherited = false)]
            public sealed class StateVersionAttribute(int version) : Attribute { public int Version => version; }

            [AttributeUsage(AttributeTargets.Method)]
            public sealed class MigratesFromAttribute(int version) : Attribute { public int Version => version; }

            public sealed class Device;
            public interface IKernel<TOp>;
            public static class KernelTable<TOp>
            {
                public static void Register(Device device, IKernel<TOp> kernel) { _ = (device, kernel); }
            }
        }

        namespace Ballast.Ops
        {
            public sealed class Softmax;
            public sealed class Add;
            public sealed class Sum;
            public sealed class Reduce<TReducer>;
        }
        """;
}
