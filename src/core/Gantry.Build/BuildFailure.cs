using Gantry.Errors;

namespace Gantry.Build;

/// <summary>What is known of a build's failure besides its text: of a RUN step the exit code, which the API reports as <c>errorDetail.code</c>.</summary>
public static class BuildFailure
{
    private const string Key = "Gantry.Build.ExitCode";
    private const string SourceKey = "Gantry.Build.Source";

    /// <summary>The exit code of the failed command, or null when the build failed otherwise.</summary>
    public static int? ExitCodeOf(Exception exception) => exception.Data[Key] as int?;

    /// <summary>The lines of the Dockerfile a failure is about, or null.</summary>
    public static FailureSource? SourceOf(Exception exception) => exception.Data[SourceKey] as FailureSource;

    internal static GantryException Create(string message, int exitCode)
    {
        var failure = GantryException.InvalidArgument(message);
        failure.Data[Key] = exitCode;
        return failure;
    }

    /// <summary>Notes where a failure comes from, unless that is known better.</summary>
    internal static void SetSource(Exception exception, FailureSource source)
    {
        if (SourceOf(exception) is null)
        {
            exception.Data[SourceKey] = source;
        }
    }
}
