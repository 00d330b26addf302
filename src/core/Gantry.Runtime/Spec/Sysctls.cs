using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>Kernel settings of a container: only those that belong to a namespace it does not share with the host.</summary>
internal static class Sysctls
{
    private static readonly HashSet<string> s_ipc =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ];

    /// <summary>What to write, or null when nothing is to be set. The user's values win over Docker's defaults.</summary>
    internal static IReadOnlyDictionary<string, string>? Build(ContainerConfig config, HostConfig hostConfig, SpecContext context)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (HasOwnNetwork(hostConfig) && Modes.Container(hostConfig.NetworkMode) is null && !context.IsNetworkForeign)
        {
            // Ping and low ports without capabilities: harmless in a network namespace of its own. A user namespace lacks most groups of the range.
            if (!NamespaceSpec.IsUserPrivate(hostConfig, context))
            {
                values["net.ipv4.ping_group_range"] = "0 2147483647";
            }

            values["net.ipv4.ip_unprivileged_port_start"] = "0";
        }

        if (!string.IsNullOrEmpty(config.Domainname))
        {
            values["kernel.domainname"] = config.Domainname;
        }

        foreach (var (name, value) in hostConfig.Sysctls ?? [])
        {
            CheckAllowed(name, hostConfig, config);
            values[name] = value;
        }

        return values.Count > 0 ? values : null;
    }

    /// <summary>Throws InvalidArgument when setting it would reach the host, in the runtime's words.</summary>
    internal static void CheckAllowed(string name, HostConfig hostConfig, ContainerConfig config)
    {
        // The kernel takes slashes as separators too; so do the runtimes.
        var dotted = name.Replace('/', '.');
        var problem = dotted switch
        {
            _ when dotted.StartsWith("net.", StringComparison.Ordinal) =>
                HasOwnNetwork(hostConfig) ? null : $"sysctl \"{name}\" not allowed in host network namespace",
            _ when s_ipc.Contains(dotted) || dotted.StartsWith("fs.mqueue.", StringComparison.Ordinal) =>
                Modes.IsHost(hostConfig.IpcMode) ? $"sysctl \"{name}\" is not allowed in the hosts ipc namespace" : null,
            "kernel.domainname" => Modes.IsHost(hostConfig.UTSMode) || !string.IsNullOrEmpty(config.Domainname) ? NotSeparate(name) : null,
            "kernel.hostname" => $"sysctl \"{name}\" is not allowed as it conflicts with the OCI \"hostname\" field",
            _ => NotSeparate(name),
        };
        if (problem is not null)
        {
            throw GantryException.InvalidArgument(problem);
        }
    }

    private static bool HasOwnNetwork(HostConfig hostConfig) => !Modes.IsHost(hostConfig.NetworkMode);

    private static string NotSeparate(string name) => $"sysctl \"{name}\" is not in a separate kernel namespace";
}
