using System.Globalization;
using System.Text;
using Gantry.Api;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>The server's half of docker info.</summary>
internal static class ServerInfoText
{
    public static void Print(Cli cli, SystemInfo info)
    {
        var text = new StringBuilder();
        Counts(text, info);
        Storage(text, info);
        Plugins(text, info);
        Swarm(text, info);
        Runtimes(text, info);
        Security(text, info);
        Host(text, info);
        Registries(text, info);
        Tail(text, info);
        cli.Out.Write(text.ToString());
        foreach (var warning in info.Warnings ?? [])
        {
            cli.Error.WriteLine(warning);
        }
    }

    private static void Counts(StringBuilder text, SystemInfo info)
    {
        Line(text, 1, "Containers", info.Containers);
        Line(text, 2, "Running", info.ContainersRunning);
        Line(text, 2, "Paused", info.ContainersPaused);
        Line(text, 2, "Stopped", info.ContainersStopped);
        Line(text, 1, "Images", info.Images);
        NonEmpty(text, 1, "Server Version", info.ServerVersion);
        NonEmpty(text, 1, "Storage Driver", info.Driver);
    }

    private static void Storage(StringBuilder text, SystemInfo info)
    {
        foreach (var pair in (info.DriverStatus ?? []).Where(p => p.Count == 2))
        {
            Line(text, 2, pair[0], pair[1]);
        }

        NonEmpty(text, 1, "Logging Driver", info.LoggingDriver);
        NonEmpty(text, 1, "Cgroup Driver", info.CgroupDriver);
        NonEmpty(text, 1, "Cgroup Version", info.CgroupVersion);
    }

    private static void Plugins(StringBuilder text, SystemInfo info)
    {
        text.Append(" Plugins:\n");
        Line(text, 2, "Volume", string.Join(' ', info.Plugins?.Volume ?? []));
        Line(text, 2, "Network", string.Join(' ', info.Plugins?.Network ?? []));
        if (info.Plugins?.Authorization is { Count: > 0 } authorization)
        {
            Line(text, 2, "Authorization", string.Join(' ', authorization));
        }

        Line(text, 2, "Log", string.Join(' ', info.Plugins?.Log ?? []));
        if (info.CDISpecDirs is { Count: > 0 } folders)
        {
            text.Append(" CDI spec directories:\n");
            folders.ForEach(folder => text.Append("  ").Append(folder).Append('\n'));
        }
    }

    private static void Swarm(StringBuilder text, SystemInfo info)
    {
        var swarm = info.Swarm;
        Line(text, 1, "Swarm", swarm?.LocalNodeState ?? "");
        if (swarm?.LocalNodeState is null or "" or "inactive" or "locked")
        {
            return;
        }

        Line(text, 2, "NodeID", swarm.NodeID ?? "");
        NonEmpty(text, 2, "Error", swarm.Error);
        Line(text, 2, "Is Manager", swarm.ControlAvailable == true);
        Line(text, 2, "Node Address", swarm.NodeAddr ?? "");
    }

    private static void Runtimes(StringBuilder text, SystemInfo info)
    {
        if (info.Runtimes is { Count: > 0 } runtimes)
        {
            Line(text, 1, "Runtimes", string.Join(' ', runtimes.Keys.Order(StringComparer.Ordinal)));
            Line(text, 1, "Default Runtime", info.DefaultRuntime ?? "");
        }

        Line(text, 1, "Init Binary", info.InitBinary ?? "");
        Line(text, 1, "containerd version", info.ContainerdCommit?.ID ?? "");
        Line(text, 1, "runc version", info.RuncCommit?.ID ?? "");
        Line(text, 1, "init version", info.InitCommit?.ID ?? "");
    }

    private static void Security(StringBuilder text, SystemInfo info)
    {
        if (info.SecurityOptions is not { Count: > 0 } options)
        {
            return;
        }

        text.Append(" Security Options:\n");
        foreach (var option in options)
        {
            var fields = option.Split(',').Select(CommandLine.FlagValues.Pair).ToList();
            text.Append("  ").Append(fields.Find(f => f.Key == "name").Value ?? option).Append('\n');
            foreach (var (key, value) in fields.Where(f => f.Key != "name"))
            {
                text.Append("   ").Append(key == "profile" ? "Profile" : key).Append(": ").Append(value).Append('\n');
            }
        }
    }

