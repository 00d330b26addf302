using System.Diagnostics;
using System.Globalization;
using Gantry.Terminal.Units;

namespace Gantry.Terminal.Progress.Building;

/// <summary>A build line by line, as BuildKit's plain progress: every line begins with its step's number.</summary>
public sealed class PlainBuildView(Action<string> output) : IBuildView
{
    private const int KeptLines = 20;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HashSet<string> _pullStates = new(StringComparer.Ordinal);
    private BuildStep? _current;
    private int _number;

    public void ContextSent(long bytes, bool complete)
    {
        if (complete)
        {
            Begin("[internal] load build context");
            Line($"transferring context: {Sizes.Human(bytes, 3)} done");
            StepFinished();
        }
    }

    public void StepStarted(int number, int total, string text) => Begin($"[{number}/{total}] {text}");

    public void Output(string line)
    {
        if (_current is not { } step)
        {
            output(line + "\n");
            return;
        }

        var time = _clock.Elapsed - step.Started;
        step.Lines.Add((time, line));
        if (step.Lines.Count > KeptLines)
        {
            step.Lines.RemoveAt(0);
        }

        Line($"{Seconds(time, 3)} {line}");
    }

    public void Pulling(ProgressMessage message)
    {
        // Figures change many times a second; only the states are told.
        if (_pullStates.Add($"{message.Id}\0{message.Status}"))
        {
            Line(message.Id.Length > 0 ? $"{message.Id}: {message.Status}" : message.Status);
        }
    }

    public void StepCached()
    {
        if (_current is { } step)
        {
            step.IsCached = true;
        }
    }

    public void StepFinished()
    {
        if (_current is { } step)
        {
            Line(step.IsCached ? "CACHED" : $"DONE {Seconds(_clock.Elapsed - step.Started, 1)}s");
            output("\n");
            _current = null;
        }
    }

    public void Finished(string imageId, IReadOnlyList<string> names)
    {
        Begin("exporting to image");
        Line($"writing image {imageId} done");
        foreach (var name in names)
        {
            Line($"naming to {name} done");
        }

        StepFinished();
    }

    public void Failed(string message)
    {
        if (_current is not { } step)
        {
            return;
        }

        Line($"ERROR: {message}");
        output("------\n");
        output($" > {step.Title}:\n");
        foreach (var (time, text) in step.Lines)
        {
            output($"{Seconds(time, 3)} {text}\n");
        }

        output("------\n");
    }

    public void Dispose()
    {
    }

    private void Begin(string title)
    {
        _number++;
        _current = new BuildStep(title, _clock.Elapsed);
        _pullStates.Clear();
        Line(title);
    }

    private void Line(string text) => output(string.Create(CultureInfo.InvariantCulture, $"#{_number} {text}\n"));

    private static string Seconds(TimeSpan time, int digits) => time.TotalSeconds.ToString(digits == 1 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
