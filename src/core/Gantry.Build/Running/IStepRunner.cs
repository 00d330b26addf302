namespace Gantry.Build;

/// <summary>Runs one RUN step in a container. The engine implements it with the path that <c>docker run</c> takes.</summary>
public interface IStepRunner
{
    /// <summary>
    /// Mounts the step's layer, runs its command to the end and unmounts again; returns the exit code (128 + n for signal n). When the token
    /// is cancelled the command is killed, and nothing of the container is left when the method returns or throws.
    /// </summary>
    /// <exception cref="Errors.GantryException">The command could not be started; the message is shown to the user as it stands.</exception>
    Task<int> RunAsync(StepSpec spec, CancellationToken cancellationToken);
}

/// <summary>Takes a step's output as it comes. Called from any thread, one call at a time.</summary>
public interface IStepOutput
{
    void Write(StepStream stream, ReadOnlySpan<byte> data);
}

public enum StepStream
{
    Output = 1,
    Error = 2,
}
