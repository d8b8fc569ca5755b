using System.Text;
using Ballast.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return BallastCommandLine.Run(args, Console.Out, Console.Error);
