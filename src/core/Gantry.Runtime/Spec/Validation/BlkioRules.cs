using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>Block I/O weights and throttles.</summary>
internal static class BlkioRules
{
    internal static void Check(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        CheckWeights(config, cgroups, warnings);
        if (config.IOMaximumBandwidth is not (null or 0))
        {
            throw GantryException.InvalidArgument("invalid option: QoS maximum bandwidth configuration is not supported on linux");
        }

        if (config.IOMaximumIOps is not (null or 0))
        {
            throw GantryException.InvalidArgument("invalid option: QoS maximum IOPs configuration is not supported on linux");
        }

        config.BlkioDeviceReadBps = Keep(config.BlkioDeviceReadBps, cgroups.BlkioReadBps, "BPS Block I/O read", "Block I/O BPS read", warnings);
        config.BlkioDeviceWriteBps = Keep(config.BlkioDeviceWriteBps, cgroups.BlkioWriteBps, "BPS Block I/O write", "Block I/O BPS write", warnings);
        config.BlkioDeviceReadIOps = Keep(config.BlkioDeviceReadIOps, cgroups.BlkioReadIops, "IOPS Block read", "Block I/O IOPS read", warnings);
        config.BlkioDeviceWriteIOps = Keep(config.BlkioDeviceWriteIOps, cgroups.BlkioWriteIops, "IOPS Block write", "Block I/O IOPS write", warnings);
    }

    private static void CheckWeights(HostConfig config, CgroupFacts cgroups, List<string> warnings)
    {
        if (config.BlkioWeight > 0 && !cgroups.BlkioWeight)
        {
            warnings.Add("Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.");
            config.BlkioWeight = 0;
        }

        if (config.BlkioWeight is not (null or 0) and (< 10 or > 1000))
        {
            throw GantryException.InvalidArgument("Range of blkio weight is from 10 to 1000");
        }

        if (config.BlkioWeightDevice is { Count: > 0 } && !cgroups.BlkioWeightDevice)
        {
            warnings.Add("Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.");
            config.BlkioWeightDevice = [];
        }

        if (config.BlkioWeightDevice?.Any(device => device.Weight is null or < 10 or > 1000) == true)
        {
            throw GantryException.InvalidArgument("Range of blkio weight is from 10 to 1000");
        }
    }

    private static List<ThrottleDevice>? Keep(List<ThrottleDevice>? devices, bool supported, string kind, string limit, List<string> warnings)
    {
        if (devices is not { Count: > 0 } || supported)
        {
            return devices;
        }

        warnings.Add($"Your kernel does not support {kind} limit or the cgroup is not mounted. {limit} limit discarded.");
        return [];
    }
}
