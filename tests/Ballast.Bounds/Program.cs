using Ballast.Bounds;

// What a fixed training step and a decoded token take, counted and not timed. 'check' compares with the committed bounds, 'renew' writes them;
// 'run', 'judge' and 'note' are for tools/instructions.sh.
return BoundsCommand.Run(args, Console.Out, Console.Error);
