using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>
/// How mounts propagate between a bind's source and the container. A bind that contains the engine's own mounts must be told of their
/// unmounting, or containers hold each other's root file systems: <c>rslave</c> is its default, and what keeps them is refused.
/// </summary>
internal static class BindPropagation
{
    private const string Default = "rprivate";

    /// <summary>The mount with its propagation filled in; only binds have one.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static ContainerMount Settle(ContainerMount mount, string dataRoot)
    {
        if (mount.Type != "bind")
        {
            return mount;
        }

        if (!IsWithin(mount.Source, dataRoot) && !IsWithin(dataRoot, mount.Source))
        {
            return mount.Propagation.Length > 0 ? mount : mount with { Propagation = Default };
        }

        return mount.Propagation switch
        {
            "" => mount with { Propagation = "rslave" },
            "rslave" or "rshared" => mount,
            _ => throw GantryException.InvalidArgument(
                "invalid mount config: must use either propagation mode \"rslave\" or \"rshared\" when mount source is within the daemon root, "
                + $"daemon root: \"{dataRoot}\", bind mount source: \"{mount.Source}\", propagation: \"{mount.Propagation}\""),
        };
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);
}
