using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>The parsed <c>SecurityOpt</c> of a HostConfig.</summary>
public sealed record SecurityOptions
{
    /// <summary>Null takes the engine's.</summary>
    public bool? NoNewPrivileges { get; private init; }

    /// <summary>Leaves the cgroup mount of an unprivileged container writable.</summary>
    public bool WritableCgroups { get; private init; }

    /// <summary>Name of a loaded profile or <c>unconfined</c>; null takes the engine's.</summary>
    public string? AppArmorProfile { get; private init; }

    /// <summary><c>unconfined</c>, <c>builtin</c> or a profile's JSON; null takes the engine's.</summary>
    public string? SeccompProfile { get; private init; }

    /// <summary>SELinux labels, kept for inspection; the engine has no SELinux support, as a Docker engine without --selinux-enabled.</summary>
    public IReadOnlyList<string> Labels { get; private init; } = [];

    /// <summary>Throws <see cref="GantryException"/> (InvalidArgument) on an unknown option or value.</summary>
    public static SecurityOptions Parse(HostConfig hostConfig)
    {
        var options = new SecurityOptions();
        foreach (var option in hostConfig.SecurityOpt ?? [])
        {
            options = options.With(option);
        }

        return options;
    }

    private SecurityOptions With(string option)
    {
        switch (option)
        {
            case "no-new-privileges":
                return this with { NoNewPrivileges = true };
            case "writable-cgroups":
                return this with { WritableCgroups = true };
            case "disable":
                return this with { Labels = [.. Labels, "disable"] };
        }

        // The colon is the older separator; profiles (JSON) have both, so the equals sign goes first.
        var separator = option.Contains('=', StringComparison.Ordinal) ? '=' : ':';
        var at = option.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0)
        {
            throw GantryException.InvalidArgument($"invalid --security-opt 1: \"{option}\"");
        }

        var value = option[(at + 1)..];
        return option[..at] switch
        {
            "label" => this with { Labels = [.. Labels, value] },
            "apparmor" => this with { AppArmorProfile = value },
            "seccomp" => this with { SeccompProfile = value },
            "no-new-privileges" => this with { NoNewPrivileges = ParseFlag(option, value) },
            "writable-cgroups" => this with { WritableCgroups = ParseFlag(option, value) },
            _ => throw Invalid(option),
        };
    }

    /// <summary>Go's strconv.ParseBool.</summary>
    private static bool ParseFlag(string option, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw Invalid(option),
    };

    private static GantryException Invalid(string option) => GantryException.InvalidArgument($"invalid --security-opt 2: \"{option}\"");
}
