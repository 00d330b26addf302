using Gantry.Api;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>What a create means in the version of the API that the client speaks.</summary>
internal static class CreateVersions
{
    private const string DeprecatedMac = "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.";

    private const string AmbiguousDriver =
        "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead";

    /// <summary>Takes out what the version does not have, puts in its defaults, and says what the client should know.</summary>
    /// <returns>Whether mounts below a read-only bind stay writable (all of them did before 1.44), and warnings.</returns>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: fields that need a newer version, or that this one no longer lets pass.</exception>
    internal static (bool ReadOnlyNonRecursive, IReadOnlyList<string> Warnings) Adjust(ContainerCreateRequest body, ApiVersion version)
    {
        var host = body.HostConfig ??= new HostConfig();
        var mounts = host.Mounts ?? [];
        Defaults(host, version);
        if (version < new ApiVersion(1, 42))
        {
            Before142(host, mounts, version);
        }
        else
        {
            CheckOptions(mounts);
        }

        host.Annotations = version < new ApiVersion(1, 43) ? null : host.Annotations;
        if (version < new ApiVersion(1, 44))
        {
            Before144(body, mounts);
        }

        Refuse(version < new ApiVersion(1, 45) && mounts.Any(m => !string.IsNullOrEmpty(m.VolumeOptions?.Subpath)), "VolumeOptions.Subpath needs API v1.45 or newer");
        Refuse(version < new ApiVersion(1, 48) && mounts.Any(m => m.Type == "image"), "Mount type \"Image\" needs API v1.48 or newer");
        foreach (var endpoint in version < new ApiVersion(1, 48) ? Endpoints(body) : [])
        {
            endpoint.GwPriority = 0;
        }

        host.PidsLimit = host.PidsLimit > 0 ? host.PidsLimit : null;
        return (version < new ApiVersion(1, 44), [.. Warnings(body, host, mounts, version)]);
    }

    private static void Defaults(HostConfig host, ApiVersion version)
    {
        if (version < new ApiVersion(1, 25))
        {
            host.AutoRemove = false;
        }

        if (version < new ApiVersion(1, 40) && string.IsNullOrEmpty(host.IpcMode))
        {
            host.IpcMode = "shareable";
        }

        if (version < new ApiVersion(1, 41) && string.IsNullOrEmpty(host.CgroupnsMode))
        {
            host.CgroupnsMode = "host";
        }
    }

    /// <summary>Options of another type of mount were no error then.</summary>
    private static void Before142(HostConfig host, List<Mount> mounts, ApiVersion version)
    {
        host.ConsoleSize = null;
        foreach (var mount in mounts)
        {
            mount.VolumeOptions = mount.Type == "volume" ? mount.VolumeOptions : null;
            mount.TmpfsOptions = mount.Type == "tmpfs" ? mount.TmpfsOptions : null;
            if (mount.BindOptions is { } bind)
            {
                bind.CreateMountpoint = false;
                bind.NonRecursive = version < new ApiVersion(1, 40) ? false : bind.NonRecursive;
            }
        }
    }

    private static void CheckOptions(List<Mount> mounts)
    {
        foreach (var mount in mounts)
        {
            Refuse(mount.VolumeOptions is not null && mount.Type != "volume", $"VolumeOptions must not be specified on mount type \"{mount.Type}\"");
            Refuse(mount.BindOptions is not null && mount.Type != "bind", $"BindOptions must not be specified on mount type \"{mount.Type}\"");
            Refuse(mount.TmpfsOptions is not null && mount.Type != "tmpfs", $"TmpfsOptions must not be specified on mount type \"{mount.Type}\"");
        }
    }

    private static void Before144(ContainerCreateRequest body, List<Mount> mounts)
    {
        if (body.Healthcheck is { } health)
        {
            health.StartInterval = 0;
        }

        Refuse(mounts.Any(m => m.Type == "bind" && m.BindOptions?.ReadOnlyForceRecursive == true), "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer");
        if (body.NetworkingConfig?.EndpointsConfig is { Count: > 1 } endpoints)
        {
            var names = string.Join(", ", endpoints.Keys.Order(StringComparer.Ordinal));
            throw GantryException.InvalidArgument($"Container cannot be created with multiple network endpoints: {names}");
        }

        // Only the container had an address then.
        foreach (var endpoint in Endpoints(body))
        {
            endpoint.MacAddress = string.IsNullOrEmpty(body.MacAddress) ? string.Empty : body.MacAddress;
        }
    }

    private static IEnumerable<string> Warnings(ContainerCreateRequest body, HostConfig host, List<Mount> mounts, ApiVersion version)
    {
        if (version >= new ApiVersion(1, 48) && !string.IsNullOrEmpty(host.VolumeDriver)
            && mounts.Any(m => m.Type == "volume" && string.IsNullOrEmpty(m.VolumeOptions?.DriverConfig?.Name)))
        {
            yield return AmbiguousDriver;
        }

        if (version >= new ApiVersion(1, 44) && !string.IsNullOrEmpty(body.MacAddress))
        {
            yield return DeprecatedMac;
        }
    }

    private static IEnumerable<EndpointSettings> Endpoints(ContainerCreateRequest body) =>
        (body.NetworkingConfig?.EndpointsConfig?.Values ?? Enumerable.Empty<EndpointSettings?>()).OfType<EndpointSettings>();

    private static void Refuse(bool condition, string message)
    {
        if (condition)
        {
            throw GantryException.InvalidArgument(message);
        }
    }
}
