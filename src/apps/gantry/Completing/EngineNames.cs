using Gantry.Api;

namespace Gantry.Apps.Cli.Completing;

/// <summary>Names of what the engine has. An engine that does not run is not started for them.</summary>
internal static class EngineNames
{
    /// <summary>Container names; ids too where DOCKER_COMPLETION_SHOW_CONTAINER_IDS=yes.</summary>
    public static async Task<IReadOnlyList<string>> ContainersAsync(Cli cli, bool all, Func<ContainerSummary, bool>? which, CancellationToken cancellationToken)
    {
        using var client = cli.ConnectWithoutStart();
        var withIds = Environment.GetEnvironmentVariable("DOCKER_COMPLETION_SHOW_CONTAINER_IDS") == "yes";
        var containers = await client.ListContainersAsync(all, null, size: false, null, cancellationToken);
        return
        [
            .. from container in containers
               where which is null || which(container)
               from name in (withIds ? [container.Id!] : Array.Empty<string>()).Concat((container.Names ?? []).Select(n => n.TrimStart('/')).Where(n => !n.Contains('/', StringComparison.Ordinal)))
               select name,
        ];
    }

    public static async Task<IReadOnlyList<string>> ImagesAsync(Cli cli, CancellationToken cancellationToken)
    {
        using var client = cli.ConnectWithoutStart();
        return [.. (await client.ListImagesAsync(all: false, digests: false, sharedSize: false, null, cancellationToken)).SelectMany(i => i.RepoTags ?? [])];
    }

    public static async Task<IReadOnlyList<string>> NetworksAsync(Cli cli, CancellationToken cancellationToken)
    {
        using var client = cli.ConnectWithoutStart();
        return [.. (await client.ListNetworksAsync(null, cancellationToken)).Select(n => n.Name!)];
    }

    public static async Task<IReadOnlyList<string>> VolumesAsync(Cli cli, CancellationToken cancellationToken)
    {
        using var client = cli.ConnectWithoutStart();
        return [.. ((await client.ListVolumesAsync(null, cancellationToken)).Volumes ?? []).Select(v => v.Name!)];
    }

    public static async Task<SystemInfo> InfoAsync(Cli cli, CancellationToken cancellationToken)
    {
        using var client = cli.ConnectWithoutStart();
        return await client.SystemInfoAsync(cancellationToken);
    }
}
