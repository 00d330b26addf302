using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Checks what a HostConfig asks of the kernel besides resources: modes, capabilities, security options, ulimits, tmpfs, sysctls.
/// Nothing here looks at other objects (networks, volumes, images): that is the engine's part.
/// </summary>
public static class HostSettingsValidator
{
    /// <summary>
    /// Runs <see cref="ResourceValidator"/> and the checks of the rest. The result has capabilities in their full names.
    /// Throws <see cref="GantryException"/> (InvalidArgument) in Docker's words.
    /// </summary>
    public static ValidationResult Validate(ContainerConfig config, HostConfig hostConfig, HostFacts host)
    {
        var (settings, warnings) = ResourceValidator.Validate(hostConfig, host);
        var all = new List<string>(warnings);
        settings.CapAdd = NormalizeCapabilities(settings.CapAdd, "CapAdd");
        settings.CapDrop = NormalizeCapabilities(settings.CapDrop, "CapDrop");
        _ = SecurityOptions.Parse(settings);
        CheckModes(config, settings);
        CheckNumbers(settings);
        CheckTmpfs(settings);
        CheckSysctls(config, settings);
        Rlimits.Check(settings.Ulimits);
        DeviceSpec.Check(settings.Devices);
        DeviceRules.CheckRules(settings.DeviceCgroupRules);
        CheckHost(settings, host, all);
        return new ValidationResult(settings, all);
    }

    private static List<string>? NormalizeCapabilities(List<string>? names, string field)
    {
        try
        {
            return names is null ? null : CapabilitySet.Normalize(names);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"invalid {field}: {e.Message}", e);
        }
    }

    private static void CheckModes(ContainerConfig config, HostConfig settings)
    {
        Require(Modes.IsValidIpc(settings.IpcMode), $"invalid IPC mode: {settings.IpcMode}");
        Require(Modes.IsValidPid(settings.PidMode), $"invalid PID mode: {settings.PidMode}");
        Require(Modes.IsValidUts(settings.UTSMode), $"invalid UTS mode: {settings.UTSMode}");
        Require(Modes.IsValidCgroupns(settings.CgroupnsMode), $"invalid cgroup namespace mode: {settings.CgroupnsMode}");
        Require(settings.UsernsMode is null or "" or "host", $"invalid USER mode: {settings.UsernsMode}");
        Require(settings.Isolation is null or "" or "default", $"invalid isolation ({settings.Isolation}): linux only supports 'default'");
        Require(!Modes.IsHost(settings.UTSMode) || string.IsNullOrEmpty(config.Hostname), "conflicting options: hostname and the UTS mode");
        Require(
            !Modes.IsHost(settings.UTSMode) || string.IsNullOrEmpty(config.Domainname),
            "sysctl \"kernel.domainname\" is not in a separate kernel namespace");
        if (settings.Annotations?.ContainsKey(string.Empty) == true)
        {
            throw GantryException.InvalidArgument("invalid Annotations: the empty string is not permitted as an annotation key");
        }
    }

    private static void CheckNumbers(HostConfig settings)
    {
        Require(settings.ShmSize is null or >= 0, "SHM size can not be less than 0");
        Require(
            settings.OomScoreAdj is null or (>= -1000 and <= 1000),
            $"Invalid value {settings.OomScoreAdj}, range for oom score adj is [-1000, 1000]");
    }

    private static void CheckTmpfs(HostConfig settings)
    {
        foreach (var (destination, options) in settings.Tmpfs ?? [])
        {
            TmpfsOptions.CheckDestination(destination);
            _ = TmpfsOptions.Merge(options);
        }
    }

    private static void CheckSysctls(ContainerConfig config, HostConfig settings)
    {
        foreach (var name in settings.Sysctls?.Keys ?? Enumerable.Empty<string>())
        {
            Sysctls.CheckAllowed(name, settings, config);
        }
    }

    private static void CheckHost(HostConfig settings, HostFacts host, List<string> warnings)
    {
        var ownNetwork = !Modes.IsHost(settings.NetworkMode) && settings.NetworkMode != "none";
        if (ownNetwork && host.IPv4Forwarding == false)
        {
            warnings.Add("IPv4 forwarding is disabled. Networking will not work.");
        }

        if (Modes.IsHost(settings.NetworkMode) && settings.PortBindings is { Count: > 0 })
        {
            warnings.Add("Published ports are discarded when using host network mode");
        }

        if (settings.CgroupnsMode == "private" && !host.CgroupNamespaces)
        {
            warnings.Add("Your kernel does not support cgroup namespaces.  Cgroup namespace setting discarded.");
            settings.CgroupnsMode = "host";
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw GantryException.InvalidArgument(message);
        }
    }
}
