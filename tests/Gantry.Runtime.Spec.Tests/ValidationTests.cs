using System.Text.Json;
using Gantry.Api;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>Errors and warnings as a real Docker Engine 26.1 gave them for the same HostConfig on the same host.</summary>
public sealed class ValidationTests
{
    [Theory]
    [InlineData("""{"Memory":1048576}""", "Minimum memory limit allowed is 6MB")]
    [InlineData("""{"Memory":-1}""", "Minimum memory limit allowed is 6MB")]
    [InlineData("""{"Memory":10485760,"MemorySwap":5242880}""", "Minimum memoryswap limit should be larger than memory limit, see usage")]
    [InlineData("""{"MemorySwap":5242880}""", "You should always set the Memory limit when using Memoryswap limit, see usage")]
    [InlineData("""{"Memory":10485760,"MemoryReservation":20971520}""", "Minimum memory limit can not be less than memory reservation limit, see usage")]
    [InlineData("""{"MemoryReservation":1}""", "Minimum memory reservation allowed is 6MB")]
    [InlineData("""{"MemorySwappiness":200}""", "Invalid value: 200, valid memory swappiness range is 0-100")]
    [InlineData("""{"NanoCpus":5000000000}""", "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available")]
    [InlineData("""{"NanoCpus":-5}""", "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available")]
    [InlineData("""{"NanoCpus":500000000,"CpuPeriod":1000}""", "Conflicting options: Nano CPUs and CPU Period cannot both be set")]
    [InlineData("""{"NanoCpus":500000000,"CpuQuota":1000}""", "Conflicting options: Nano CPUs and CPU Quota cannot both be set")]
    [InlineData("""{"CpuPeriod":1}""", "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")]
    [InlineData("""{"CpuQuota":5}""", "CPU cfs quota can not be less than 1ms (i.e. 1000)")]
    [InlineData("""{"CpusetCpus":"9"}""", "Requested CPUs are not available - requested 9, available: 0-1")]
    [InlineData("""{"CpusetCpus":"x"}""", "Invalid value x for cpuset cpus: invalid format: x")]
    [InlineData("""{"CpusetMems":"3"}""", "Requested memory nodes are not available - requested 3, available: 0")]
    [InlineData("""{"CpusetMems":"1-"}""", "Invalid value 1- for cpuset mems: invalid format: 1-")]
    [InlineData("""{"CpuShares":-1}""", "invalid CPU shares (-1): value must be a positive integer")]
    [InlineData("""{"CpuRealtimeRuntime":5,"CpuRealtimePeriod":2}""", "cpu real-time runtime cannot be higher than cpu real-time period")]
    [InlineData("""{"IOMaximumIOps":3}""", "invalid option: QoS maximum IOPs configuration is not supported on linux")]
    [InlineData("""{"OomScoreAdj":-2000}""", "Invalid value -2000, range for oom score adj is [-1000, 1000]")]
    [InlineData("""{"ShmSize":-5}""", "SHM size can not be less than 0")]
    [InlineData("""{"CapAdd":["cap_foo","all"]}""", "invalid CapAdd: unknown capability: \"CAP_FOO\"")]
    [InlineData("""{"CapDrop":["BAR"]}""", "invalid CapDrop: unknown capability: \"CAP_BAR\"")]
    [InlineData("""{"IpcMode":"foo"}""", "invalid IPC mode: foo")]
    [InlineData("""{"PidMode":"foo"}""", "invalid PID mode: foo")]
    [InlineData("""{"UTSMode":"foo"}""", "invalid UTS mode: foo")]
    [InlineData("""{"UTSMode":"host"}""", "conflicting options: hostname and the UTS mode")]
    [InlineData("""{"CgroupnsMode":"foo"}""", "invalid cgroup namespace mode: foo")]
    [InlineData("""{"Isolation":"foo"}""", "invalid isolation (foo): linux only supports 'default'")]
    [InlineData("""{"SecurityOpt":["foo"]}""", "invalid --security-opt 1: \"foo\"")]
    [InlineData("""{"SecurityOpt":["foo=bar"]}""", "invalid --security-opt 2: \"foo=bar\"")]
    [InlineData("""{"SecurityOpt":["no-new-privileges=x"]}""", "invalid --security-opt 2: \"no-new-privileges=x\"")]
    [InlineData("""{"SecurityOpt":["systempaths=foo"]}""", "invalid --security-opt 2: \"systempaths=foo\"")]
    [InlineData("""{"Sysctls":{"kernel.foo":"1"}}""", "sysctl \"kernel.foo\" is not in a separate kernel namespace")]
    [InlineData("""{"Sysctls":{"net.a":"1"},"NetworkMode":"host"}""", "sysctl \"net.a\" not allowed in host network namespace")]
    [InlineData("""{"Sysctls":{"kernel.msgmax":"8"},"IpcMode":"host"}""", "sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace")]
    [InlineData("""{"Sysctls":{"net/ipv4/ip_forward":"1"},"NetworkMode":"host"}""", "sysctl \"net/ipv4/ip_forward\" not allowed in host network namespace")]
    [InlineData("""{"Tmpfs":{"/x":"foo"}}""", "invalid tmpfs option \"foo\"")]
    [InlineData("""{"Tmpfs":{"rel":""}}""", "invalid mount path: 'rel' mount path must be absolute")]
    [InlineData("""{"Tmpfs":{"/":"rw"}}""", "invalid specification: destination can't be '/'")]
    [InlineData("""{"Annotations":{"":"x"}}""", "invalid Annotations: the empty string is not permitted as an annotation key")]
    [InlineData("""{"Ulimits":[{"Name":"foo","Soft":1,"Hard":2}]}""", "wrong rlimit value: RLIMIT_FOO")]
    [InlineData("""{"Ulimits":[{"Name":"nofile","Soft":200,"Hard":100}]}""", "ulimit soft limit must be less than or equal to hard limit: 200 > 100")]
    [InlineData("""{"DeviceCgroupRules":["foo"]}""", "invalid device cgroup rule format: 'foo'")]
    [InlineData("""{"Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/x","CgroupPermissions":"q"}]}""", "bad mode specified: q")]
    public void Refused(string hostConfig, string message) => SpecBuilderTests.Throws(message, () => Validate(hostConfig));

