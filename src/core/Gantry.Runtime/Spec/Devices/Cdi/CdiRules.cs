namespace Gantry.Runtime.Spec;

/// <summary>What a CDI file and the names in it must be like (CDI specification, "CDI JSON Specification").</summary>
internal static class CdiRules
{
    private static readonly HashSet<string> s_versions = ["0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0"];
    private static readonly HashSet<string> s_hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <exception cref="InvalidDataException">With the reason.</exception>
    internal static void Check(CdiSpec spec)
    {
        Require(s_versions.Contains(spec.CdiVersion), $"invalid version \"{spec.CdiVersion}\"");
        var slash = spec.Kind.IndexOf('/', StringComparison.Ordinal);
        Require(slash > 0 && IsName(spec.Kind[..slash], "-_.") && IsName(spec.Kind[(slash + 1)..], "-_."), $"invalid kind \"{spec.Kind}\"");
        Require(spec.Devices.Count > 0, "no devices");
        Check(spec.ContainerEdits);
        var names = new HashSet<string>();
        foreach (var device in spec.Devices)
        {
            Require(IsDeviceName(device.Name), $"invalid device name \"{device.Name}\"");
            Require(names.Add(device.Name), $"duplicate device \"{device.Name}\"");
            Require(device.ContainerEdits is not null && device.ContainerEdits != new CdiEdits(), $"device \"{device.Name}\": empty device edits");
            Check(device.ContainerEdits);
        }
    }

    /// <summary>True for <c>vendor/class=name</c>.</summary>
    internal static bool IsQualifiedName(string name)
    {
        var equals = name.IndexOf('=', StringComparison.Ordinal);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && equals > slash
            && IsName(name[..slash], "-_.") && IsName(name[(slash + 1)..equals], "-_.") && IsDeviceName(name[(equals + 1)..]);
    }

    private static void Check(CdiEdits? edits)
    {
        foreach (var entry in edits?.Env ?? [])
        {
            Require(entry.IndexOf('=', StringComparison.Ordinal) > 0, $"invalid environment variable \"{entry}\"");
        }

        foreach (var node in edits?.DeviceNodes ?? [])
        {
            Require(node.Path.Length > 0, "invalid (empty) device path");
            Require(node.Type is null or "" or "b" or "c" or "u" or "p", $"device \"{node.Path}\": invalid type \"{node.Type}\"");
            Require(
                node.Permissions is null or "none" || node.Permissions.All(c => c is 'r' or 'w' or 'm'),
                $"device \"{node.Path}\": invalid permissions \"{node.Permissions}\"");
        }

        foreach (var mount in edits?.Mounts ?? [])
        {
            Require(mount.HostPath.Length > 0, "invalid mount, empty host path");
            Require(mount.ContainerPath.Length > 0, "invalid mount, empty container path");
        }

        foreach (var hook in edits?.Hooks ?? [])
        {
            Require(s_hooks.Contains(hook.HookName), $"invalid hook name \"{hook.HookName}\"");
            Require(hook.Path.Length > 0, $"invalid hook \"{hook.HookName}\" with empty path");
        }
    }

    private static bool IsDeviceName(string name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && (name.Length == 1 || (char.IsAsciiLetterOrDigit(name[^1]) && IsMadeOf(name, "-_.:")));

    /// <summary>A letter first, a letter or digit last.</summary>
    private static bool IsName(string name, string others) =>
        name.Length > 0 && char.IsAsciiLetter(name[0]) && char.IsAsciiLetterOrDigit(name[^1]) && IsMadeOf(name, others);

    private static bool IsMadeOf(string name, string others) => name.All(c => char.IsAsciiLetterOrDigit(c) || others.Contains(c, StringComparison.Ordinal));

    private static void Require(bool condition, string reason)
    {
        if (!condition)
        {
            throw new InvalidDataException(reason);
        }
    }
}
