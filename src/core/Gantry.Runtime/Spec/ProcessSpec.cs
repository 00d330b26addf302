using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>The first process of a container.</summary>
internal static class ProcessSpec
{
    private const string InitPathInContainer = "/sbin/docker-init";

    internal static RuntimeProcess Build(
        ContainerConfig config, HostConfig hostConfig, SpecContext context, SecurityOptions security, IReadOnlyList<string> capabilities)
    {
        var terminal = config.Tty == true;
        return new RuntimeProcess
        {
            Terminal = terminal ? true : null,
            ConsoleSize = terminal ? Console(hostConfig.ConsoleSize) : null,
            User = context.User,
            Args = Arguments(config, UsesInit(hostConfig)),
            Env = ContainerEnvironment.Build(config.Hostname, terminal, context.EngineEnvironment, config.Env),
            Cwd = string.IsNullOrEmpty(config.WorkingDir) ? "/" : config.WorkingDir,
            Capabilities = CapabilitySet.ToSets(capabilities),
            Rlimits = Rlimits.Build(hostConfig.Ulimits, context.DefaultUlimits),
            NoNewPrivileges = security.NoNewPrivileges ?? context.DefaultNoNewPrivileges ? true : null,
            ApparmorProfile = AppArmor(hostConfig, context, security),
            OomScoreAdj = (int)(hostConfig.OomScoreAdj ?? 0),
        };
    }

    /// <summary>An init only helps the container's own pid namespace.</summary>
    internal static bool UsesInit(HostConfig hostConfig) =>
        hostConfig.Init == true && !Modes.IsHost(hostConfig.PidMode) && Modes.Container(hostConfig.PidMode) is null;

    /// <summary>Rows and columns; null when the client gave none.</summary>
    internal static ConsoleSize? Console(IReadOnlyList<long>? size) =>
        size is [> 0 and <= ushort.MaxValue, > 0 and <= ushort.MaxValue] ? new ConsoleSize((uint)size[0], (uint)size[1]) : null;

    internal static string? AppArmor(HostConfig hostConfig, SpecContext context, SecurityOptions security) =>
        !context.Host.AppArmorEnabled ? null
        : !string.IsNullOrEmpty(security.AppArmorProfile) ? security.AppArmorProfile
        : hostConfig.Privileged == true ? "unconfined"
        : context.DefaultAppArmorProfile;

    private static List<string> Arguments(ContainerConfig config, bool init)
    {
        List<string> arguments = [.. config.Entrypoint ?? [], .. config.Cmd ?? []];
        if (arguments.Count == 0)
        {
            throw GantryException.InvalidArgument("no command specified");
        }

        return init ? [InitPathInContainer, "--", .. arguments] : arguments;
    }
}
