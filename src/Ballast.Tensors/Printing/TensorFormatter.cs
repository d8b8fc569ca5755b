using System.Globalization;
using System.Text;

namespace Ballast;

/// <summary>Prints a tensor as PyTorch does: aligned, wrapped, summarised, with what is not default about it at the end.</summary>
/// <remarks>Differences in the suffixes only: <c>dtype=float64</c>, <c>device=meta</c>, <c>requires_grad</c> and <c>grad_fn=&lt;Add&gt;</c>
/// for PyTorch's <c>dtype=torch.float64</c>, <c>device='meta'</c>, <c>requires_grad=True</c> and
/// <c>grad_fn=&lt;AddBackward0&gt;</c>.</remarks>
internal static class TensorFormatter
{
    private const string Prefix = "tensor(";

    /// <summary>The text of a tensor; reads only the elements that are shown.</summary>
    /// <typeparam name="TReader">Gives elements by row-major index.</typeparam>
    internal static string Format<TReader>(ReadOnlySpan<int> shape, in TensorTraits traits, TReader reader, PrintOptions? options = null)
        where TReader : IElementReader
    {
        options ??= PrintOptions.Default;
        long elements = 1;
        foreach (int length in shape) elements *= length;

        List<string> suffixes = [];
        if (traits.Device is not null) suffixes.Add("device=" + traits.Device);
        StringBuilder text = new(Prefix);
        if (!traits.HasData || elements == 0)
        {
            if (!traits.HasData || shape.Length != 1) suffixes.Add("size=" + SizeText(shape));
            if (traits.DType != "float32") suffixes.Add("dtype=" + traits.DType); // no values to tell int64 or bool from
            text.Append(traits.HasData ? "[]" : "...");
        }
        else
        {
            if (traits.DType is not ("float32" or "int64" or "bool")) suffixes.Add("dtype=" + traits.DType);
            new Layouter<TReader>(shape, traits.Kind, reader, options, elements > options.Threshold, text).Write();
        }

        if (traits.Gradient is not null) suffixes.Add($"grad_fn=<{traits.Gradient}>");
        else if (traits.RequiresGrad) suffixes.Add("requires_grad");
        AppendSuffixes(text, suffixes, options.LineWidth);
        return text.ToString();
    }

    // As Python writes a tuple, the comma of a single axis included.
    private static string SizeText(ReadOnlySpan<int> shape)
    {
        StringBuilder text = new("(");
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (axis > 0) text.Append(", ");
            text.Append(CultureInfo.InvariantCulture, $"{shape[axis]}");
        }

        return text.Append(shape.Length == 1 ? ",)" : ")").ToString();
    }

    // PyTorch counts the last line two columns too long; the line breaks follow it.
    private static void AppendSuffixes(StringBuilder text, List<string> suffixes, int lineWidth)
    {
        int lineStart = text.Length;
        while (lineStart > 0 && text[lineStart - 1] != '\n') lineStart--;
        int column = text.Length - lineStart + 2;
        foreach (string suffix in suffixes)
        {
            if (column + suffix.Length + 2 > lineWidth)
            {
                text.Append(",\n").Append(' ', Prefix.Length).Append(suffix);
                column = Prefix.Length + suffix.Length;
            }
            else
            {
                text.Append(", ").Append(suffix);
                column += suffix.Length + 2;
            }
        }

        text.Append(')');
    }

    /// <summary>Walks the shown part of a tensor: twice to choose a style, once to write.</summary>
    private ref struct Layouter<TReader> where TReader : IElementReader
    {
        private readonly ReadOnlySpan<int> _shape;
        private readonly ElementKind _kind;
        private readonly TReader _reader;
        private readonly PrintOptions _options;
        private readonly bool _summarise;
        private readonly StringBuilder _text;
        private ElementFormat _format;

        internal Layouter(ReadOnlySpan<int> shape, ElementKind kind, TReader reader, PrintOptions options, bool summarise,
            StringBuilder text)
        {
            _shape = shape;
            _kind = kind;
            _reader = reader;
            _options = options;
            _summarise = summarise;
            _text = text;
            _format = new ElementFormat(kind, options);
        }

        internal void Write()
        {
            if (_kind == ElementKind.Real)
            {
                Visit(0, 0, measure: false);
                _format.Choose();
            }

            Visit(0, 0, measure: true);
            Append(0, 0);
        }

        // Entries kept at each end of an axis, or -1 for all of it.
        private readonly int Kept(int length) => _summarise && length > 2L * _options.EdgeItems ? _options.EdgeItems : -1;

        private void Visit(int axis, long index, bool measure)
        {
            if (axis == _shape.Length)
            {
                if (_kind != ElementKind.Real) _format.Measure(_reader.Integer(index));
                else if (measure) _format.Measure(_reader.Real(index));
                else _format.Collect(_reader.Real(index));
                return;
            }

            int length = _shape[axis], kept = Kept(length);
            for (int i = 0; i < length; i++)
            {
                if (i == kept) i = length - kept;
                if (i < length) Visit(axis + 1, index * length + i, measure);
            }
        }

        private readonly void Append(int axis, long index)
        {
            if (axis == _shape.Length)
            {
                AppendElement(index);
                return;
            }

            int length = _shape[axis], kept = Kept(length), indent = Prefix.Length + axis;
            bool innermost = axis == _shape.Length - 1;
            int perLine = innermost ? Math.Max(1, (_options.LineWidth - indent) / (_format.Width + 2)) : 1;
            _text.Append('[');
            int shown = 0;
            for (int i = 0; i < length; i++, shown++)
            {
                if (shown > 0) Separate(axis, innermost && shown % perLine != 0);
                if (i == kept)
                {
                    // Inside a row the dots carry a space of their own, except where they are all there is.
                    _text.Append(innermost && kept > 0 ? " ..." : "...");
                    i = length - kept - 1;
                    continue;
                }

                if (innermost) AppendElement(index * length + i);
                else Append(axis + 1, index * length + i);
            }

            _text.Append(']');
        }

        private readonly void Separate(int axis, bool sameLine)
        {
            if (sameLine) _text.Append(", ");
            else _text.Append(',').Append('\n', Math.Max(1, _shape.Length - axis - 1)).Append(' ', Prefix.Length + axis + 1);
        }

        private readonly void AppendElement(long index)
        {
            string element = _kind == ElementKind.Real ? _format.Text(_reader.Real(index)) : _format.Text(_reader.Integer(index));
            _text.Append(' ', Math.Max(0, _format.Width - element.Length)).Append(element);
        }
    }
}
