using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Module = Ballast.Module;

namespace Zoo.Tests;

/// <summary>
/// What reflection finds from a module on: every tensor in a field of any object it can reach, in arrays, collections, closures, lazy
/// values, events, weak tables, and in statics of the classes met on the way; also what a property without storage gives, if it is a module
/// or a handle. Whatever is marked <c>[Scratch]</c> is left out.
/// </summary>
internal sealed class Audit
{
    private const BindingFlags OfObjects =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private const BindingFlags OfType = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Dictionary<object, string> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Type> _types = [];
    private readonly Queue<object> _next = [];
    private readonly List<(string Path, Tensor Tensor)> _tensors = [];
    private readonly Assembly _code;

    private Audit(Module module)
    {
        _code = module.GetType().Assembly;
        Meet(module, module.GetType().Name);
        while (_next.TryDequeue(out object? met)) Look(met, _seen[met]);
    }

    /// <summary>The tensors that are not on a device, with the way to each.</summary>
    public static string[] Elsewhere(Module module, Device device) =>
        [.. new Audit(module)._tensors.Where(t => !ReferenceEquals(t.Tensor.Device, device)).Select(t => $"{t.Path} on {t.Tensor.Device}")];

    /// <summary>How many tensors can be reached.</summary>
    public static int Count(Module module) => new Audit(module)._tensors.Count;

    public static void AssertMoved(Module module, Device device) => Assert.Empty(Elsewhere(module, device));

    private void Meet(object? value, string path)
    {
        if (value is null or string or Pointer or Type or MemberInfo or Assembly or Device or Generator) return;
        Type type = value.GetType();
        if (type.IsPrimitive || type.IsEnum) return;
        // Each copy of a struct is one of its own, but holds what it holds.
        if (type.IsValueType) Look(value, path);
        else if (_seen.TryAdd(value, path)) _next.Enqueue(value);
    }

    private void Look(object value, string path)
    {
        switch (value)
        {
            case Tensor tensor:
                _tensors.Add((path, tensor));
                if (tensor.Grad is { } grad) Meet(grad, path + ".Grad");
                return;
            case Array array:
                if (array.GetType().GetElementType() is { IsPrimitive: true } or { IsPointer: true }) return;
                int i = 0;
                foreach (object? element in array) Meet(element, $"{path}[{i++}]");
                return;
            case Delegate many:
                foreach (Delegate one in many.GetInvocationList()) Meet(one.Target, path + "()");
                return;
        }
        Type type = value.GetType();
        if (type.IsGenericType && Target(value, type) is { } target) Meet(target, path + ".Target");
        if (value is Module) Properties(type, value, path);
        for (Type? t = type; t is not null && t != typeof(object) && t != typeof(ValueType); t = t.BaseType)
        {
            Fields(t, value, path);
            Statics(t);
        }
    }

    /// <summary>What a weak or ambient reference leads to: no field shows it.</summary>
    private static object? Target(object value, Type type)
    {
        Type generic = type.GetGenericTypeDefinition();
        if (generic == typeof(ConditionalWeakTable<,>)) return ((IEnumerable)value).Cast<object>().ToArray();
        if (generic == typeof(AsyncLocal<>)) return type.GetProperty("Value")!.GetValue(value);
        if (generic != typeof(WeakReference<>)) return null;
        object?[] found = [null];
        return type.GetMethod("TryGetTarget")!.Invoke(value, found) is true ? found[0] : null;
    }

    private void Fields(Type type, object value, string path)
    {
        foreach (FieldInfo field in type.GetFields(OfObjects))
            if (!field.FieldType.IsPointer && !IsScratch(field)) Meet(field.GetValue(value), $"{path}.{Name(field)}");
    }

    /// <summary>What the getters of a module's own class give.</summary>
    private void Properties(Type type, object module, string path)
    {
        if (type.Assembly != _code) return;
        foreach (PropertyInfo property in type.GetProperties(OfObjects))
        {
            bool state = property.PropertyType.IsAssignableTo(typeof(Module)) || property.PropertyType.IsAssignableTo(typeof(Variable));
            if (state && property.GetIndexParameters().Length == 0) Meet(property.GetValue(module), $"{path}.{property.Name}");
        }
    }

    /// <summary>Statics of the modules' own classes and of the types inside them.</summary>
    private void Statics(Type type)
    {
        if (type.Assembly != _code || type.ContainsGenericParameters || !_types.Add(type)) return;
        foreach (FieldInfo field in type.GetFields(OfType))
            if (!field.IsLiteral && !field.FieldType.IsPointer && !IsScratch(field))
                Meet(field.GetValue(null), $"{type.Name}.{Name(field)}");
        foreach (Type inner in type.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)) Statics(inner);
    }

    private static bool IsScratch(FieldInfo field)
    {
        if (field.IsDefined(typeof(ScratchAttribute), false)) return true;
        string name = Name(field);
        if (!field.Name.StartsWith('<')) return false;
        if (field.DeclaringType!.GetProperty(name, OfObjects | OfType)?.IsDefined(typeof(ScratchAttribute), false) == true) return true;
        // <name>P is the field of a captured primary-constructor parameter.
        return field.Name.EndsWith(">P", StringComparison.Ordinal) && field.DeclaringType.GetConstructors(OfObjects | OfType)
            .SelectMany(c => c.GetParameters()).Any(p => p.Name == name && p.IsDefined(typeof(ScratchAttribute), false));
    }

    private static string Name(FieldInfo field) =>
        field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
}
