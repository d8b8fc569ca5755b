using System.Text.Json.Serialization;

namespace Ballast.Cli.Training;

/// <summary>How a run ended; the JSON of <c>train --json</c>. Losses are in nats per character.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TrainLoss">Of the last step.</param>
/// <param name="ValidationLoss">Of the model as it is.</param>
/// <param name="AveragedValidationLoss">Of the averaged weights, when they are kept.</param>
/// <param name="UnigramCrossEntropy">Of the validation part.</param>
/// <param name="BigramCrossEntropy">Of the validation part.</param>
/// <param name="ValidationCharacters">Characters that the validation loss is a mean of.</param>
/// <param name="Parameters">Elements of all parameters.</param>
/// <param name="Seconds">Time that the steps of this command took, saving and validating on the way included.</param>
/// <param name="CharactersPerSecond">Trained in that time.</param>
/// <param name="TrainLosses">Of every step of the run.</param>
internal sealed record TrainResult(
    string Folder, int Step, float? TrainLoss, double ValidationLoss, double? AveragedValidationLoss, double UnigramCrossEntropy,
    double BigramCrossEntropy, long ValidationCharacters, long Parameters, double Seconds, double CharactersPerSecond,
    IReadOnlyList<float> TrainLosses);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(TrainResult))]
internal sealed partial class TrainJson : JsonSerializerContext;
