using System.Globalization;
using System.Text;

namespace Gantry.Terminal.Progress.Building;

/// <summary>
/// Understands the classic builder's transcript ("Step 2/7 : RUN ...", " ---> Using cache", ...), which is what POST /build sends, and tells a
/// view about it. What a step prints itself is passed on line by line.
/// </summary>
public sealed class TranscriptReader(IBuildView view)
{
    private const int LongestLine = 64 * 1024;
    private const int ShortIdLength = 12;
    private const string Arrow = " ---> ";
    private const string Red = "\u001b[91m";
    private const string Plain = "\u001b[0m";

    private readonly StringBuilder _partial = new();
    private readonly List<string> _names = [];
    private int _step;
    private bool _stepOpen;
    private string _imageId = "";

    /// <summary>The id that the engine told in an aux message; the last one counts.</summary>
    public string ImageId => _imageId;

    public void Read(ProgressMessage message)
    {
        if (message.Auxiliary is { } data)
        {
            if (data.ValueKind == System.Text.Json.JsonValueKind.Object && data.TryGetProperty("ID", out var id) && id.ValueKind == System.Text.Json.JsonValueKind.String)
            {
                _imageId = id.GetString()!;
            }
        }
        else if (message.Stream.Length > 0)
        {
            ReadText(message.Stream);
        }
        else if (message.Status.Length > 0)
        {
            view.Pulling(message);
        }
    }

    /// <summary>The stream ended well.</summary>
    public void Complete()
    {
        FlushPartial();
        CloseStep();
        view.Finished(_imageId, _names);
    }

    /// <summary>The stream ended with an error.</summary>
    public void Fail(string message)
    {
        FlushPartial();
        view.Failed(message);
    }

    private void ReadText(string text)
    {
        foreach (var c in text)
        {
            if (c == '\n' || _partial.Length >= LongestLine)
            {
                FlushPartial();
            }

            if (c != '\n')
            {
                _partial.Append(c);
            }
            else if (_partial.Length > 0)
            {
                _partial.Clear();
            }
        }
    }

    private void FlushPartial()
    {
        var raw = _partial.ToString();
        _partial.Clear();
        var line = raw.Replace(Red, "", StringComparison.Ordinal).Replace(Plain, "", StringComparison.Ordinal).TrimEnd('\r');
        if (line.Length > 0)
        {
            ReadLine(line);
        }
    }

    private void ReadLine(string line)
    {
        if (TryReadStep(line, out var number, out var total, out var text))
        {
            CloseStep();
            _step = number;
            _stepOpen = true;
            view.StepStarted(number, total, text);
            return;
        }

        if (line.StartsWith(Arrow, StringComparison.Ordinal) && ReadArrow(line[Arrow.Length..]))
        {
            return;
        }

        if (line.StartsWith("Removing intermediate container ", StringComparison.Ordinal) || line.StartsWith("Successfully built ", StringComparison.Ordinal))
        {
            return;
        }

        if (line.StartsWith("Successfully tagged ", StringComparison.Ordinal) && !_stepOpen)
        {
            _names.Add(line["Successfully tagged ".Length..]);
            return;
        }

        view.Output(line);
    }

    private bool ReadArrow(string rest)
    {
        if (rest == "Using cache")
        {
            view.StepCached();
            return true;
        }

        if (rest.Length == ShortIdLength && rest.All(char.IsAsciiHexDigitLower))
        {
            CloseStep();
            return true;
        }

        return rest.StartsWith("Running in ", StringComparison.Ordinal) || rest.StartsWith("Removed intermediate container ", StringComparison.Ordinal);
    }

    private void CloseStep()
    {
        if (_stepOpen)
        {
            _stepOpen = false;
            view.StepFinished();
        }
    }

    /// <summary>"Step 2/7 : TEXT", and only the step that comes next: a program may print such a line too.</summary>
    private bool TryReadStep(string line, out int number, out int total, out string text)
    {
        (number, total, text) = (0, 0, "");
        if (!line.StartsWith("Step ", StringComparison.Ordinal))
        {
            return false;
        }

        var slash = line.IndexOf('/', StringComparison.Ordinal);
        var colon = line.IndexOf(" : ", StringComparison.Ordinal);
        if (slash < 0 || colon < slash
            || !int.TryParse(line.AsSpan(5, slash - 5), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            || !int.TryParse(line.AsSpan(slash + 1, colon - slash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out total)
            || number <= _step || number > total)
        {
            return false;
        }

        text = line[(colon + 3)..];
        return true;
    }
}
