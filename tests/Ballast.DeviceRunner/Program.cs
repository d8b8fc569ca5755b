using Ballast.DeviceRunner;

BallastRuntime.Start();
return RunnerCommandLine.Run(args, Console.Out, Console.Error);
