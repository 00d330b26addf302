namespace Gantry.Terminal.Progress.Building;

/// <summary>Shows a build. Calls come one at a time.</summary>
public interface IBuildView : IDisposable
{
    /// <summary>The context is on its way.</summary>
    /// <param name="bytes">Sent so far.</param>
    void ContextSent(long bytes, bool complete);

    void StepStarted(int number, int total, string text);

    /// <summary>A line of what the current step prints.</summary>
    void Output(string line);

    /// <summary>How far a pull of the current step is.</summary>
    void Pulling(ProgressMessage message);

    void StepCached();

    /// <summary>The current step is done.</summary>
    void StepFinished();

    /// <summary>The image is there.</summary>
    /// <param name="names">As users write them.</param>
    void Finished(string imageId, IReadOnlyList<string> names);

    /// <summary>The build failed in the current step (or before the first).</summary>
    void Failed(string message);
}

/// <summary>A step as views keep it.</summary>
internal sealed class BuildStep(string title, TimeSpan started)
{
    public string Title { get; } = title;

    public TimeSpan Started { get; } = started;

    public TimeSpan? Ended { get; set; }

    public bool IsCached { get; set; }

    public bool HasFailed { get; set; }

    /// <summary>The end of what it printed, each line with its time since the step's start.</summary>
    public List<(TimeSpan Time, string Text)> Lines { get; } = [];
}
