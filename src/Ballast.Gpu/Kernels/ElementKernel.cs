using System.Text;

namespace Ballast.Gpu;

/// <summary>
/// A kernel that treats the elements of strided operands one by one. The body reads and writes <c>p0[a0]</c>, <c>p1[a1]</c>, …;
/// the last operand is the output and gives the shape.
/// </summary>
/// <param name="name">The op's name, for errors and profiles.</param>
/// <param name="types">The type of each operand's elements in memory.</param>
/// <param name="head">Definitions before the kernel.</param>
/// <param name="body">Statements for one element.</param>
/// <param name="parameters">Further parameters, such as <c>T c0</c>.</param>
internal sealed class ElementKernel(string name, string[] types, string head, string body, params string[] parameters)
{
    /// <summary>Queues the kernel.</summary>
    public void Run(ReadOnlySpan<Tensor> operands, params ReadOnlySpan<Arg> more)
    {
        Tensor output = operands[^1];
        if (output.Elements == 0) return;
        GpuRuntime runtime = GpuRuntime.Of(output);
        var plan = new StridedPlan(name, output.Shape, operands);
        GpuKernel kernel = runtime.ElementKernel(this, plan.Variant);
        var args = new Arg[2 + 3 * operands.Length + more.Length];
        args[0] = plan.Count;
        args[1] = Arg.Vector(plan.Dims);
        for (int k = 0; k < operands.Length; k++)
        {
            args[2 + 3 * k] = operands[k];
            args[3 + 3 * k] = operands[k].Layout.Offset;
            args[4 + 3 * k] = Arg.Vector(plan.Strides[k]);
        }
        more.CopyTo(args.AsSpan(2 + 3 * operands.Length));
        runtime.Launch(kernel, Grid.Elements(plan.Count), args);
    }

    internal GpuKernel Build(GpuRuntime runtime, int variant) =>
        runtime.Kernel(Text(StridedPlan.RankOf(variant)), KernelName);

    private string KernelName => "k_" + name;

    private string Text(int rank)
    {
        string vector = rank == 1 ? "i64" : $"long{rank}";
        var text = new StringBuilder(head);
        text.Append($"KERNEL({GpuRuntime.Group}) void {KernelName}(i64 n, {vector} d");
        for (int k = 0; k < types.Length; k++) text.Append($", GLOBAL {types[k]}* p{k}, i64 a{k}, {vector} s{k}");
        foreach (string parameter in parameters) text.Append(", ").Append(parameter);
        text.Append(") {\n  i64 i = GID(0);\n  if (i >= n) return;\n");
        if (rank == 1)
        {
            for (int k = 0; k < types.Length; k++) text.Append($"  a{k} += i * s{k};\n");
        }
        else
        {
            string index = rank == 8 ? "u64" : "uint"; // the plan gives more than 2^32 elements rank 8
            text.Append($"  {index} r = ({index})i;\n");
            for (int axis = rank - 1; axis >= 0; axis--)
            {
                text.Append(axis > 0 ? $"  {{ {index} l = ({index})d.s{axis}; i64 x = (i64)(r % l); r /= l;" : "  { i64 x = (i64)r;");
                for (int k = 0; k < types.Length; k++) text.Append($" a{k} += x * s{k}.s{axis};");
                text.Append(" }\n");
            }
        }
        return text.Append(body).Append("}\n").ToString();
    }
}
