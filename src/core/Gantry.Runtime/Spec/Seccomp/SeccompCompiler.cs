using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Evaluates a profile's conditions for one container and this host.</summary>
internal static class SeccompCompiler
{
    private static readonly Dictionary<string, string> s_libseccompNames = new()
    {
        ["amd64"] = "SCMP_ARCH_X86_64",
        ["386"] = "SCMP_ARCH_X86",
        ["arm64"] = "SCMP_ARCH_AARCH64",
        ["arm"] = "SCMP_ARCH_ARM",
        ["riscv64"] = "SCMP_ARCH_RISCV64",
        ["s390x"] = "SCMP_ARCH_S390X",
        ["ppc64le"] = "SCMP_ARCH_PPC64LE",
    };

    /// <summary>The runtime's filter, or null for a profile that says nothing (no default action, no rules).</summary>
    internal static LinuxSeccomp? Compile(SeccompProfile profile, HostFacts host, IReadOnlyCollection<string> capabilities)
    {
        if (string.IsNullOrEmpty(profile.DefaultAction) && profile.Syscalls is not { Count: > 0 })
        {
            return null;
        }

        if (profile.Architectures is { Count: > 0 } && profile.ArchMap is { Count: > 0 })
        {
            throw GantryException.InvalidArgument(
                "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'");
        }

        var conditions = new SeccompConditions(ProfileArchitecture(host.Architecture), host.KernelVersion, [.. capabilities]);
        return new LinuxSeccomp
        {
            DefaultAction = profile.DefaultAction ?? string.Empty,
            DefaultErrnoRet = profile.DefaultErrnoRet,
            Architectures = Architectures(profile, host.Architecture),
            Flags = profile.Flags is { Count: > 0 } ? profile.Flags : null,
            ListenerPath = profile.ListenerPath,
            ListenerMetadata = profile.ListenerMetadata,
            Syscalls = [.. (profile.Syscalls ?? []).Where(conditions.Hold).Select(ToSyscall)],
        };
    }

    private static IReadOnlyList<string>? Architectures(SeccompProfile profile, string architecture)
    {
        if (profile.Architectures is { Count: > 0 })
        {
            return profile.Architectures;
        }

        var entry = profile.ArchMap?.FirstOrDefault(map => map.Architecture == s_libseccompNames.GetValueOrDefault(architecture));
        return entry is null ? null : [entry.Architecture!, .. entry.SubArchitectures ?? []];
    }

    private static LinuxSyscall ToSyscall(SeccompRule rule)
    {
        if (!string.IsNullOrEmpty(rule.Name) && rule.Names is { Count: > 0 })
        {
            throw GantryException.InvalidArgument(
                "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
        }

        return new LinuxSyscall
        {
            Names = rule.Names is { Count: > 0 } ? rule.Names : [rule.Name ?? string.Empty],
            Action = rule.Action ?? string.Empty,
            ErrnoRet = rule.ErrnoRet,
            Args = rule.Args is { Count: > 0 } args ? [.. args.Select(ToArgument)] : null,
        };
    }

    private static LinuxSeccompArg ToArgument(SeccompRuleArgument argument) => new()
    {
        Index = argument.Index,
        Value = argument.Value,
        ValueTwo = argument.ValueTwo == 0 ? null : argument.ValueTwo,
        Op = argument.Op ?? string.Empty,
    };

    /// <summary>Profiles say x86 where Go says 386.</summary>
    private static string ProfileArchitecture(string architecture) => architecture == "386" ? "x86" : architecture;

    private sealed record SeccompConditions(string Architecture, Version Kernel, HashSet<string> Capabilities)
    {
        internal bool Hold(SeccompRule rule) => !Excluded(rule.Excludes) && Included(rule.Includes);

        private bool Excluded(SeccompFilter? filter) =>
            filter is not null
            && ((filter.Arches?.Contains(Architecture) ?? false)
                || (filter.Caps?.Any(Capabilities.Contains) ?? false)
                || (filter.MinKernel is { } minimum && Kernel >= HostFacts.ParseKernelVersion(minimum)));

        private bool Included(SeccompFilter? filter) =>
            filter is null
            || ((filter.Arches is not { Count: > 0 } arches || arches.Contains(Architecture))
                && (filter.Caps is not { Count: > 0 } caps || caps.All(Capabilities.Contains))
                && (filter.MinKernel is not { } minimum || Kernel >= HostFacts.ParseKernelVersion(minimum)));
    }
}
