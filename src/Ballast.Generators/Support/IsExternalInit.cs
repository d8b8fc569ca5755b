namespace System.Runtime.CompilerServices;

/// <summary>Lets <c>init</c> accessors and positional records compile for netstandard2.0.</summary>
internal static class IsExternalInit;
