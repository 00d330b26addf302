using System.Globalization;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>CPU time, shares, sets and the real-time scheduler.</summary>
internal static class CpuRules
{
    private const long NanoCpusPerCpu = 1_000_000_000;

    internal static void Check(HostConfig config, HostFacts host, List<string> warnings)
    {
        CheckNanoCpus(config, host);
        CheckShares(config, host.Cgroups, warnings);
        CheckQuota(config, host.Cgroups, warnings);
        CheckRealtime(config, host.Cgroups);
        CheckSets(config, host.Cgroups, warnings);
        if (config.CpuPercent > 0)
        {
            warnings.Add("linux does not support CPU percent. Percent discarded.");
            config.CpuPercent = 0;
        }
    }

    private static void CheckNanoCpus(HostConfig config, HostFacts host)
    {
        if (config.NanoCpus > 0 && config.CpuPeriod > 0)
        {
            throw GantryException.InvalidArgument("Conflicting options: Nano CPUs and CPU Period cannot both be set");
        }

        if (config.NanoCpus > 0 && config.CpuQuota > 0)
        {
            throw GantryException.InvalidArgument("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
        }

        if (config.NanoCpus > 0 && !host.Cgroups.CpuCfs)
        {
            throw GantryException.InvalidArgument(
                "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted");
        }

        // The kernel takes no quota under 1 ms, which is 0.01 of the period used here.
        if (config.NanoCpus < 0 || config.NanoCpus > host.CpuCount * NanoCpusPerCpu || config.NanoCpus is > 0 and < NanoCpusPerCpu / 100)
        {
            throw GantryException.InvalidArgument(string.Create(
                CultureInfo.InvariantCulture,
                $"range of CPUs is from 0.01 to {host.CpuCount}.00, as there are only {host.CpuCount} CPUs available"));
        }
    }

    private static void CheckShares(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.CpuShares < 0)
        {
            throw GantryException.InvalidArgument($"invalid CPU shares ({config.CpuShares}): value must be a positive integer");
        }

        if (config.CpuShares > 0 && !cgroups.CpuShares)
        {
            warnings.Add("Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.");
            config.CpuShares = 0;
        }

        if (config.CpuShares == 1)
        {
            throw GantryException.InvalidArgument("the minimum allowed cpu-shares is 2");
        }
    }

    private static void CheckQuota(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if ((config.CpuPeriod is not (null or 0) || config.CpuQuota is not (null or 0)) && !cgroups.CpuCfs)
        {
            warnings.Add("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.");
            config.CpuPeriod = 0;
            config.CpuQuota = 0;
        }

        if (config.CpuPeriod is not (null or 0) and (< 1000 or > 1_000_000))
        {
            throw GantryException.InvalidArgument("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        }

        if (config.CpuQuota is > 0 and < 1000)
        {
            throw GantryException.InvalidArgument("CPU cfs quota can not be less than 1ms (i.e. 1000)");
        }
    }

    private static void CheckRealtime(HostConfig config, CgroupFacts cgroups)
    {
        if (config.CpuRealtimePeriod is (null or 0) && config.CpuRealtimeRuntime is (null or 0))
        {
            return;
        }

        if (!cgroups.CpuRealtime)
        {
            throw GantryException.InvalidArgument("kernel does not support CPU real-time scheduler");
        }

        if (config.CpuRealtimePeriod > 0 && config.CpuRealtimeRuntime > config.CpuRealtimePeriod)
        {
            throw GantryException.InvalidArgument("cpu real-time runtime cannot be higher than cpu real-time period");
        }
    }

    private static void CheckSets(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if ((!string.IsNullOrEmpty(config.CpusetCpus) || !string.IsNullOrEmpty(config.CpusetMems)) && !cgroups.Cpuset)
        {
            warnings.Add("Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.");
            config.CpusetCpus = string.Empty;
            config.CpusetMems = string.Empty;
        }

        CheckSet(config.CpusetCpus ?? string.Empty, cgroups.AvailableCpus, "cpuset cpus", "CPUs");
        CheckSet(config.CpusetMems ?? string.Empty, cgroups.AvailableMems, "cpuset mems", "memory nodes");
    }

    private static void CheckSet(string wanted, string available, string what, string noun)
    {
        if (!IdList.TryParse(wanted, out var ids))
        {
            throw GantryException.InvalidArgument($"Invalid value {wanted} for {what}: invalid format: {wanted}");
        }

        if (IdList.TryParse(available, out var there) && there.Count > 0 && !ids.IsSubsetOf(there))
        {
            throw GantryException.InvalidArgument($"Requested {noun} are not available - requested {wanted}, available: {available}");
        }
    }
}
