using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Progress.Building;

/// <summary>A build on a terminal, redrawn in place: a line for each step with its time, and the end of what the current one prints.</summary>
public sealed class TerminalBuildView : IBuildView
{
    private const int OutputLines = 6;
    private const int KeptLines = 20;
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(100);

    private readonly Action<string> _output;
    private readonly Func<(int Rows, int Columns)> _size;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly List<BuildStep> _steps = [];
    private readonly Dictionary<string, ProgressMessage> _pulls = new(StringComparer.Ordinal);
    private readonly Timer _timer;
    private BuildStep? _current;
    private int _total;
    private int _drawn;
    private bool _ended;

    /// <param name="size">The terminal's size, asked for each time it is drawn.</param>
    public TerminalBuildView(Action<string> output, Func<(int Rows, int Columns)> size)
    {
        _output = output;
        _size = size;
        _timer = new Timer(_ => Draw(), null, s_refresh, s_refresh);
    }

    public void ContextSent(long bytes, bool complete)
    {
        lock (_lock)
        {
            _current ??= Begin("[internal] load build context");
            _current.Lines.Clear();
            _current.Lines.Add((TimeSpan.Zero, $"transferring context: {Sizes.Human(bytes, 3)}"));
            if (complete)
            {
                _current.Ended = _clock.Elapsed;
                _current = null;
            }
        }
    }

    public void StepStarted(int number, int total, string text)
    {
        lock (_lock)
        {
            _total = total;
            _pulls.Clear();
            _current = Begin($"[{number}/{total}] {text}");
        }
    }

    public void Output(string line)
    {
        lock (_lock)
        {
            if (_current is not { } step)
            {
                return;
            }

            step.Lines.Add((_clock.Elapsed - step.Started, line));
            if (step.Lines.Count > KeptLines)
            {
                step.Lines.RemoveAt(0);
            }
        }
    }

    public void Pulling(ProgressMessage message)
    {
        lock (_lock)
        {
            if (message.Id.Length > 0)
            {
                _pulls[message.Id] = message;
            }
        }
    }

    public void StepCached()
    {
        lock (_lock)
        {
            if (_current is { } step)
            {
                step.IsCached = true;
            }
        }
    }

    public void StepFinished()
    {
        lock (_lock)
        {
            if (_current is { } step)
            {
                step.Ended = _clock.Elapsed;
                _current = null;
                _pulls.Clear();
            }
        }
    }

    public void Finished(string imageId, IReadOnlyList<string> names)
    {
        lock (_lock)
        {
            var step = Begin("exporting to image");
            step.Ended = _clock.Elapsed;
            step.Lines.Add((TimeSpan.Zero, $"writing image {imageId}"));
            step.Lines.AddRange(names.Select(name => (TimeSpan.Zero, $"naming to {name}")));
            _ended = true;
        }

        Stop();
    }

    public void Failed(string message)
    {
        BuildStep? failed;
        lock (_lock)
        {
            failed = _current;
            if (failed is not null)
            {
                failed.HasFailed = true;
                failed.Ended = _clock.Elapsed;
                _current = null;
            }

            _ended = true;
        }

        Stop();
        if (failed is { Lines.Count: > 0 })
        {
            var lines = string.Concat(failed.Lines.Select(l => $"{l.Time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)} {l.Text}\n"));
            _output($"------\n > {failed.Title}:\n{lines}------\n");
        }
    }

    public void Dispose() => _timer.Dispose();

    private BuildStep Begin(string title)
    {
        var step = new BuildStep(title, _clock.Elapsed);
        _steps.Add(step);
        return step;
    }

    private void Stop()
    {
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        Draw();
    }

    private void Draw()
    {
        lock (_lock)
        {
            var (rows, columns) = _size();
            var lines = Lines(columns);
            if (!_ended && lines.Count > rows - 1 && rows > 3)
            {
                // The head stays; of the steps the latest are shown.
                lines.RemoveRange(1, lines.Count - (rows - 1));
            }

            var text = new StringBuilder();
            if (_drawn > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"\u001b[{_drawn}A\r");
            }

            foreach (var line in lines)
            {
                text.Append(line).Append("\u001b[K\n");
            }

            _drawn = lines.Count;
            _output(text.Append("\u001b[J").ToString());
        }
    }

    private List<string> Lines(int columns)
    {
        var done = _steps.Count(s => s.Ended is not null && !s.HasFailed);
        var count = Math.Max(_steps.Count, _total + 2);
        var head = string.Create(CultureInfo.InvariantCulture, $"[+] Building {_clock.Elapsed.TotalSeconds:0.0}s ({done}/{(_ended ? _steps.Count : count)})");
        var lines = new List<string> { _ended ? head + " FINISHED" : head };
        foreach (var step in _steps)
        {
            lines.Add(StepLine(step, columns));
            foreach (var line in Details(step))
            {
                lines.Add(Cut($" => => {line}", columns));
            }
        }

        return lines;
    }

    private string StepLine(BuildStep step, int columns)
    {
        var time = string.Create(CultureInfo.InvariantCulture, $"{((step.Ended ?? _clock.Elapsed) - step.Started).TotalSeconds:0.0}s");
        var mark = step.HasFailed ? "ERROR " : step.IsCached ? "CACHED " : "";
        var title = Cut($" => {mark}{step.Title}", columns - time.Length - 2);
        var line = title + new string(' ', Math.Max(1, columns - 1 - time.Length - title.Length)) + time;
        return step.HasFailed ? $"\u001b[31m{line}\u001b[0m" : step.Ended is not null ? $"\u001b[34m{line}\u001b[0m" : line;
    }

    private IEnumerable<string> Details(BuildStep step)
    {
        var isLast = _ended && step == _steps[^1] && !step.HasFailed;
        if (step != _current && !isLast)
        {
            return [];
        }

        var pulls = _pulls.Values.Select(p => p.Figures is { } figures && ProgressBar.Format(figures, 60, DateTimeOffset.UtcNow) is { Length: > 0 } bar
            ? $"{p.Id} {p.Status} {bar.Trim()}"
            : $"{p.Id} {p.Status}");
        return pulls.Concat(step.Lines.TakeLast(OutputLines).Select(l => isLast ? l.Text : $"# {l.Text}"));
    }

    /// <summary>Fits a text into the width; what a program prints may move no cursor.</summary>
    private static string Cut(string text, int width)
    {
        var clean = new StringBuilder(Math.Min(text.Length, 512));
        foreach (var c in text)
        {
            if (clean.Length >= width)
            {
                break;
            }

            clean.Append(c == '\t' ? ' ' : c);
        }

        var result = clean.ToString();
        return result.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 ? result : string.Concat(result.Where(c => c >= ' '));
    }
}
