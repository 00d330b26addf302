using System.Globalization;
using System.Text;
using Gantry.Errors;

namespace Gantry.Terminal.Progress;

/// <summary>
/// Shows a progress stream as docker does: on a terminal every id has a line that is rewritten in place, elsewhere every change of status is
/// a line and bars are left out.
/// </summary>
/// <param name="output">Where the text goes.</param>
/// <param name="terminalWidth">Columns; null where the output is no terminal.</param>
public sealed class JsonMessageDisplay(Action<string> output, int? terminalWidth)
{
    private const int WidthElsewhere = 200;

    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    private bool IsTerminal => terminalWidth is not null;

    /// <exception cref="GantryException">The message says that the operation failed.</exception>
    public void Show(ProgressMessage message)
    {
        var text = new StringBuilder();
        var up = 0;
        if (message.Id.Length > 0 && (message.Figures is not null || message.ProgressText.Length > 0))
        {
            if (!_lines.TryGetValue(message.Id, out var line))
            {
                line = _lines.Count;
                _lines[message.Id] = line;
                text.Append(IsTerminal ? "\n" : "");
            }

            up = _lines.Count - line;
            Move(text, up, 'A');
        }
        else
        {
            // What has no line of its own scrolls: the lines before it can't be reached any more.
            _lines.Clear();
        }

        if (message.Error is { } error)
        {
            output(text.ToString());
            throw new GantryException(message.ErrorCode == 401 ? ErrorKind.Unauthorized : ErrorKind.Internal, error);
        }

        AppendMessage(text, message);
        if (message.Id.Length > 0)
        {
            Move(text, up, 'B');
        }

        output(text.ToString());
    }

    private void AppendMessage(StringBuilder text, ProgressMessage message)
    {
        var bar = message.Figures is { } figures ? ProgressBar.Format(figures, terminalWidth ?? WidthElsewhere, DateTimeOffset.UtcNow) : "";
        var inPlace = IsTerminal && message.Stream.Length == 0 && message.Figures is not null;
        if (!inPlace && bar.Length > 0)
        {
            return;
        }

        text.Append(inPlace ? "\u001b[2K\r" : "");
        if (message.TimeNanoseconds != 0)
        {
            var time = DateTimeOffset.UnixEpoch.AddTicks(message.TimeNanoseconds / 100).ToLocalTime();
            text.Append(time.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture)).Append("00")
                .Append(time.ToString("zzz", CultureInfo.InvariantCulture)).Append(' ');
        }

        text.Append(message.Id.Length > 0 ? message.Id + ": " : "").Append(message.From.Length > 0 ? $"(from {message.From}) " : "");
        var end = inPlace ? "\r" : "";
        if (message.Figures is not null && IsTerminal)
        {
            text.Append(message.Status).Append(' ').Append(bar).Append(end);
        }
        else if (message.ProgressText.Length > 0)
        {
            text.Append(message.Status).Append(' ').Append(message.ProgressText).Append(end);
        }
        else if (message.Stream.Length > 0)
        {
            text.Append(message.Stream).Append(end);
        }
        else
        {
            text.Append(message.Status).Append(end).Append('\n');
        }
    }

    private void Move(StringBuilder text, int lines, char direction)
    {
        if (IsTerminal && lines > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\u001b[{lines}{direction}");
        }
    }
}
