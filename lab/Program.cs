using Ballast.Lab;

return LabCommandLine.Run(args, Console.Out, Console.Error);
