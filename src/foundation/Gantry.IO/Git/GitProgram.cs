using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.IO.Git;

/// <summary>
/// Runs git on a repository that a stranger may have made: no prompts, no hooks, and no transports but those of the network, which also holds for
/// submodules.
/// </summary>
/// <param name="isIsolated">
/// Neither the host's nor the user's configuration counts, and no terminal can be asked: for the engine. A client's git knows its user's credentials and proxies.
/// </param>
internal sealed class GitProgram(bool isIsolated)
{
    private const int MaxOutput = 64 * 1024;

    /// <summary>Set by whoever calls us from inside git; they would lead this git to another repository.</summary>
    private static readonly string[] s_foreign =
    [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX",
        "GIT_TEMPLATE_DIR", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
    ];

    /// <exception cref="GantryException">NotFound: there is no git on this host.</exception>
    public static void Check()
    {
        if (PipedProcess.Find("git") is null)
        {
            throw GantryException.NotFound("unable to find 'git': exec: \"git\": executable file not found in $PATH");
        }
    }

    /// <summary>Runs git in a directory.</summary>
    /// <param name="failure">Begins the message of a failure; what git says follows.</param>
    /// <exception cref="GantryException">Internal: git failed.</exception>
    public async Task<string> RunAsync(string directory, string failure, string[] arguments, CancellationToken cancellationToken)
    {
        var (code, output) = await TryRunAsync(directory, arguments, cancellationToken).ConfigureAwait(false);
        return code == 0 ? output : throw GantryException.Internal($"{failure}: {output}: exit status {code}");
    }

    /// <summary>As <see cref="RunAsync"/>, with git's exit code.</summary>
    public async Task<(int Code, string Output)> TryRunAsync(string directory, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = PipedProcess.Start(
            "git",
            ["-C", directory, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", .. arguments],
            Environment(),
            newSession: isIsolated);
        process.StandardInput.Dispose();
        await using var ended = cancellationToken.Register(process.Kill);
        var output = ReadAsync(process.StandardOutput);
        var error = ReadAsync(process.StandardError);
        var text = await output.ConfigureAwait(false) + await error.ConfigureAwait(false);
        var code = await process.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return (code, text);
    }

    private List<string> Environment()
    {
        var variables = System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(e => ((string)e.Key, (string?)e.Value ?? string.Empty)).Where(e => !s_foreign.Contains(e.Item1)).ToDictionary();
        variables["GIT_TERMINAL_PROMPT"] = "0";
        variables["GIT_ALLOW_PROTOCOL"] = "git:http:https:ssh";
        variables["GIT_PROTOCOL_FROM_USER"] = "0";
        variables["LC_ALL"] = "C";
        if (isIsolated)
        {
            variables["GIT_CONFIG_NOSYSTEM"] = "1";
            variables["HOME"] = "/dev/null";
            variables.Remove("XDG_CONFIG_HOME");
            variables.Remove("GIT_ASKPASS");
            variables.Remove("SSH_ASKPASS");
        }

        return [.. variables.Select(v => $"{v.Key}={v.Value}")];
    }

    /// <summary>The first of what it says; the rest is read, so that it goes on.</summary>
    private static async Task<string> ReadAsync(Stream stream)
    {
        var buffer = new byte[MaxOutput];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false).ConfigureAwait(false);
        await stream.CopyToAsync(Stream.Null).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }
}
