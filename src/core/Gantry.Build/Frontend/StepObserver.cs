using Gantry.Build.Graph;

namespace Gantry.Build.Frontend;

/// <summary>Hands what happens in an operation to the build's progress, as part of a step.</summary>
internal sealed class StepObserver(IBuildProgress progress, BuildStep step) : IOperationObserver
{
    public void Write(StepStream stream, ReadOnlySpan<byte> data) => progress.Output(step, stream, data);

    public void ContainerStarted(string id) => progress.ContainerStarted(step, id);

    public void ContainerRemoved(string id) => progress.ContainerRemoved(step, id);
}
