using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Errors;
using Gantry.Runtime.Checkpoints;

namespace Gantry.Runtime.Services;

/// <summary>
/// Turns what a runtime says about a failed start into Docker's words. Docker's are runc's with a frame around them, and clients look
/// for parts of them, so crun's are translated.
/// </summary>
internal static partial class RuntimeErrors
{
    private const int NotFoundCode = 127;
    private const int NotExecutableCode = 126;
    private const int OtherCode = 128;

    /// <param name="runtime">The runtime's program name.</param>
    /// <param name="log">Its log (JSON objects) or bare stderr.</param>
    /// <param name="program">First argument of the process that was to run.</param>
    public static GantryException StartFailed(string runtime, string log, string program)
    {
        var cause = Translate(Message(log), program);
        var text = $"failed to create task for container: failed to create shim task: OCI runtime create failed: {runtime} create failed: {cause}: unknown";
        return WithCode(text, cause, ExitCode(cause));
    }

    /// <summary>As <see cref="StartFailed"/>.</summary>
    public static GantryException ExecFailed(string log, string program)
    {
        var cause = Translate(Message(log), program);
        return WithCode($"OCI runtime exec failed: exec failed: {cause}: unknown", cause, ExitCode(cause));
    }

    /// <param name="runtime">The runtime's program name.</param>
    /// <param name="log">Its log.</param>
    /// <param name="criuLog">Path of CRIU's, whose first error is told too.</param>
    public static GantryException CheckpointFailed(string runtime, string log, string criuLog) =>
        GantryException.Internal($"{runtime} did not terminate successfully: {Cause(log, criuLog)}");

    /// <inheritdoc cref="CheckpointFailed"/>
    public static GantryException RestoreFailed(string runtime, string log, string criuLog)
    {
        var text = $"failed to create task for container: failed to create shim task: OCI runtime restore failed: {runtime} did not terminate successfully: {Cause(log, criuLog)}: unknown";
        return WithCode(text, "", OtherCode);
    }

    /// <summary>The last error message of a runtime's log.</summary>
    public static string Message(string log)
    {
        var message = JsonMessage(log) ?? log.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault()?.Trim() ?? "";
        message = RuncPrefix().Replace(message, "");
        return message.Length > 0 ? message : "the runtime ended without a message";
    }

    private static string Cause(string log, string criuLog)
    {
        var message = Message(log).Split('\n')[0];
        return CriuLog.FirstError(criuLog) is { } error ? $"{message}: {error} path= {criuLog}" : message;
    }

    private static string Translate(string message, string program)
    {
        var notFound = CrunNotFound().Match(message);
        if (notFound.Success)
        {
            var name = notFound.Groups[1].Value;
            return name.Contains('/', StringComparison.Ordinal)
                ? $"unable to start container process: exec: \"{name}\": stat {name}: no such file or directory"
                : $"unable to start container process: exec: \"{name}\": executable file not found in $PATH";
        }

        if (CrunNotRegular().Match(message) is { Success: true } directory)
        {
            return $"unable to start container process: exec: \"{directory.Groups[1].Value}\": is a directory: permission denied";
        }

        if (CrunWorkingDirectory().Match(message) is { Success: true } file)
        {
            return $"Cannot mkdir: {file.Groups[1].Value} is not a directory";
        }

        return message switch
        {
            "open executable: Permission denied" => $"unable to start container process: exec: \"{program}\": permission denied",
            "open executable: Operation not permitted" or "open executable: Is a directory" =>
                $"unable to start container process: exec: \"{program}\": is a directory: permission denied",
            _ => message,
        };
    }

    private static int ExitCode(string cause)
    {
        if (cause.Contains("permission denied", StringComparison.OrdinalIgnoreCase)
            || cause.Contains("is a directory", StringComparison.OrdinalIgnoreCase))
        {
            return NotExecutableCode;
        }

        return cause.Contains("executable file not found", StringComparison.OrdinalIgnoreCase)
            || cause.Contains("no such file or directory", StringComparison.OrdinalIgnoreCase)
            || cause.Contains("system cannot find the file specified", StringComparison.OrdinalIgnoreCase)
                ? NotFoundCode
                : OtherCode;
    }

    private static GantryException WithCode(string text, string cause, int code)
    {
        var exception = new GantryException(ExitCode(cause) == OtherCode ? ErrorKind.Internal : ErrorKind.InvalidArgument, text);
        exception.Data[TaskStartError.ExitCodeKey] = code;
        return exception;
    }

    /// <summary>The message of the last object that is an error. runc and crun write one in a line, newer versions of crun in several.</summary>
    private static string? JsonMessage(string log)
    {
        string? message = null;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(log), new JsonReaderOptions { AllowMultipleValues = true });
            while (reader.Read())
            {
                using var document = JsonDocument.ParseValue(ref reader);
                if (document.RootElement is { ValueKind: JsonValueKind.Object } entry
                    && entry.TryGetProperty("level", out var level) && level.GetString() is "error" or "fatal"
                    && entry.TryGetProperty("msg", out var text))
                {
                    message = text.GetString();
                }
            }
        }
        catch (JsonException)
        {
            // Cut off or followed by something else: what came before counts.
        }

        return message;
    }

    [GeneratedRegex("^(runc (run|create) failed: |exec failed: )+")]
    private static partial Regex RuncPrefix();

    [GeneratedRegex("^executable file `(.*)` not found( in \\$PATH)?(: No such file or directory)?$")]
    private static partial Regex CrunNotFound();

    [GeneratedRegex("^the path `(.*)` is not a regular file")]
    private static partial Regex CrunNotRegular();

    [GeneratedRegex("^chdir to `(.*)`: Not a directory")]
    private static partial Regex CrunWorkingDirectory();
}
