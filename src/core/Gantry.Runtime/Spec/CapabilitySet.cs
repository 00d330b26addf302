using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Docker's default capabilities and what <c>--cap-add</c>, <c>--cap-drop</c> and <c>--privileged</c> make of them.</summary>
public static class CapabilitySet
{
    private const string AllName = "ALL";

    private static readonly HashSet<string> s_known = [.. HostCapabilities.All];

    /// <summary>What a container has that asks for nothing.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>Full upper-case names without repetition; <c>ALL</c> stays. Throws InvalidArgument on a name no kernel has.</summary>
    public static List<string> Normalize(IEnumerable<string> names)
    {
        var normalized = new List<string>();
        foreach (var name in names)
        {
            var upper = name.ToUpperInvariant();
            var full = upper == AllName || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
            if (full != AllName && !s_known.Contains(full))
            {
                throw GantryException.InvalidArgument($"unknown capability: \"{full}\"");
            }

            if (!normalized.Contains(full))
            {
                normalized.Add(full);
            }
        }

        return normalized;
    }

    /// <summary>The set for a container; never more than <paramref name="available"/>, which the host can give.</summary>
    public static IReadOnlyList<string> Resolve(
        IEnumerable<string>? add, IEnumerable<string>? drop, bool privileged, IReadOnlyList<string> available)
    {
        if (privileged)
        {
            return available;
        }

        var added = Normalize(add ?? []);
        var dropped = Normalize(drop ?? []);
        if (added.Contains(AllName))
        {
            return [.. available.Except(dropped)];
        }

        // Capabilities that were added although the host lacks them are left to the runtime to refuse.
        return dropped.Contains(AllName) ? added : [.. Default.Intersect(available).Except(dropped).Union(added)];
    }

    /// <summary>The runtime's sets: no ambient or inheritable ones, so that they end with a change of user.</summary>
    internal static LinuxCapabilities ToSets(IReadOnlyList<string> names) =>
        new() { Bounding = names, Effective = names, Permitted = names };
}
