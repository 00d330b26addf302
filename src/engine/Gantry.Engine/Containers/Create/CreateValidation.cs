using Gantry.Api;
using Gantry.Engine.Containers.HealthChecks;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>Refuses what can't work before anything is made, in Docker's words: the part that isn't about the kernel's limits.</summary>
internal static class CreateValidation
{
    /// <exception cref="GantryException">InvalidArgument; NotImplemented for what Docker has and this engine has not yet.</exception>
    internal static void Check(ContainerConfig config, HostConfig host, IReadOnlyCollection<string> runtimes)
    {
        CheckConfig(config);
        PortSpecs.Validate(config, host);
        RestartPolicies.Validate(host.RestartPolicy);
        if (host.AutoRemove == true && RestartPolicies.IsSet(host.RestartPolicy))
        {
            throw GantryException.InvalidArgument("can't create 'AutoRemove' container with restart policy");
        }

        CheckExtraHosts(host);
        CheckUnsupported(host);
        if (!string.IsNullOrEmpty(host.Runtime) && !runtimes.Contains(host.Runtime))
        {
            throw GantryException.InvalidArgument($"unknown or invalid runtime name: {host.Runtime}");
        }

        foreach (var entry in host.ExtraHosts ?? [])
        {
            CheckExtraHost(entry);
        }
    }

    /// <summary><c>NAME:ADDRESS</c>; the address of an IPv6 host may stand in brackets.</summary>
    private static void CheckExtraHost(string entry)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw GantryException.InvalidArgument($"bad format for add-host: \"{entry}\"");
        }

        var address = entry[(colon + 1)..];
        var bare = address is ['[', .., ']'] ? address[1..^1] : address;
        if (bare != "host-gateway" && !System.Net.IPAddress.TryParse(bare, out _))
        {
            throw GantryException.InvalidArgument($"invalid IP address in add-host: \"{bare}\"");
        }
    }

    private static void CheckConfig(ContainerConfig config)
    {
        if (!string.IsNullOrEmpty(config.WorkingDir) && !config.WorkingDir.StartsWith('/'))
        {
            throw GantryException.InvalidArgument($"the working directory '{config.WorkingDir}' is invalid, it needs to be an absolute path");
        }

        if (config.Env?.FirstOrDefault(e => e.Length == 0 || e[0] == '=' || e.Contains('\0', StringComparison.Ordinal)) is { } bad)
        {
            throw GantryException.InvalidArgument($"invalid environment variable: {bad}");
        }

        if (!string.IsNullOrEmpty(config.StopSignal) && Signals.TryParse(config.StopSignal) is null)
        {
            throw GantryException.InvalidArgument($"invalid signal: {config.StopSignal}");
        }

        if (config.Hostname?.Length > 64)
        {
            throw GantryException.InvalidArgument($"invalid hostname: {config.Hostname}");
        }

        HealthSettings.Validate(config.Healthcheck);
    }

    /// <summary><c>name:address</c> or <c>name=address</c>, where <c>host-gateway</c> stands for the host.</summary>
    private static void CheckExtraHosts(HostConfig host)
    {
        foreach (var entry in host.ExtraHosts ?? [])
        {
            var at = entry.IndexOfAny([':', '=']);
            if (at <= 0)
            {
                throw GantryException.InvalidArgument($"bad format for add-host: \"{entry}\"");
            }

            var address = entry[(at + 1)..].Trim('[', ']');
            if (address != "host-gateway" && !System.Net.IPAddress.TryParse(address, out _))
            {
                throw GantryException.InvalidArgument($"invalid IP address in add-host: \"{entry[(at + 1)..]}\"");
            }
        }
    }

    private static void CheckUnsupported(HostConfig host)
    {
        if (host.StorageOpt is { Count: > 0 } options)
        {
            throw GantryException.Internal(options.Keys.FirstOrDefault(k => !k.Equals("size", StringComparison.OrdinalIgnoreCase)) is { } unknown
                ? $"Unknown option {unknown}"
                : "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
        }
    }
}
