using Gantry.Client;
using Gantry.Client.Api;
using Gantry.Errors;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>What the engine has, as far as commands and flags depend on it. An engine that can't be asked hides nothing.</summary>
internal sealed record EngineFeatures(ApiVersion Version, string OperatingSystem, bool? Experimental, string Swarm)
{
    private static readonly EngineFeatures s_unknown = new(ApiVersion.Newest, "", null, "");

    /// <summary>Asks the engine; one that does not answer is not started for this.</summary>
    public static async Task<EngineFeatures> AskOrGuessAsync(Cli cli, CancellationToken cancellationToken)
    {
        try
        {
            using var client = cli.ConnectWithoutStart();
            return await AskAsync(client, cancellationToken);
        }
        catch (GantryException)
        {
            return s_unknown;
        }
    }

    private static async Task<EngineFeatures> AskAsync(EngineClient client, CancellationToken cancellationToken)
    {
        var ping = await client.PingAsync(cancellationToken);
        return new(await client.NegotiateAsync(cancellationToken), ping.OperatingSystem, ping.Experimental, ping.Swarm);
    }

    public bool Shows(IGated feature) => Complain(feature, "") is null && SwarmShows(feature.NeedsSwarm);

    /// <returns>Docker's complaint, or null where the engine has it all.</returns>
    public string? Complain(IGated feature, string name)
    {
        if (ApiVersion.TryParse(feature.MinimumVersion, out var least) && Version < least)
        {
            return $"{name} requires API version {least}, but the Docker daemon API version is {Version}";
        }

        if (feature.EngineSystem is { } system && OperatingSystem.Length > 0 && OperatingSystem != system)
        {
            return $"{name} is only supported on a Docker daemon running on {system}, but the Docker daemon is running on {OperatingSystem}";
        }

        return feature.NeedsExperimental && Experimental == false ? $"{name} is only supported on a Docker daemon with experimental features enabled" : null;
    }

    private bool SwarmShows(string? wanted) => wanted is null || Swarm.Length == 0
        || (wanted == "manager" ? Swarm.EndsWith("/manager", StringComparison.Ordinal) : Swarm.StartsWith("active", StringComparison.Ordinal));
}
