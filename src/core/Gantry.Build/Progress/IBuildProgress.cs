namespace Gantry.Build;

/// <summary>
/// Follows a build. Calls come from several threads, several steps interleaved where stages run in parallel; the calls about one stage are
/// in order. Implementations must be quick and must not throw.
/// </summary>
public interface IBuildProgress
{
    /// <summary>About the whole file, before the first step: the parser's warnings. After the last step: unused build arguments.</summary>
    /// <param name="isError">Belongs on the error stream.</param>
    void Warning(string message, bool isError);

    /// <summary>Called once, before any step: the stages that are built, by number, in order.</summary>
    void Planned(IReadOnlyList<int> stages);

    /// <summary>The builder itself begins with something: reading a file, looking an image up. Names are BuildKit's.</summary>
    void ActivityStarted(string name)
    {
    }

    /// <summary>How many bytes a part of an activity has moved; also after it was finished, should it go on.</summary>
    void ActivityProgress(string name, string part, long bytes)
    {
    }

    /// <param name="error">Null when it went well.</param>
    void ActivityFinished(string name, Exception? error)
    {
    }

    void StepStarted(BuildStep step);

    /// <summary>A remark of the builder within a step.</summary>
    void Note(BuildStep step, string message);

    void Pulling(BuildStep step, PullStatus status);

    /// <summary>The result was there already.</summary>
    void Cached(BuildStep step);

    /// <summary>A container runs for the step, or (config steps) Docker's would.</summary>
    void ContainerStarted(BuildStep step, string containerId);

    void Output(BuildStep step, StepStream stream, ReadOnlySpan<byte> data);

    void ContainerRemoved(BuildStep step, string containerId);

    /// <param name="imageId">What the image would be if it ended here: sha256 hex with its prefix; empty for an empty base.</param>
    void StepFinished(BuildStep step, string imageId);

    void StepFailed(BuildStep step, Exception error);

    void StageFinished(int stage, string imageId);
}

/// <summary>A step as the user sees it.</summary>
/// <param name="Number">From 1 in the whole build.</param>
/// <param name="Total">Steps of the build.</param>
/// <param name="Stage">Number of its stage in the Dockerfile, -1 for arguments before the first stage.</param>
/// <param name="StageName">Empty when the stage has no name.</param>
/// <param name="NumberInStage">From 1; the FROM is 1.</param>
/// <param name="StageTotal">Steps of its stage.</param>
/// <param name="Text">The instruction as written, on one line.</param>
public sealed record BuildStep(int Number, int Total, int Stage, string StageName, int NumberInStage, int StageTotal, string Text)
{
    /// <summary>The step as BuildKit shows it, or empty for one that changes no files: <c>[base 2/4] RUN make</c>.</summary>
    public string Vertex { get; init; } = string.Empty;
}
