using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>Memory, OOM killer and pids.</summary>
internal static class MemoryRules
{
    /// <summary>Below this a container can't be started by the runtimes.</summary>
    private const long Minimum = 6 * 1024 * 1024;

    internal static void Check(HostConfig config, CgroupFacts cgroups, bool update, List<string> warnings)
    {
        CheckLimit(config, cgroups, warnings);
        CheckSwap(config, cgroups, update, warnings);
        CheckSwappiness(config, cgroups, warnings);
        CheckReservation(config, cgroups, warnings);
        CheckKernelMemory(config, warnings);
        CheckOomKiller(config, cgroups, warnings);
        CheckPids(config, cgroups, warnings);
    }

    private static void CheckLimit(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.Memory is not (null or 0) && config.Memory < Minimum)
        {
            throw GantryException.InvalidArgument("Minimum memory limit allowed is 6MB");
        }

        if (config.Memory > 0 && !cgroups.MemoryLimit)
        {
            warnings.Add("Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
            config.Memory = 0;
            config.MemorySwap = -1;
        }
    }

    private static void CheckSwap(HostConfig config, CgroupFacts cgroups, bool update, List<string> warnings)
    {
        if (config.Memory > 0 && config.MemorySwap != -1 && !cgroups.SwapLimit)
        {
            warnings.Add("Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.");
            config.MemorySwap = -1;
        }

        if (config.Memory > 0 && config.MemorySwap > 0 && config.MemorySwap < config.Memory)
        {
            throw GantryException.InvalidArgument("Minimum memoryswap limit should be larger than memory limit, see usage");
        }

        if (config.Memory is (null or 0) && config.MemorySwap > 0 && !update)
        {
            throw GantryException.InvalidArgument("You should always set the Memory limit when using Memoryswap limit, see usage");
        }
    }

    private static void CheckSwappiness(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        // -1 was once the way to say "not set"; clients still send it.
        if (config.MemorySwappiness == -1)
        {
            config.MemorySwappiness = null;
        }

        if (config.MemorySwappiness is not null && !cgroups.MemorySwappiness)
        {
            warnings.Add("Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.");
            config.MemorySwappiness = null;
        }

        if (config.MemorySwappiness is < 0 or > 100)
        {
            throw GantryException.InvalidArgument($"Invalid value: {config.MemorySwappiness}, valid memory swappiness range is 0-100");
        }
    }

    private static void CheckReservation(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.MemoryReservation > 0 && !cgroups.MemoryReservation)
        {
            warnings.Add("Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.");
            config.MemoryReservation = 0;
        }

        if (config.MemoryReservation is > 0 and < Minimum)
        {
            throw GantryException.InvalidArgument("Minimum memory reservation allowed is 6MB");
        }

        if (config.Memory > 0 && config.MemoryReservation > config.Memory)
        {
            throw GantryException.InvalidArgument("Minimum memory limit can not be less than memory reservation limit, see usage");
        }
    }

    private static void CheckKernelMemory(HostConfig config, List<string> warnings)
    {
        // Kernels dropped these limits (5.16) and so did the runtimes; saying nothing would pretend that they hold.
        if (config.KernelMemory > 0)
        {
            warnings.Add("Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
            config.KernelMemory = null;
        }

        if (config.KernelMemoryTCP > 0)
        {
            warnings.Add("Your kernel does not support kernel memory TCP limit capabilities or the cgroup is not mounted. Limitation discarded.");
            config.KernelMemoryTCP = null;
        }
    }

    private static void CheckOomKiller(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.OomKillDisable is not null && !cgroups.OomKillDisable)
        {
            // No word when the client wanted it off anyway.
            if (config.OomKillDisable == true)
            {
                warnings.Add("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
            }

            config.OomKillDisable = null;
        }

        if (config.OomKillDisable == true && config.Memory is (null or 0))
        {
            warnings.Add("OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.");
        }
    }

    private static void CheckPids(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.PidsLimit is not null && !cgroups.PidsLimit)
        {
            if (config.PidsLimit > 0)
            {
                warnings.Add("Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.");
            }

            config.PidsLimit = null;
        }
    }
}
