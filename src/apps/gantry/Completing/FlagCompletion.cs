using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Completing;

/// <summary>Values of flags, by the flag's name: it means the same in every command that has it, save where a command is named here.</summary>
internal static class FlagCompletion
{
    private const CompletionDirective Unfinished = CompletionDirective.NoSpace;

    public static async Task<Candidates> FindAsync(Cli cli, CompletionLine line, Flag flag, CancellationToken cancellationToken)
    {
        if (FlagWords.Of(flag.Name) is { } words)
        {
            return Candidates.Of(words);
        }

        return flag.Name switch
        {
            "env" or "build-arg" => Candidates.Of(Environment.GetEnvironmentVariables().Keys.Cast<string>().Order(StringComparer.Ordinal)),
            "network" => Candidates.Of(await EngineNames.NetworksAsync(cli, cancellationToken)),
            "volumes-from" => Candidates.Of(await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken)),
            "link" => Candidates.Of((await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken)).Select(n => n + ":"), Unfinished),
            "pid" => await JoinedAsync(cli, line, ["container:", "host"], cancellationToken),
            "ipc" => await JoinedAsync(cli, line, ["container:", "host", "none", "private", "shareable"], cancellationToken),
            "log-driver" => Candidates.Of((await EngineNames.InfoAsync(cli, cancellationToken)).Plugins?.Log ?? []),
            "volume-driver" => Candidates.Of((await EngineNames.InfoAsync(cli, cancellationToken)).Plugins?.Volume ?? []),
            "driver" when line.Path.Words[0] == "network" => Candidates.Of((await EngineNames.InfoAsync(cli, cancellationToken)).Plugins?.Network ?? []),
            "driver" when line.Path.Words[0] == "volume" => Candidates.Of((await EngineNames.InfoAsync(cli, cancellationToken)).Plugins?.Volume ?? []),
            "runtime" => Candidates.Of((await EngineNames.InfoAsync(cli, cancellationToken)).Runtimes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()),
            "log-opt" => Candidates.Of(FlagWords.LogOptions(line.Flags.Find("log-driver") is Flag<string> driver ? driver.Value : ""), Unfinished | CompletionDirective.NoFiles),
            "ulimit" => Candidates.Of(FlagWords.Limits, Unfinished),
            "storage-opt" => Candidates.Of(["size="], Unfinished),
            "detach-keys" => Candidates.Of(["ctrl-"], Unfinished),
            "security-opt" => SecurityOption(line.Current),
            "filter" when line.Path.Words[^1] == "events" => await EventFilterAsync(cli, line.Current, cancellationToken),
            "context" => Candidates.Of(ArgumentCompletion.Contexts(cli)),
            "file" or "env-file" or "label-file" or "cidfile" or "iidfile" or "input" or "output" or "config" or "host" or "tlscacert" or "tlscert" or "tlskey" => Candidates.Files,
            _ => Candidates.None,
        };
    }

    /// <summary>Namespaces that may be those of another container.</summary>
    private static async Task<Candidates> JoinedAsync(Cli cli, CompletionLine line, string[] modes, CancellationToken cancellationToken)
    {
        const string joined = "container:";
        if (line.Current.StartsWith(joined, StringComparison.Ordinal))
        {
            return Candidates.Of((await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken)).Select(n => joined + n));
        }

        return line.Current.Length > 0 && joined.StartsWith(line.Current, StringComparison.Ordinal) ? Candidates.Of([joined], Unfinished) : Candidates.Of(modes);
    }

    private static Candidates SecurityOption(string current) => current switch
    {
        _ when current.StartsWith("label=", StringComparison.Ordinal) =>
            Candidates.Of(["label=disable", "label=level:", "label=role:", "label=type:", "label=user:"], Unfinished | CompletionDirective.NoFiles),
        _ when current.StartsWith("seccomp=", StringComparison.Ordinal) => Candidates.Of(["seccomp=unconfined"], CompletionDirective.Default),
        { Length: > 1 } when "seccomp=".StartsWith(current, StringComparison.Ordinal) => Candidates.Of(["seccomp="], Unfinished),
        { Length: > 0 } when "apparmor=".StartsWith(current, StringComparison.Ordinal) => Candidates.Of(["apparmor="], Unfinished),
        { Length: > 0 } when "label=".StartsWith(current, StringComparison.Ordinal) => Candidates.Of(["label="], Unfinished),
        _ => Candidates.Of(["apparmor=", "label=", "no-new-privileges", "seccomp=", "systempaths=unconfined"]),
    };

    private static async Task<Candidates> EventFilterAsync(Cli cli, string current, CancellationToken cancellationToken)
    {
        var key = current.Split('=', 2) is [var name, _] ? name : "";
        IEnumerable<string>? values = key switch
        {
            "container" => await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken),
            "image" => await EngineNames.ImagesAsync(cli, cancellationToken),
            "network" => await EngineNames.NetworksAsync(cli, cancellationToken),
            "volume" => await EngineNames.VolumesAsync(cli, cancellationToken),
            "event" => FlagWords.EventActions,
            "type" => FlagWords.EventTypes,
            "scope" => ["local", "swarm"],
            "daemon" => await EngineNames.InfoAsync(cli, cancellationToken) is var info ? [info.Name!, info.ID!] : [],
            "label" => [],
            _ => null,
        };
        return values is null ? Candidates.Of(FlagWords.EventFilters.Select(f => f + "="), Unfinished) : Candidates.Of(values.Select(v => $"{key}={v}"));
    }
}
