using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ballast.Api;

/// <summary>The public surface of an assembly as text: a line for each type, below it one for each member, sorted.</summary>
internal static class ApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext _nullability = new();

    public static IEnumerable<string> Of(Assembly assembly)
    {
        IEnumerable<Type> types = assembly.GetExportedTypes().Where(t => !t.FullName!.Contains('<'));
        foreach (Type type in types.OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            yield return Header(type);
            foreach (string member in Members(type).Order(StringComparer.Ordinal)) yield return "  " + member;
        }
    }

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum"
            : type.IsSubclassOf(typeof(Delegate)) ? "delegate"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (Has<IsReadOnlyAttribute>(type) ? "readonly " : "") + (type.IsByRefLike ? "ref struct" : "struct")
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        IEnumerable<Type> bases = type.IsEnum ? [Enum.GetUnderlyingType(type)]
            : type.IsSubclassOf(typeof(Delegate)) ? []
            : (type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? new[] { b } : [])
                .Concat(type.GetInterfaces().Where(i => i.IsVisible).OrderBy(t => TypeText.Of(t), StringComparer.Ordinal));
        string list = string.Join(", ", bases.Select(t => TypeText.Of(t)));
        string name = $"{type.Namespace}.{TypeText.Of(type)}";
        return $"{kind} {name}{(list.Length > 0 ? " : " + list : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), null)}");
        }
        if (type.IsSubclassOf(typeof(Delegate))) return [Method(type.GetMethod("Invoke")!)];
        return type.GetConstructors(Declared).Where(Seen).Where(c => !c.IsStatic).Select(Constructor)
            .Concat(type.GetMethods(Declared).Where(Seen).Where(Written).Select(Method))
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(true).Any(Seen)).Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => Seen(e.AddMethod!))
                .Select(e => $"event {TypeText.Of(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(Field));
    }

    private static bool Seen(MethodBase method) => method.IsPublic
        || ((method.IsFamily || method.IsFamilyOrAssembly) && method.DeclaringType is { IsSealed: false });

    // Accessors come with their properties; what the compiler writes for a record follows from its header.
    private static bool Written(MethodInfo method) => !method.Name.Contains('<')
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !Has<CompilerGeneratedAttribute>(method);

    private static string Constructor(ConstructorInfo constructor) =>
        $"{Access(constructor)}{constructor.DeclaringType!.Name.Split('`')[0]}({Parameters(constructor)})";

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        string extends = Has<ExtensionAttribute>(method) ? "this " : "";
        string signature = $"{method.Name}{generic}({extends}{Parameters(method)}){Constraints(method.GetGenericArguments())}";
        return $"{Access(method)}{Modifiers(method)}{Result(method.ReturnParameter)} {signature}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo first = property.GetAccessors(true).First(Seen);
        string index = property.GetIndexParameters() is { Length: > 0 } p ? $"[{string.Join(", ", p.Select(Parameter))}]" : "";
        string set = property.SetMethod is { } s && Seen(s)
            ? s.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : $" {Access(s)}set;" : "";
        string get = property.GetMethod is { } g && Seen(g) ? " get;" : "";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string type = TypeText.Of(property.PropertyType, _nullability.Create(property));
        return $"{Access(first)}{Modifiers(first)}{required}{type} {(index.Length > 0 ? "this" + index : property.Name)} {{{get}{set} }}";
    }

    private static string Field(FieldInfo field)
    {
        string modifiers = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? " = " + TypeText.Value(field.GetRawConstantValue(), field.FieldType) : "";
        string type = TypeText.Of(field.FieldType, _nullability.Create(field));
        return $"{(field.IsPublic ? "" : "protected ")}{modifiers}{type} {field.Name}{value}";
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodBase method)
    {
        bool inInterface = method.DeclaringType!.IsInterface;
        string own = method.IsStatic ? "static " : "";
        if (method.IsAbstract) return own + (inInterface && !method.IsStatic ? "" : "abstract ");
        if (!method.IsVirtual || method.IsFinal) return own;
        return own + (((MethodInfo)method).GetBaseDefinition() != method ? "override " : "virtual ");
    }

    private static string Result(ParameterInfo result) =>
        (!result.ParameterType.IsByRef ? "" : Has<IsReadOnlyAttribute>(result) ? "ref readonly " : "ref ") + TypeOf(result);

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        string mode = Has<ParamArrayAttribute>(parameter) || Has<ParamCollectionAttribute>(parameter) ? "params "
            : !type.IsByRef ? ""
            : parameter.IsOut ? "out "
            : Has<IsReadOnlyAttribute>(parameter) ? "in "
            : Has<RequiresLocationAttribute>(parameter) ? "ref readonly " : "ref ";
        string value = parameter.HasDefaultValue ? " = " + TypeText.Value(parameter.RawDefaultValue, type) : "";
        return $"{mode}{TypeOf(parameter)} {parameter.Name}{value}";
    }

    private static string TypeOf(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        return TypeText.Of(type.IsByRef ? type.GetElementType()! : type, _nullability.Create(parameter));
    }

    private static string Constraints(Type[] parameters)
    {
        string text = "";
        foreach (Type parameter in parameters.Where(p => p.IsGenericParameter))
        {
            GenericParameterAttributes flags = parameter.GenericParameterAttributes;
            bool isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            List<string> list = [];
            bool unmanaged = parameter.CustomAttributes.Any(a => a.AttributeType.Name == "IsUnmanagedAttribute");
            if (isStruct) list.Add(unmanaged ? "unmanaged" : "struct");
            if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) list.Add("class");
            list.AddRange(parameter.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(c => TypeText.Of(c))
                .Order(StringComparer.Ordinal));
            if (!isStruct && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint)) list.Add("new()");
            if (flags.HasFlag(GenericParameterAttributes.AllowByRefLike)) list.Add("allows ref struct");
            if (list.Count > 0) text += $" where {parameter.Name} : {string.Join(", ", list)}";
        }
        return text;
    }

    private static bool Has<T>(ICustomAttributeProvider provider) where T : Attribute => provider.IsDefined(typeof(T), false);
}