    private static void Host(StringBuilder text, SystemInfo info)
    {
        NonEmpty(text, 1, "Kernel Version", info.KernelVersion);
        NonEmpty(text, 1, "Operating System", info.OperatingSystem);
        NonEmpty(text, 1, "OSType", info.OSType);
        NonEmpty(text, 1, "Architecture", info.Architecture);
        Line(text, 1, "CPUs", info.NCPU);
        Line(text, 1, "Total Memory", Sizes.Binary(info.MemTotal ?? 0));
        NonEmpty(text, 1, "Name", info.Name);
        NonEmpty(text, 1, "ID", info.ID);
        Line(text, 1, "Docker Root Dir", info.DockerRootDir ?? "");
        Line(text, 1, "Debug Mode", info.Debug == true);
        if (info.Debug == true)
        {
            Line(text, 2, "File Descriptors", info.NFd);
            Line(text, 2, "Goroutines", info.NGoroutines);
            Line(text, 2, "System Time", info.SystemTime ?? "");
            Line(text, 2, "EventsListeners", info.NEventsListener);
        }

        NonEmpty(text, 1, "HTTP Proxy", info.HttpProxy);
        NonEmpty(text, 1, "HTTPS Proxy", info.HttpsProxy);
        NonEmpty(text, 1, "No Proxy", info.NoProxy);
        if (info.Labels is { Count: > 0 } labels)
        {
            text.Append(" Labels:\n");
            labels.ForEach(label => text.Append("  ").Append(label).Append('\n'));
        }

        Line(text, 1, "Experimental", info.ExperimentalBuild == true);
    }

    private static void Registries(StringBuilder text, SystemInfo info)
    {
        var registries = info.RegistryConfig;
        var insecure = (registries?.IndexConfigs ?? []).Where(i => i.Value?.Secure == false).Select(i => i.Key)
            .Concat(registries?.InsecureRegistryCIDRs ?? []).ToList();
        if (insecure.Count > 0)
        {
            text.Append(" Insecure Registries:\n");
            insecure.ForEach(registry => text.Append("  ").Append(registry).Append('\n'));
        }

        if (registries?.Mirrors is { Count: > 0 } mirrors)
        {
            text.Append(" Registry Mirrors:\n");
            mirrors.ForEach(mirror => text.Append("  ").Append(mirror).Append('\n'));
        }
    }

    private static void Tail(StringBuilder text, SystemInfo info)
    {
        Line(text, 1, "Live Restore Enabled", info.LiveRestoreEnabled == true);
        NonEmpty(text, 1, "Product License", info.ProductLicense);
        if (info.DefaultAddressPools is { Count: > 0 } pools)
        {
            text.Append(" Default Address Pools:\n");
            pools.ForEach(pool => text.Append(CultureInfo.InvariantCulture, $"   Base: {pool.Base}, Size: {pool.Size}\n"));
        }

        if (info.FirewallBackend is { Driver: { Length: > 0 } driver } firewall)
        {
            Line(text, 1, "Firewall Backend", driver);
            foreach (var pair in (firewall.Info ?? []).Where(p => p.Count == 2))
            {
                Line(text, 2, pair[0], pair[1]);
            }
        }

        text.Append('\n');
    }

    private static void NonEmpty(StringBuilder text, int indent, string label, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Line(text, indent, label, value);
        }
    }

    private static void Line(StringBuilder text, int indent, string label, string value) => text.Append(' ', indent).Append(label).Append(": ").Append(value).Append('\n');

    private static void Line(StringBuilder text, int indent, string label, bool value) => Line(text, indent, label, value ? "true" : "false");

    private static void Line(StringBuilder text, int indent, string label, long? value) => Line(text, indent, label, (value ?? 0).ToString(CultureInfo.InvariantCulture));
}
