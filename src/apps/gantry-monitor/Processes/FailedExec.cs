using System.Text;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>
/// A program that the kernel would not execute (a foreign format, a missing interpreter). The runtime has reported its success by then, and what is
/// left of it has the program's own error output only. runc writes a line there and exits with 255; crun writes an object of its log,
/// or for an exec a line without the program's name, and exits with 1. This turns crun's words into runc's.
/// </summary>
internal static class FailedExec
{
    /// <summary>Of the process that could not become the program.</summary>
    internal const int ExitCode = 255;

    private const string ProcessFile = "process.json";
    private const int MaxProcessFile = 64 * 1024;
    private static readonly string[] s_reasons = ["Exec format error", "No such file or directory"];

    /// <summary>
    /// Looks at the first that a process has written. Null, where it is the process's own; otherwise what to put in its place.
    /// </summary>
    internal static string? Translate(ProcessRecord record, ReadOnlySpan<byte> output)
    {
        if (output.StartsWith("{\"msg\":\"exec container process "u8))
        {
            return OfContainer(Encoding.UTF8.GetString(output));
        }

        return record.IsExec && output.StartsWith("exec: "u8) ? OfExec(record, Encoding.UTF8.GetString(output)) : null;
    }

    /// <summary>From <c>{"msg":"exec container process `PATH`: Reason","level":"error",...}</c>.</summary>
    private static string? OfContainer(string text)
    {
        var open = text.IndexOf('`', StringComparison.Ordinal);
        var close = text.IndexOf("`: ", StringComparison.Ordinal);
        var end = text.IndexOf("\",\"level\":\"error\"", StringComparison.Ordinal);
        var brace = end < 0 ? -1 : text.IndexOf('}', end);
        return open > 0 && close > open && end > close && brace > end
            ? Line(text[(open + 1)..close], text[(close + 3)..end]) + text[(brace + 1)..]
            : null;
    }

    /// <summary>From <c>exec: Reason</c>, and the arguments that the engine left beside it.</summary>
    private static string? OfExec(ProcessRecord record, string text)
    {
        var reason = text["exec: ".Length..].TrimEnd('\r', '\n');
        return s_reasons.Contains(reason) && Program(record) is { } program ? Line(program, reason) + text[("exec: ".Length + reason.Length)..] : null;
    }

    private static string Line(string program, string reason) => $"exec {program}: {reason.ToLowerInvariant()}";

    private static string? Program(ProcessRecord record)
    {
        const string Arguments = "\"args\":[\"";
        var buffer = new byte[MaxProcessFile];
        var n = RawFiles.TryReadFile($"{record.Directory}/{ProcessFile}", buffer);
        var json = Encoding.UTF8.GetString(buffer, 0, Math.Max(n, 0));
        var begin = json.IndexOf(Arguments, StringComparison.Ordinal);
        var end = begin < 0 ? -1 : json.IndexOf('"', begin + Arguments.Length);
        return end < 0 ? null : json[(begin + Arguments.Length)..end];
    }
}
