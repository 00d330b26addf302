using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Ulimits as the kernel's resource limits (setrlimit(2)).</summary>
internal static class Rlimits
{
    private static readonly HashSet<string> s_names =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
        "sigpending", "stack",
    ];

    internal static void Check(IEnumerable<Ulimit>? limits)
    {
        foreach (var limit in limits ?? [])
        {
            if (!s_names.Contains(limit.Name ?? string.Empty))
            {
                throw GantryException.InvalidArgument($"wrong rlimit value: RLIMIT_{limit.Name?.ToUpperInvariant()}");
            }

            if (ToKernel(limit.Soft) > ToKernel(limit.Hard))
            {
                throw GantryException.InvalidArgument($"ulimit soft limit must be less than or equal to hard limit: {limit.Soft} > {limit.Hard}");
            }
        }
    }

    /// <summary>The container's own limits and those of the engine's defaults it does not set itself; null when there are none.</summary>
    internal static IReadOnlyList<PosixRlimit>? Build(IReadOnlyList<Ulimit>? own, IReadOnlyList<Ulimit> defaults)
    {
        Check(own);
        var set = own ?? [];
        var all = set.Concat(defaults.Where(limit => set.All(o => o.Name != limit.Name)));
        var rlimits = all.Select(limit => new PosixRlimit("RLIMIT_" + limit.Name!.ToUpperInvariant(), ToKernel(limit.Hard), ToKernel(limit.Soft))).ToList();
        return rlimits.Count > 0 ? rlimits : null;
    }

    /// <summary>-1 is unlimited, which the kernel writes as all ones.</summary>
    private static ulong ToKernel(long? value) => unchecked((ulong)(value ?? 0));
}
