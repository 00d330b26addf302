using Gantry.Apps.Cli.CommandLine.Surface;
using Gantry.Apps.Cli.Commands.Plugins;
using Gantry.Apps.Cli.Commands.Swarm;
using Gantry.Apps.Cli.Commands.Trust;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Swarm, engine plugins and trust: what can be asked of an engine, and clear errors for the rest.</summary>
internal static partial class CommandTable
{
    private static CommandEntry[] SwarmGroup(string group) => SurfaceReader.Group("swarm", group, path => path switch
    {
        "config inspect" or "secret inspect" or "service inspect" or "node inspect" => Own(f => new InspectSwarmObjectsCommand(f, path.Split(' ')[0])),
        "config rm" or "secret rm" or "service rm" => Own(_ => new RemoveSwarmObjectsCommand(path.Split(' ')[0])),
        "node rm" => Own(f => new RemoveNodesCommand(f)),
        "swarm leave" => Own(f => new LeaveSwarmCommand(f)),
        "swarm join-token" => Own(f => new JoinTokenCommand(f)),
        "swarm unlock" => Own(_ => new UnlockSwarmCommand()),
        "swarm init" or "swarm join" => Given(_ => new EnterSwarmCommand(path)),
        _ => Given(f => new SwarmManagerCommand(path, f)),
    });

    private static CommandEntry[] EnginePluginGroup() => SurfaceReader.Group("plugins", "plugin", path => path switch
    {
        "plugin ls" => Own(f => new ListPluginsCommand(f)),
        "plugin inspect" => Own(f => new InspectPluginCommand(f)),
        "plugin rm" => Own(f => new RemovePluginCommand(f)),
        "plugin enable" => Own(f => new EnablePluginCommand(f)),
        "plugin disable" => Own(f => new DisablePluginCommand(f)),
        "plugin set" => Own(_ => new SetPluginCommand()),
        "plugin create" => Own(f => new CreatePluginCommand(f)),
        "plugin install" => Own(f => new InstallPluginCommand(f)),
        "plugin push" => Own(f => new PushPluginCommand(f)),
        "plugin upgrade" => Own(f => new UpgradePluginCommand(f)),
        _ => throw new InvalidOperationException($"{path} is not there"),
    });

    private static CommandEntry[] TrustGroup() =>
    [
        new("key", "", "Manage keys for signing Docker images") { Group = CommandGroup.Management, Children = () => SurfaceReader.Group("plugins", "trust key", Trust) },
        new("signer", "", "Manage entities who can sign Docker images")
        {
            Group = CommandGroup.Management, Children = () => SurfaceReader.Group("plugins", "trust signer", Trust),
        },
        .. SurfaceReader.Group("plugins", "trust", Trust),
    ];

    private static SurfaceCommand Trust(string path) => Given(_ => new TrustCommand(path));

    private static SurfaceCommand Own(Func<FlagSet, Command> make) => new(make, HasOwnFlags: true);

    private static SurfaceCommand Given(Func<FlagSet, Command> make) => new(make, HasOwnFlags: false);
}
