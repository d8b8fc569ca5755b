namespace Ballast.Cli.Inspection;

/// <summary>Turns dotted names into the lines of a tree.</summary>
internal static class StateTree
{
    /// <summary>The lines, depth first, children in order of first appearance.</summary>
    public static IReadOnlyList<Line> Draw(IReadOnlyList<TensorReport> tensors)
    {
        var root = new Node("");
        foreach (TensorReport tensor in tensors)
        {
            Node node = root;
            foreach (string part in tensor.Name.Split('.')) node = node.Child(part);
            node.Tensor = tensor;
        }
        var lines = new List<Line>();
        // Names come from a file: a stack of our own, because a name of a million dots must not exhaust the thread's.
        var open = new Stack<(Node Node, string Guide, string Below)>();
        Push(open, root, "", isTop: true);
        while (open.TryPop(out (Node Node, string Guide, string Below) next))
        {
            lines.Add(new Line(next.Guide, next.Node.Name, next.Node.Tensor));
            Push(open, next.Node, next.Below, isTop: false);
        }
        return lines;
    }

    private static void Push(Stack<(Node, string, string)> open, Node node, string indent, bool isTop)
    {
        const int deepest = 64;
        bool isDeep = indent.Length > deepest * 3;
        for (int i = node.Children.Count - 1; i >= 0; i--)
        {
            bool isLast = i == node.Children.Count - 1;
            string guide = isTop || isDeep ? indent : indent + (isLast ? "└─ " : "├─ ");
            string below = isTop || isDeep ? indent : indent + (isLast ? "   " : "│  ");
            open.Push((node.Children.GetAt(i).Value, guide, below));
        }
    }

    /// <summary>One line.</summary>
    /// <param name="Guide">The branches before the name.</param>
    /// <param name="Name">The last part of the path.</param>
    /// <param name="Tensor">The tensor of that path; null for a module.</param>
    public sealed record Line(string Guide, string Name, TensorReport? Tensor);

    private sealed class Node(string name)
    {
        public string Name => name;

        public TensorReport? Tensor { get; set; }

        public OrderedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public Node Child(string part)
        {
            if (!Children.TryGetValue(part, out Node? child)) Children.Add(part, child = new Node(part));
            return child;
        }
    }
}
