using Gantry.Errors;

namespace Gantry.Build;

/// <summary>The failure of a RUN step: an exception whose exit code the API reports as <c>errorDetail.code</c>.</summary>
public static class BuildFailure
{
    private const string Key = "Gantry.Build.ExitCode";

    /// <summary>The exit code of the failed command, or null when the build failed otherwise.</summary>
    public static int? ExitCodeOf(Exception exception) => exception.Data[Key] as int?;

    internal static GantryException Create(IReadOnlyList<string> command, int exitCode)
    {
        var failure = GantryException.InvalidArgument($"The command '{string.Join(' ', command)}' returned a non-zero code: {exitCode}");
        failure.Data[Key] = exitCode;
        return failure;
    }
}
