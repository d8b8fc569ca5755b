using System.Globalization;
using System.Reflection;

namespace Ballast.Api;

/// <summary>Types and constants as C# writes them, without namespaces.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> _keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>The type, with a question mark wherever a reference may be null.</summary>
    public static string Of(Type type, NullabilityInfo? info = null)
    {
        string mark = info is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "";
        if (System.Nullable.GetUnderlyingType(type) is { } value) return Of(value, info?.GenericTypeArguments.FirstOrDefault()) + "?";
        if (type.IsArray) return $"{Of(type.GetElementType()!, info?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        if (type.IsPointer) return Of(type.GetElementType()!) + "*";
        if (type.IsByRef) return Of(type.GetElementType()!);
        if (type.IsFunctionPointer) return "delegate*";
        if (_keywords.TryGetValue(type, out string? keyword)) return keyword + mark;
        if (type.IsGenericParameter) return type.Name + mark;
        Type[] own = type.GetGenericArguments();
        int outer = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        string name = type.Name.Split('`')[0];
        string prefix = type.DeclaringType is { } declaring
            ? Of(declaring.IsGenericTypeDefinition ? declaring.MakeGenericType(own[..outer]) : declaring) + "." : "";
        string arguments = string.Join(", ", own.Select((a, i) => Of(a, info?.GenericTypeArguments.ElementAtOrDefault(i))).Skip(outer));
        return prefix + name + (arguments.Length > 0 ? $"<{arguments}>" : "") + mark;
    }

    /// <summary>A constant.</summary>
    public static string Value(object? value, Type type)
    {
        Type plain = System.Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            null => type.IsValueType && plain == type ? "default" : "null",
            string s => $"\"{s}\"",
            bool b => b ? "true" : "false",
            char c => $"'{c}'",
            _ when plain.IsEnum => $"{Of(plain)}.{Enum.ToObject(plain, value)}",
            double.PositiveInfinity or float.PositiveInfinity => "∞",
            double.NegativeInfinity or float.NegativeInfinity => "-∞",
            IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
    }
}
