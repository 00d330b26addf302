using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>The device nodes of a container and what it may do with them.</summary>
internal static class DeviceSpec
{
    internal static (IReadOnlyList<LinuxDevice>? Nodes, IReadOnlyList<LinuxDeviceCgroup> Rules) Build(HostConfig hostConfig)
    {
        var privileged = hostConfig.Privileged == true;
        var nodes = privileged ? HostDevices.All() : [];
        var rules = new List<LinuxDeviceCgroup>(DeviceRules.Default);
        foreach (var mapping in hostConfig.Devices ?? [])
        {
            var (source, target, access) = Read(mapping);

            // A privileged container has the node under its own name already.
            if (!privileged || source != target)
            {
                var found = HostDevices.From(source, target);
                nodes.RemoveAll(node => found.Any(f => f.Path == node.Path));
                nodes.AddRange(found);
                rules.AddRange(found.Select(node => Allow(node, access)));
            }
        }

        if (privileged)
        {
            return (nodes, [DeviceRules.Everything]);
        }

        rules.AddRange((hostConfig.DeviceCgroupRules ?? []).Select(DeviceRules.Parse));
        return (nodes.Count > 0 ? nodes : null, rules);
    }

    /// <summary>Throws InvalidArgument when a mapping asks for other rights than r, w and m; whether the device is there shows at start.</summary>
    internal static void Check(IEnumerable<DeviceMapping>? mappings)
    {
        foreach (var mapping in mappings ?? [])
        {
            _ = Read(mapping);
        }
    }

    private static (string Source, string Target, string Access) Read(DeviceMapping mapping)
    {
        var source = mapping.PathOnHost ?? string.Empty;
        var target = string.IsNullOrEmpty(mapping.PathInContainer) ? source : mapping.PathInContainer;
        var access = string.IsNullOrEmpty(mapping.CgroupPermissions) ? "rwm" : mapping.CgroupPermissions;
        return access.All(c => c is 'r' or 'w' or 'm')
            ? (source, target, access)
            : throw GantryException.InvalidArgument($"bad mode specified: {access}");
    }

    private static LinuxDeviceCgroup Allow(LinuxDevice node, string access) =>
        new() { Allow = true, Type = node.Type, Major = node.Major, Minor = node.Minor, Access = access };
}