    [Theory]
    [InlineData("""{"BlkioWeight":300}""", "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.")]
    [InlineData("""{"BlkioWeightDevice":[{"Path":"/dev/null","Weight":5}]}""", "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.")]
    [InlineData("""{"OomKillDisable":true}""", "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.")]
    [InlineData("""{"CpuPercent":3}""", "linux does not support CPU percent. Percent discarded.")]
    public void Warned(string hostConfig, string warning) => Assert.Equal([warning], Validate(hostConfig).Warnings);

    [Fact]
    public void Discarded_settings_are_gone_from_the_result_and_kept_in_the_input()
    {
        var input = new HostConfig { BlkioWeight = 300, CapAdd = ["net_admin", "CAP_NET_ADMIN"] };
        var result = HostSettingsValidator.Validate(new ContainerConfig(), input, TestHost.Facts);

        Assert.Equal(0, result.HostConfig.BlkioWeight);
        Assert.Equal(["CAP_NET_ADMIN"], result.HostConfig.CapAdd!);
        Assert.Equal(300, input.BlkioWeight);
    }

    [Fact]
    public void Version_2_of_cgroups_has_no_swappiness_and_no_oom_switch()
    {
        var result = ResourceValidator.Validate(
            new HostConfig { MemorySwappiness = 10, OomKillDisable = true, Memory = 1 << 24 }, TestHost.Unified);

        Assert.Equal(
            ["Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
                "Your kernel does not support OomKillDisable. OomKillDisable discarded."],
            result.Warnings);
        Assert.Null(result.HostConfig.MemorySwappiness);
        Assert.Null(result.HostConfig.OomKillDisable);
        SpecBuilderTests.Throws("kernel does not support CPU real-time scheduler", () =>
            ResourceValidator.Validate(new HostConfig { CpuRealtimePeriod = 5 }, TestHost.Unified));
    }

    [Fact]
    public void A_host_without_controllers_keeps_no_limit()
    {
        var bare = TestHost.Facts with { Cgroups = new CgroupFacts { Version = 1 } };
        var all = new HostConfig
        {
            Memory = 1 << 24, MemorySwap = 1 << 25, MemoryReservation = 1 << 23, CpuShares = 5, CpuQuota = 5000, CpusetCpus = "0", PidsLimit = 4,
            BlkioDeviceReadBps = [new ThrottleDevice { Path = "/dev/null", Rate = 1 }],
        };
        var (config, warnings) = ResourceValidator.Validate(all, bare);

        Assert.Equal(7, warnings.Count);
        Assert.All(warnings, warning => Assert.StartsWith("Your kernel does not support ", warning, StringComparison.Ordinal));
        Assert.Equal((0L, -1L, 0L, 0L, 0L), (config.Memory, config.MemorySwap, config.MemoryReservation, config.CpuShares, config.CpuQuota));
        Assert.Equal((string.Empty, null), (config.CpusetCpus, config.PidsLimit));
        Assert.Empty(config.BlkioDeviceReadBps!);
    }

    [Fact]
    public void Updates_may_set_swap_alone() =>
        Assert.Empty(ResourceValidator.Validate(new HostConfig { MemorySwap = 1 << 25 }, TestHost.Facts, update: true).Warnings);

    [Fact]
    public void Defaults_are_those_inspect_shows()
    {
        var config = HostConfigDefaults.Apply(new HostConfig { Memory = 64 << 20, PidsLimit = -1 }, TestHost.Facts);

        Assert.Equal((128L << 20, 64L << 20, "private", "host"), (config.MemorySwap, config.ShmSize, config.IpcMode, config.CgroupnsMode));
        Assert.Equal((false, null), (config.OomKillDisable, config.PidsLimit));
        Assert.Contains("/proc/kcore", config.MaskedPaths!);
        Assert.Contains("/proc/sys", config.ReadonlyPaths!);
        Assert.Equal("private", HostConfigDefaults.Apply(new HostConfig(), TestHost.Unified).CgroupnsMode);
        Assert.Null(HostConfigDefaults.Apply(new HostConfig { Privileged = true, MaskedPaths = ["/x"] }, TestHost.Facts).MaskedPaths);
        Assert.Empty(HostConfigDefaults.Apply(new HostConfig { MaskedPaths = [] }, TestHost.Facts).MaskedPaths!);
    }

    private static ValidationResult Validate(string hostConfig) => HostSettingsValidator.Validate(
        new ContainerConfig { Hostname = hostConfig.Contains("UTSMode", StringComparison.Ordinal) ? "x" : null },
        JsonSerializer.Deserialize(hostConfig, ApiJson.Default.HostConfig)!,
        TestHost.Facts);
}
