using Gantry.Api;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>
/// Containers that crun really makes from our config.json, looked at from inside. The expected values are those that the same
/// commands print in a container of Docker Engine 26.1 (recorded on a cgroup v1 host with all capabilities but SYS_RESOURCE).
/// </summary>
public sealed class RealContainerTests : IClassFixture<BusyboxRootfs>
{
    private readonly BusyboxRootfs _rootfs;

    public RealContainerTests(BusyboxRootfs rootfs) => _rootfs = rootfs;

    [Fact]
    public void Default_container()
    {
        var status = Run(new HostConfig(), "grep -E '^(Cap|Seccomp:|NoNew|Groups|Uid|Gid)' /proc/self/status");

        Assert.Equal(
            """
            Uid:	0	0	0	0
            Gid:	0	0	0	0
            Groups:	0
            CapInh:	0000000000000000
            CapPrm:	00000000a80425fb
            CapEff:	00000000a80425fb
            CapBnd:	00000000a80425fb
            CapAmb:	0000000000000000
            NoNewPrivs:	0
            Seccomp:	2
            """,
            status.Replace("\t0 \n", "\t0\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Default_mounts()
    {
        // Mount point, the mount's own options, filesystem; the order is the runtime's business.
        var mounts = Run(new HostConfig(), "awk '{ for (i = 7; $i != \"-\"; i++); print $5, $6, $(i + 1) }' /proc/self/mountinfo").Split('\n');

        Assert.Empty(
            new[]
            {
                "/proc rw,nosuid,nodev,noexec,relatime proc",
                "/dev rw,nosuid tmpfs",
                "/dev/pts rw,nosuid,noexec,relatime devpts",
                "/sys ro,nosuid,nodev,noexec,relatime sysfs",
                "/dev/mqueue rw,nosuid,nodev,noexec,relatime mqueue",
                "/dev/shm rw,nosuid,nodev,noexec,relatime tmpfs",
            }.Except(mounts));

        // crun remounts these read-only without repeating nosuid, nodev and noexec, as runc does; /proc has nothing to execute.
        Assert.All(
            ["/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq"],
            path => Assert.Contains(mounts, m => m.StartsWith(path + " ro,", StringComparison.Ordinal)));
        Assert.All(["/proc/keys", "/proc/timer_list", "/sys/firmware"], path => Assert.Contains(mounts, m => m.StartsWith(path + " ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Default_devices_and_masked_files()
    {
        Assert.Equal(
            "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero",
            Run(new HostConfig(), "ls /dev | grep -vE '^(console|core)$' | tr '\\n' ' ' | sed 's/ $//'"));
        Assert.Equal("0 0", Run(new HostConfig(), "echo $(wc -c < /proc/keys) $(ls /sys/firmware | wc -l)"));
        Assert.Equal("Operation not permitted", Run(new HostConfig(), "mknod /tmp/fuse c 10 229; cat /tmp/fuse 2>&1 | sed 's/.*: //'"));
    }

    [Fact]
    public void The_filter_holds_where_capabilities_would_allow()
    {
        // unshare(CLONE_NEWUSER) needs no capability; the default profile refuses it without CAP_SYS_ADMIN.
        Assert.Contains("Operation not permitted", Run(new HostConfig(), "unshare -U true 2>&1 || true"), StringComparison.Ordinal);
        Assert.Equal("Seccomp:\t0", Run(new HostConfig { SecurityOpt = ["seccomp=unconfined"] }, "grep Seccomp: /proc/self/status"));
    }

    [Fact]
    public void Capabilities_added_and_dropped()
    {
        const string Show = "grep CapEff /proc/self/status | cut -f2";

        Assert.Equal("0000000000000400", Run(new HostConfig { CapDrop = ["ALL"], CapAdd = ["NET_BIND_SERVICE"] }, Show));
        Assert.Equal("00000000a80c35fa", Run(new HostConfig { CapAdd = ["NET_ADMIN", "SYS_PTRACE"], CapDrop = ["CHOWN"] }, Show));
        Assert.Equal(Mask(HostFacts.Probe().Capabilities), Run(new HostConfig { Privileged = true }, Show));
    }

    [Fact]
    public void Privileged_container()
    {
        var seen = Run(
            new HostConfig { Privileged = true },
            "grep Seccomp: /proc/self/status; grep -E ' /(sys|sys/fs/cgroup|proc/sys) ' /proc/self/mountinfo | cut -d' ' -f5,6; stat -c %F /dev/kmsg; touch /proc/sys/kernel/domainname && echo writable");

        Assert.StartsWith("Seccomp:\t0\n/sys rw,nosuid,nodev,noexec,relatime\n", seen, StringComparison.Ordinal);
        Assert.EndsWith("character special file\nwritable", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/sys ", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void No_new_privileges_and_open_system_paths() => Assert.Equal(
        "NoNewPrivs:\t1\nrw",
        Run(
            new HostConfig { SecurityOpt = ["no-new-privileges"], MaskedPaths = [], ReadonlyPaths = [] },
            "grep NoNewPrivs /proc/self/status; grep -qE ' /proc/sys ' /proc/self/mountinfo || echo rw"));

    [Fact]
    public void A_read_only_root_with_a_tmpfs() => Assert.Equal(
        "Read-only file system\nok 1770 8.0M\nok",
        Run(
            new HostConfig { ReadonlyRootfs = true, Tmpfs = new() { ["/run"] = "rw,size=8m,mode=1770" } },
            "touch /x 2>&1 | sed 's/.*: //'; touch /run/x && echo ok $(stat -c %a /run) $(df -h /run | awk 'NR==2{print $2}'); touch /dev/shm/x && echo ok"));

    [Fact]
    public void User_groups_directory_and_environment() => Assert.Equal(
        "1000 1001 1001 27 1234\n/work\nHOSTNAME=hx A=b",
        Run(
            new HostConfig(),
            "echo $(id -u) $(id -g) $(id -G); pwd; echo HOSTNAME=$HOSTNAME A=$A",
            config => config with { User = "1000:1001", WorkingDir = "/work", Env = ["A=b"], Hostname = "hx" },
            context => context with { User = UserResolver.Resolve(_rootfs.Path, "1000:1001", ["27", "1234"]) }));

    [Fact]
    public void Hostname_domainname_and_sysctls() => Assert.Equal(
        "hx dy 1 0",
        Run(
            new HostConfig { Sysctls = new() { ["net.ipv4.ip_forward"] = "1" } },
            "echo $(hostname) $(cat /proc/sys/kernel/domainname) $(cat /proc/sys/net/ipv4/ip_forward) $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)",
            config => config with { Hostname = "hx", Domainname = "dy" }));

    [Fact]
    public void Ulimits_shm_size_and_oom_score() => Assert.Equal(
        "100 200\n32.0M\n500",
        Run(
            new HostConfig { Ulimits = [new Ulimit { Name = "nofile", Soft = 100, Hard = 200 }], ShmSize = 32 << 20, OomScoreAdj = 500 },
            "echo $(ulimit -Sn) $(ulimit -Hn); df -h /dev/shm | awk 'NR==2{print $2}'; cat /proc/self/oom_score_adj"));

    [Fact]
    public void Devices_of_the_host() => Assert.Equal(
        "1 3 666\nok",
        Run(
            new HostConfig { Devices = [new DeviceMapping { PathOnHost = "/dev/null", PathInContainer = "/dev/xnull", CgroupPermissions = "rw" }] },
            "stat -c '%t %T %a' /dev/xnull; echo x > /dev/xnull && echo ok"));

    [Fact]
    public void Bind_mounts()
    {
        Assert.Equal("Read-only file system\nhello", Run(
            new HostConfig(),
            "touch /mnt/in/x 2>&1 | sed 's/.*: //'; cat /mnt/in/greeting",
            context: c => c with
            {
                Mounts = [new ContainerMount { Source = _rootfs.Shared, Destination = "/mnt/in", ReadOnly = true, Propagation = "rprivate" }],
            }));
    }

    [Fact]
    public void A_private_cgroup_namespace_hides_the_path() =>
        Assert.Equal("0", Run(new HostConfig { CgroupnsMode = "private" }, "grep -c gantry-spec /proc/self/cgroup || true"));

    [Fact]
    public void Limits_are_those_of_the_cgroup()
    {
        var facts = HostFacts.Probe();
        var wanted = new HostConfig { Memory = 64 << 20, MemorySwap = 128 << 20, PidsLimit = 100, NanoCpus = 500_000_000, CpuShares = 512, CpusetCpus = "0" };
        var (config, warnings) = ResourceValidator.Validate(wanted, facts);
        var (command, expected) = facts.Cgroups.Version == 2
            ? ("cat memory.max pids.max cpu.max cpuset.cpus", "67108864\n100\n50000 100000\n0")
            : ("cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus",
                "67108864\n100\n50000\n100000\n512\n0");

        Assert.Empty(warnings);
        Assert.Equal(expected, Run(config, "cd /sys/fs/cgroup && " + command));
    }

    private string Run(
        HostConfig hostConfig, string script, Func<ContainerConfig, ContainerConfig>? config = null, Func<SpecContext, SpecContext>? context = null) =>
        _rootfs.Run(hostConfig, script, config ?? (c => c), context ?? (c => c));

    private static string Mask(IReadOnlyList<string> names) =>
        names.Aggregate(0ul, (mask, name) => mask | 1ul << HostCapabilities.All.ToList().IndexOf(name)).ToString("x16");
}
