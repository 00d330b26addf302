using Gantry.Api;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Fills in what a client left open, as the Docker daemon does before it stores a new container; clients see the result in
/// <c>inspect</c>. Runs after validation.
/// </summary>
public static class HostConfigDefaults
{
    private const long DefaultShmSize = 64 * 1024 * 1024;

    /// <summary>A copy of <paramref name="hostConfig"/> with the defaults put in.</summary>
    public static HostConfig Apply(HostConfig hostConfig, HostFacts host)
    {
        var config = hostConfig with { };
        if (config.Memory > 0 && config.MemorySwap is (null or 0))
        {
            config.MemorySwap = DefaultSwap(config.Memory ?? 0);
        }

        if (config.ShmSize is null or 0)
        {
            config.ShmSize = DefaultShmSize;
        }

        config.IpcMode = OrDefault(config.IpcMode, "private");
        config.CgroupnsMode = OrDefault(config.CgroupnsMode, host.Cgroups.Version == 2 ? "private" : "host");
        config.OomKillDisable ??= host.Cgroups.OomKillDisable ? false : null;
        config.PidsLimit = config.PidsLimit > 0 ? config.PidsLimit : null;
        ApplyPaths(config);
        return config;
    }

    /// <summary>As much swap as memory, without overflow.</summary>
    private static long DefaultSwap(long memory) => memory > long.MaxValue / 2 ? -1 : memory * 2;

    private static void ApplyPaths(HostConfig config)
    {
        if (config.Privileged == true)
        {
            config.MaskedPaths = null;
            config.ReadonlyPaths = null;
            return;
        }

        // An empty list is a choice (systempaths=unconfined), only a missing one is filled.
        config.MaskedPaths ??= [.. DefaultPaths.Masked];
        config.ReadonlyPaths ??= [.. DefaultPaths.Readonly];
    }

    private static string OrDefault(string? value, string fallback) => string.IsNullOrEmpty(value) ? fallback : value;
}
