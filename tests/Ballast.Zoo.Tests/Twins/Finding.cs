namespace Zoo.Tests.Twins;

/// <summary>What a rule reports.</summary>
/// <param name="Id">The rule.</param>
/// <param name="File">The file.</param>
/// <param name="Text">The reported text.</param>
/// <param name="Line">The line on which it starts, without blanks at both ends.</param>
internal sealed record Finding(string Id, string File, string Text, string Line);
