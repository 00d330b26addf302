using Gantry.Api;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Makes the OCI <c>config.json</c> of a container, with everything that Docker gives to one: capabilities, seccomp, masked paths,
/// device rules, namespaces, mounts, limits. Reads the host's devices; changes nothing.
/// </summary>
public static class OciSpecBuilder
{
    /// <summary>
    /// <paramref name="config"/> has the image's configuration merged in, <paramref name="hostConfig"/> has been validated
    /// (<see cref="HostSettingsValidator"/>) and completed (<see cref="HostConfigDefaults"/>).
    /// Throws <see cref="GantryException"/>: InvalidArgument for settings that this host can't fulfil (a device that is not there,
    /// a sysctl of the host, no init binary).
    /// </summary>
    public static RuntimeSpec Build(ContainerConfig config, HostConfig hostConfig, SpecContext context)
    {
        var security = SecurityOptions.Parse(hostConfig);
        var privileged = hostConfig.Privileged == true;
        var capabilities = CapabilitySet.Resolve(hostConfig.CapAdd, hostConfig.CapDrop, privileged, context.Host.Capabilities);
        var withInit = ProcessSpec.UsesInit(hostConfig);
        if (withInit && context.InitPath is null)
        {
            throw InitBinary.Missing();
        }

        var mounts = new MountSpec(hostConfig, context, security);
        var spec = new RuntimeSpec
        {
            Process = ProcessSpec.Build(config, hostConfig, context, security, capabilities),
            Root = new RuntimeRoot(context.RootfsPath, hostConfig.ReadonlyRootfs == true ? true : null),
            Hostname = Modes.IsHost(hostConfig.UTSMode) || string.IsNullOrEmpty(config.Hostname) ? null : config.Hostname,
            Mounts = mounts.Build(withInit),
            Annotations = hostConfig.Annotations is { Count: > 0 } annotations ? annotations : null,
            Linux = BuildLinux(config, hostConfig, context, capabilities) with { RootfsPropagation = mounts.RootPropagation() },
        };
        return DeviceRequests.Apply(spec, hostConfig.DeviceRequests, context.Devices);
    }

    /// <summary>The container's cgroup below each hierarchy's root: parent and id.</summary>
    public static string CgroupsPath(HostConfig hostConfig, SpecContext context)
    {
        var parent = string.IsNullOrEmpty(hostConfig.CgroupParent) ? context.CgroupParent : hostConfig.CgroupParent;

        // Rooted and cleaned, so that no ".." leads out of the hierarchy.
        return Path.GetFullPath("/" + parent + "/" + context.ContainerId);
    }

    private static List<LinuxIdMapping>? Mappings(HostConfig hostConfig, SpecContext context, IdMap? map) =>
        map is not null && NamespaceSpec.IsUserPrivate(hostConfig, context)
            ? [.. map.Ranges.Select(r => new LinuxIdMapping(r.Inside, r.Outside, r.Count))]
            : null;

    private static LinuxSpec BuildLinux(ContainerConfig config, HostConfig hostConfig, SpecContext context, IReadOnlyList<string> capabilities)
    {
        var privileged = hostConfig.Privileged == true;
        var (nodes, rules) = DeviceSpec.Build(hostConfig);
        return new LinuxSpec
        {
            Sysctl = Sysctls.Build(config, hostConfig, context),
            Resources = ResourceSpec.Build(hostConfig) with { Devices = context.Host.Cgroups.Devices ? rules : null },
            CgroupsPath = CgroupsPath(hostConfig, context),
            Namespaces = NamespaceSpec.Build(hostConfig, context),
            UidMappings = Mappings(hostConfig, context, context.Ids?.Users),
            GidMappings = Mappings(hostConfig, context, context.Ids?.Groups),
            Devices = nodes,
            Seccomp = SeccompFilters.Choose(
                SecurityOptions.Parse(hostConfig).SeccompProfile, context.DefaultSeccompProfile, privileged, context.Host, capabilities),
            MaskedPaths = privileged ? null : hostConfig.MaskedPaths ?? DefaultPaths.Masked,
            ReadonlyPaths = privileged ? null : hostConfig.ReadonlyPaths ?? DefaultPaths.Readonly,
        };
    }
}
