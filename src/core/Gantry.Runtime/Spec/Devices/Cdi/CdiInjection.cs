using System.Runtime.InteropServices;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Carries out CDI's edits on a container's configuration (CDI specification, "OCI Edits").</summary>
internal static class CdiInjection
{
    /// <param name="of">Name of what the edits belong to, for messages.</param>
    internal static RuntimeSpec Apply(RuntimeSpec spec, CdiEdits? edits, string of)
    {
        if (edits is null)
        {
            return spec;
        }

        if (edits.IntelRdt is not null)
        {
            throw CdiDevices.Failed($"{of}: intelRdt is not available in this version");
        }

        var (nodes, rules) = Devices(spec, edits.DeviceNodes ?? []);
        return spec with
        {
            Process = spec.Process with
            {
                Env = Environment(spec.Process.Env, edits.Env ?? []),
                User = spec.Process.User with { AdditionalGids = Groups(spec.Process.User.AdditionalGids, edits.AdditionalGids ?? []) },
            },
            Mounts = Mounts(spec.Mounts, edits.Mounts ?? []),
            Hooks = Hooks(spec.Hooks, edits.Hooks ?? []),
            Linux = spec.Linux! with { Devices = nodes, Resources = spec.Linux.Resources is { Devices: not null } limits ? limits with { Devices = rules } : spec.Linux.Resources },
        };
    }

    /// <summary>Mounts with parents before children, otherwise as they were.</summary>
    internal static RuntimeSpec InOrder(RuntimeSpec spec) =>
        spec with { Mounts = [.. spec.Mounts.OrderBy(m => m.Destination.Trim('/').Count(c => c == '/'))] };

    private static List<string> Environment(IReadOnlyList<string> given, List<string> added)
    {
        var names = added.Select(Name).ToHashSet();
        return [.. given.Where(e => !names.Contains(Name(e))), .. added.Where((e, i) => added.FindLastIndex(o => Name(o) == Name(e)) == i)];
    }

    private static string Name(string variable) => variable.Split('=', 2)[0];

    private static List<uint>? Groups(IReadOnlyList<uint>? given, List<uint> added)
    {
        List<uint> all = [.. (given ?? []).Concat(added.Where(g => g != 0)).Distinct()];
        return all.Count > 0 ? all : null;
    }

    private static IReadOnlyList<RuntimeMount> Mounts(IReadOnlyList<RuntimeMount> given, List<CdiMount> added)
    {
        foreach (var mount in added)
        {
            given =
            [
                .. given.Where(m => m.Destination != mount.ContainerPath),
                new RuntimeMount { Destination = mount.ContainerPath, Source = mount.HostPath, Type = mount.Type is { Length: > 0 } type ? type : null, Options = mount.Options },
            ];
        }

        return given;
    }

    private static RuntimeHooks? Hooks(RuntimeHooks? given, List<CdiHook> added)
    {
        foreach (var hook in added)
        {
            var made = new RuntimeHook { Path = hook.Path, Args = hook.Args, Env = hook.Env, Timeout = hook.Timeout };
            given ??= new RuntimeHooks();
            given = hook.HookName switch
            {
                "prestart" => given with { Prestart = [.. given.Prestart ?? [], made] },
                "createRuntime" => given with { CreateRuntime = [.. given.CreateRuntime ?? [], made] },
                "createContainer" => given with { CreateContainer = [.. given.CreateContainer ?? [], made] },
                "startContainer" => given with { StartContainer = [.. given.StartContainer ?? [], made] },
                "poststart" => given with { Poststart = [.. given.Poststart ?? [], made] },
                _ => given with { Poststop = [.. given.Poststop ?? [], made] },
            };
        }

        return given;
    }

    private static (IReadOnlyList<LinuxDevice>? Nodes, IReadOnlyList<LinuxDeviceCgroup>? Rules) Devices(RuntimeSpec spec, List<CdiDeviceNode> added)
    {
        var nodes = spec.Linux!.Devices;
        var rules = spec.Linux.Resources?.Devices;
        foreach (var node in added)
        {
            var device = Complete(node, spec.Process.User);
            nodes = [.. (nodes ?? []).Where(n => n.Path != device.Path), device];
            if (device.Type is "b" or "c")
            {
                var access = node.Permissions switch { null or "" => "rwm", "none" => string.Empty, var given => given };
                rules = [.. rules ?? [], new LinuxDeviceCgroup { Allow = true, Type = device.Type, Major = device.Major, Minor = device.Minor, Access = access }];
            }
        }

        return (nodes, rules);
    }

    /// <summary>What the file leaves open is the host's device's; its owner is the container's user.</summary>
    private static LinuxDevice Complete(CdiDeviceNode node, RuntimeUser user)
    {
        var device = new LinuxDevice
        {
            Path = node.Path,
            Type = node.Type ?? string.Empty,
            Major = node.Major,
            Minor = node.Minor,
            FileMode = node.FileMode,
            Uid = node.Uid ?? (user.Uid > 0 ? user.Uid : null),
            Gid = node.Gid ?? (user.Gid > 0 ? user.Gid : null),
        };
        if (device.Type.Length > 0 && (device.Major != 0 || device.Type == "p"))
        {
            return device;
        }

        var host = node.HostPath is { Length: > 0 } given ? given : node.Path;
        var error = -FileAt.TryStat(FileAt.CurrentDirectory, host, out var status);
        if (error != 0)
        {
            throw CdiDevices.Failed($"failed to stat CDI host device \"{host}\": {Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant()}");
        }

        var type = status.Kind switch
        {
            FileKind.BlockDevice => "b",
            FileKind.CharacterDevice => "c",
            FileKind.Fifo => "p",
            _ => throw CdiDevices.Failed($"failed to stat CDI host device \"{host}\": not a device node"),
        };
        if (device.Type.Length > 0 && device.Type != type)
        {
            throw CdiDevices.Failed($"CDI device (\"{node.Path}\", \"{host}\"), host type mismatch ({device.Type}, {type})");
        }

        return device with
        {
            Type = type,
            Major = device.Major == 0 && type != "p" ? status.DeviceMajor : device.Major,
            Minor = device.Major == 0 && type != "p" ? status.DeviceMinor : device.Minor,
        };
    }
}
