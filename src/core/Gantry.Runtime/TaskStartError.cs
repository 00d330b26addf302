using Gantry.Errors;

namespace Gantry.Runtime;

/// <summary>Exit codes that Docker stores for a container or exec whose process could not be started.</summary>
public static class TaskStartError
{
    internal const string ExitCodeKey = "Gantry.Runtime.ExitCode";

    /// <summary>127 when the program was not found, 126 when it may not be executed, else 128.</summary>
    /// <param name="absent">For a failure before the runtime was asked.</param>
    public static int ExitCodeOf(GantryException exception, int absent = 128)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data[ExitCodeKey] is int code ? code : absent;
    }
}
