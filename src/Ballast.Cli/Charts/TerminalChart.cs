using System.Globalization;
using System.Text;

namespace Ballast.Cli.Charts;

/// <summary>What a cell of a terminal chart shows; a terminal with colours may tint by it.</summary>
public enum ChartInk
{
    /// <summary>Axis, labels, empty space.</summary>
    Frame,

    /// <summary>The smoothed training loss.</summary>
    Train,

    /// <summary>A validation loss.</summary>
    Validation,

    /// <summary>The unigram or bigram level.</summary>
    Baseline,
}

/// <summary>
/// Draws a loss curve in characters: braille dots (2 x 4 a cell) for the training loss, marks for validation, dashed lines for the text's
/// own entropies.
/// </summary>
public static class TerminalChart
{
    private const int AxisWidth = 6;
    private static readonly byte[] s_dots = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];

    /// <summary>The chart as plain lines.</summary>
    /// <param name="history">The losses; with no training step there is no line.</param>
    /// <param name="width">Cells across, axis included.</param>
    /// <param name="height">Cells down, without the axis below and the legend.</param>
    public static IReadOnlyList<string> Draw(LossHistory history, int width, int height) =>
        [.. DrawInk(history, width, height).Select(line => string.Concat(line.Select(run => run.Text)))];

    /// <summary>The chart as lines of runs of one ink each.</summary>
    public static IReadOnlyList<IReadOnlyList<(string Text, ChartInk Ink)>> DrawInk(LossHistory history, int width, int height)
    {
        double[] train = history.SmoothTrain();
        if (train.Length == 0) return [];
        int columns = Math.Max(10, width - AxisWidth - 1);
        double[] all = [.. train.Concat(history.Validation.Select(v => v.Loss)).Append(history.Bigram).Append(history.Unigram)
            .Where(double.IsFinite)];
        double low = all.Min(), high = all.Max();
        double margin = Math.Max(1e-3, (high - low) * 0.04);
        (low, high) = (low - margin, high + margin);
        var cells = new (char Sign, ChartInk Ink)[height, columns];
        int Row(double loss) => Math.Clamp((int)((high - loss) / (high - low) * height), 0, height - 1);
        int Column(double step) =>
            train.Length == 1 ? 0 : Math.Clamp((int)((step - 1) / (train.Length - 1) * (columns - 1)), 0, columns - 1);

        Level(cells, Row(history.Unigram), $" unigram {Number(history.Unigram)} ");
        Level(cells, Row(history.Bigram), $" bigram {Number(history.Bigram)} ");
        Curve(cells, train, high, low);
        foreach ((int step, double loss) in history.Validation)
        {
            if (double.IsFinite(loss)) cells[Row(loss), Column(step)] = ('●', ChartInk.Validation);
        }

        var lines = new List<IReadOnlyList<(string, ChartInk)>>();
        for (int row = 0; row < height; row++)
        {
            bool labelled = row % 4 == 0 || row == height - 1;
            double value = high - (row + 0.5) / height * (high - low);
            string axis = labelled ? Number(value).PadLeft(AxisWidth) + "┤" : new string(' ', AxisWidth) + "│";
            var line = new List<(string, ChartInk)> { (axis, ChartInk.Frame) };
            Runs(cells, row, columns, line);
            lines.Add(line);
        }
        string last = "step " + train.Length.ToString(CultureInfo.InvariantCulture);
        lines.Add([(new string(' ', AxisWidth) + "└" + new string('─', columns), ChartInk.Frame)]);
        lines.Add([(new string(' ', AxisWidth + 1) + "1" + last.PadLeft(columns - 1), ChartInk.Frame)]);
        lines.Add([(new string(' ', AxisWidth + 1), ChartInk.Frame), ("⠒⠒ training, smoothed", ChartInk.Train), ("   ", ChartInk.Frame),
            ("● validation", ChartInk.Validation), ("   nats per character", ChartInk.Frame)]);
        return lines;
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static void Level((char Sign, ChartInk Ink)[,] cells, int row, string label)
    {
        int columns = cells.GetLength(1);
        for (int column = 0; column < columns; column++)
        {
            int at = column - (columns - label.Length - 2);
            cells[row, column] = (at >= 0 && at < label.Length ? label[at] : '╌', ChartInk.Baseline);
        }
    }

    private static void Curve((char Sign, ChartInk Ink)[,] cells, double[] losses, double high, double low)
    {
        int dotRows = cells.GetLength(0) * 4, dotColumns = cells.GetLength(1) * 2;
        int previous = -1;
        for (int x = 0; x < dotColumns; x++)
        {
            double loss = losses[(int)((long)x * (losses.Length - 1) / Math.Max(1, dotColumns - 1))];
            if (!double.IsFinite(loss))
            {
                previous = -1;
                continue;
            }
            int y = Math.Clamp((int)((high - loss) / (high - low) * dotRows), 0, dotRows - 1);
            int start = previous < 0 ? y : previous + Math.Sign(y - previous);
            (int from, int to) = (Math.Min(y, start), Math.Max(y, start));
            for (int dot = from; dot <= to; dot++)
            {
                ref (char Sign, ChartInk Ink) cell = ref cells[dot / 4, x / 2];
                int pattern = cell.Ink == ChartInk.Train ? cell.Sign - '\u2800' : 0;
                cell = ((char)('\u2800' + (pattern | s_dots[x % 2 * 4 + dot % 4])), ChartInk.Train);
            }
            previous = y;
        }
    }

    private static void Runs((char Sign, ChartInk Ink)[,] cells, int row, int columns, List<(string, ChartInk)> line)
    {
        var text = new StringBuilder();
        ChartInk ink = cells[row, 0].Ink;
        for (int column = 0; column < columns; column++)
        {
            (char sign, ChartInk next) = cells[row, column];
            if (next != ink)
            {
                line.Add((text.ToString(), ink));
                text.Clear();
                ink = next;
            }
            text.Append(sign == 0 ? ' ' : sign);
        }
        line.Add((text.ToString(), ink));
    }
}
