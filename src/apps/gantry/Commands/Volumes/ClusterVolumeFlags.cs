using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Volumes;

/// <summary>The flags of volume create that only volumes of a swarm have.</summary>
internal static class ClusterVolumeFlags
{
    public static List<Flag> Add(FlagSet flags)
    {
        List<Flag> all =
        [
            flags.String("availability", "Cluster Volume availability (\"active\", \"pause\", \"drain\")", value: "active"),
            flags.String("group", "Cluster Volume group (cluster volumes)"),
            flags.Bytes("limit-bytes", "Minimum size of the Cluster Volume in bytes"),
            flags.Bytes("required-bytes", "Maximum size of the Cluster Volume in bytes"),
            flags.String("scope", "Cluster Volume access scope (\"single\", \"multi\")", value: "single"),
            flags.Map("secret", "Cluster Volume secrets"),
            flags.String("sharing", "Cluster Volume access sharing (\"none\", \"readonly\", \"onewriter\", \"all\")", value: "none"),
            flags.List("topology-preferred", "A topology that the Cluster Volume would be preferred in"),
            flags.List("topology-required", "A topology that the Cluster Volume must be accessible from"),
            flags.String("type", "Cluster Volume access type (\"mount\", \"block\")", value: "block"),
        ];
        all.ForEach(flag => flags.OnlyInSwarm("manager", flag));
        return all;
    }
}

/// <summary>docker volume update: for volumes of a swarm, which can't be changed from here.</summary>
internal sealed class UpdateVolumeCommand : Command
{
    public UpdateVolumeCommand(FlagSet flags)
    {
        flags.OnlyInSwarm("manager", flags.String("availability", "Cluster Volume availability (\"active\", \"pause\", \"drain\")", value: "active"));
    }

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var volume = await cli.Client.InspectVolumeRawAsync(arguments.Count > 0 ? arguments[0] : "", cancellationToken);
        using var json = System.Text.Json.JsonDocument.Parse(volume);
        throw new CliException(
            json.RootElement.TryGetProperty("ClusterVolume", out var cluster) && cluster.ValueKind == System.Text.Json.JsonValueKind.Object
                ? "updating cluster volumes is not implemented yet"
                : "can only update cluster volumes",
            1);
    }
}
