using Gantry.Api;
using Gantry.Apps.Cli.Configuration;

namespace Gantry.Apps.Cli.Completing;

/// <summary>What a command takes as arguments. Only what makes sense is offered: nothing that runs to <c>start</c>, nothing that rests to <c>exec</c>.</summary>
internal static class ArgumentCompletion
{
    public static async Task<Candidates> FindAsync(Cli cli, CompletionLine line, CancellationToken cancellationToken)
    {
        var words = line.Path.Words;
        var name = words.Count > 1 && words[0] is "container" or "image" ? words[^1] : string.Join(' ', words);
        var isImage = words[0] == "image";
        return name switch
        {
            "run" or "create" or "history" or "push" or "pull" => await FirstAsync(line, 1, () => EngineNames.ImagesAsync(cli, cancellationToken)),
            "tag" => await FirstAsync(line, 2, () => EngineNames.ImagesAsync(cli, cancellationToken)),
            "rmi" or "save" => await OthersAsync(line, () => EngineNames.ImagesAsync(cli, cancellationToken)),
            "rm" or "inspect" when isImage => await OthersAsync(line, () => EngineNames.ImagesAsync(cli, cancellationToken)),
            "rm" => await ContainersAsync(cli, line, 0, all: true, c => line.Flags.Find("force") is { Changed: true } || !IsRunning(c), cancellationToken),
            "start" => await ContainersAsync(cli, line, 0, all: true, c => !IsRunning(c), cancellationToken),
            "exec" or "attach" => await ContainersAsync(cli, line, 1, all: false, c => !IsPaused(c), cancellationToken),
            "top" or "commit" or "port" => await ContainersAsync(cli, line, 1, all: false, null, cancellationToken),
            "pause" => await ContainersAsync(cli, line, 0, all: false, c => !IsPaused(c), cancellationToken),
            "unpause" => await ContainersAsync(cli, line, 0, all: false, IsPaused, cancellationToken),
            "stop" or "kill" or "stats" or "wait" => await ContainersAsync(cli, line, 0, all: false, null, cancellationToken),
            "logs" or "rename" or "diff" or "export" => await ContainersAsync(cli, line, 1, all: true, null, cancellationToken),
            "restart" or "update" => await ContainersAsync(cli, line, 0, all: true, null, cancellationToken),
            "inspect" when words.Count > 1 => await ContainersAsync(cli, line, 0, all: true, null, cancellationToken),
            "inspect" => await OthersAsync(line, async () =>
                [.. await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken), .. await EngineNames.ImagesAsync(cli, cancellationToken)]),
            "cp" => await CopyAsync(cli, line, cancellationToken),
            "network rm" or "network inspect" => await OthersAsync(line, () => EngineNames.NetworksAsync(cli, cancellationToken)),
            "network connect" or "network disconnect" => line.Arguments.Count == 0
                ? Candidates.Of(await EngineNames.NetworksAsync(cli, cancellationToken))
                : await ContainersAsync(cli, line, 2, all: true, null, cancellationToken),
            "volume rm" or "volume inspect" => await OthersAsync(line, () => EngineNames.VolumesAsync(cli, cancellationToken)),
            "context use" or "context update" or "context export" => line.Arguments.Count == 0 ? Candidates.Of(Contexts(cli)) : Candidates.None,
            "context rm" or "context inspect" => Candidates.Of(Contexts(cli).Except(line.Arguments)),
            "build" or "builder build" or "import" or "load" or "context import" => Candidates.Files,
            _ => Candidates.None,
        };
    }

    internal static IEnumerable<string> Contexts(Cli cli) => cli.Contexts.List().Select(c => c.Name).Prepend(ContextStore.DefaultName);

    private static bool IsRunning(ContainerSummary container) => container.State is "running" or "paused" or "restarting";

    private static bool IsPaused(ContainerSummary container) => container.State == "paused";

    private static async Task<Candidates> FirstAsync(CompletionLine line, int most, Func<Task<IReadOnlyList<string>>> names) =>
        line.Arguments.Count < most ? Candidates.Of(await names()) : Candidates.None;

    private static async Task<Candidates> OthersAsync(CompletionLine line, Func<Task<IReadOnlyList<string>>> names) => Candidates.Of((await names()).Except(line.Arguments));

    /// <param name="most">How many arguments are names of containers; 0 for all of them.</param>
    private static async Task<Candidates> ContainersAsync(
        Cli cli, CompletionLine line, int most, bool all, Func<ContainerSummary, bool>? which, CancellationToken cancellationToken) =>
        most > 0 && line.Arguments.Count >= most
            ? Candidates.None
            : Candidates.Of((await EngineNames.ContainersAsync(cli, all, which, cancellationToken)).Except(line.Arguments));

    /// <summary>A local path, or "CONTAINER:" for the path in it.</summary>
    private static async Task<Candidates> CopyAsync(Cli cli, CompletionLine line, CancellationToken cancellationToken) =>
        line.Arguments.Count >= 2 || line.Current.Contains('/', StringComparison.Ordinal)
            ? Candidates.Files
            : Candidates.Of((await EngineNames.ContainersAsync(cli, all: true, null, cancellationToken)).Select(n => n + ":"), CompletionDirective.NoSpace);
}
