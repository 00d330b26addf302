using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Which namespaces a container gets of its own, joins, or shares with the host (by not naming them).</summary>
internal static class NamespaceSpec
{
    internal static IReadOnlyList<LinuxNamespace> Build(HostConfig hostConfig, SpecContext context)
    {
        var namespaces = new List<LinuxNamespace> { new("mount") };
        if (IsUserPrivate(hostConfig, context))
        {
            namespaces.Add(new LinuxNamespace("user", context.UserNamespacePath));
        }

        var sharesHosts = Modes.Container(hostConfig.NetworkMode) is not null && context.NetworkNamespacePath is null;
        if (!Modes.IsHost(hostConfig.NetworkMode) && !sharesHosts)
        {
            namespaces.Add(new LinuxNamespace("network", context.NetworkNamespacePath));
        }

        if (!Modes.IsHost(hostConfig.UTSMode))
        {
            namespaces.Add(new LinuxNamespace("uts"));
        }

        Add(namespaces, "pid", hostConfig.PidMode, context.PidNamespacePath);
        Add(namespaces, "ipc", hostConfig.IpcMode, context.IpcNamespacePath);
        if (IsCgroupPrivate(hostConfig, context.Host))
        {
            namespaces.Add(new LinuxNamespace("cgroup"));
        }

        return namespaces;
    }

    internal static bool IsUserPrivate(HostConfig hostConfig, SpecContext context) => context.Ids is not null && !Modes.IsHost(hostConfig.UsernsMode);

    private static void Add(List<LinuxNamespace> namespaces, string type, string? mode, string? path)
    {
        if (Modes.IsHost(mode))
        {
            return;
        }

        var joins = Modes.Container(mode) is not null;
        if (joins && path is null)
        {
            throw GantryException.Internal($"{type} mode {mode} without the path of that namespace");
        }

        namespaces.Add(new LinuxNamespace(type, joins ? path : null));
    }

    private static bool IsCgroupPrivate(HostConfig hostConfig, HostFacts host) =>
        string.IsNullOrEmpty(hostConfig.CgroupnsMode)
            ? host.Cgroups.Version == 2 && host.CgroupNamespaces
            : hostConfig.CgroupnsMode == "private";
}
