using Gantry.Api;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

public sealed class SpecBuilderTests
{
    private static readonly ContainerConfig s_config = new() { Hostname = "h", Cmd = ["true"] };

    [Fact]
    public void A_private_cgroup_namespace_is_the_default_on_v2_only()
    {
        Assert.DoesNotContain(Build(new HostConfig()).Linux!.Namespaces, n => n.Type == "cgroup");
        Assert.Contains(Build(new HostConfig(), c => c with { Host = TestHost.Unified }).Linux!.Namespaces, n => n.Type == "cgroup");
    }

    [Fact]
    public void The_network_namespace_made_by_the_engine_is_joined()
    {
        var spec = Build(new HostConfig { NetworkMode = "bridge" }, c => c with { NetworkNamespacePath = "/run/netns/x" });

        Assert.Contains(new LinuxNamespace("network", "/run/netns/x"), spec.Linux!.Namespaces);
    }

    [Fact]
    public void A_user_namespace_has_its_maps_and_is_joined_where_it_is_there()
    {
        var ids = new IdMaps(new IdMap([new(0, 1000, 10)]), new IdMap([new(0, 2000, 5), new(5, 9000, 5)]));

        var linux = Build(new HostConfig(), c => c with { Ids = ids, UserNamespacePath = "/x/user" }).Linux!;

        Assert.Contains(new LinuxNamespace("user", "/x/user"), linux.Namespaces);
        Assert.Equal([new LinuxIdMapping(0, 1000, 10)], linux.UidMappings);
        Assert.Equal([new LinuxIdMapping(0, 2000, 5), new LinuxIdMapping(5, 9000, 5)], linux.GidMappings);
        var outside = Build(new HostConfig { UsernsMode = "host" }, c => c with { Ids = ids }).Linux!;
        Assert.DoesNotContain(outside.Namespaces, n => n.Type == "user");
        Assert.Null(outside.UidMappings);
    }

    [Theory]
    [InlineData("/a/../../../etc", "/etc/ID")]
    [InlineData("x.slice", "/x.slice/ID")]
    [InlineData("", "/docker/ID")]
    public void The_cgroup_stays_below_the_root_of_the_hierarchy(string parent, string path) =>
        Assert.Equal(path, Build(new HostConfig { CgroupParent = parent }).Linux!.CgroupsPath);

    [Fact]
    public void Mounts_of_the_user_replace_those_of_the_container()
    {
        var spec = Build(new HostConfig(), c => c with
        {
            Mounts = [new ContainerMount { Source = "/x", Destination = "/dev/shm/" }, new ContainerMount { Source = "/y", Destination = "/sys" }],
        });

        Assert.DoesNotContain(spec.Mounts, m => m.Source == "shm" || m.Type == "sysfs");
        Assert.Contains(spec.Mounts, m => m.Type == "mqueue");
    }

    [Fact]
    public void A_dev_of_the_user_has_nothing_of_ours_below_it()
    {
        var spec = Build(new HostConfig(), c => c with { Mounts = [new ContainerMount { Source = "/dev", Destination = "/dev" }] });

        Assert.Equal("/dev", Assert.Single(spec.Mounts, m => m.Destination.StartsWith("/dev", StringComparison.Ordinal)).Destination);
    }

    [Theory]
    [InlineData("/proc/sys", false)]
    [InlineData("/proc//sys/", false)]
    [InlineData("/proc/1/../sys/kernel", false)]
    [InlineData("/proc/meminfo", true)]
    [InlineData("/processes", true)]
    public void Nothing_is_mounted_inside_proc_but_a_few_files(string destination, bool allowed)
    {
        var error = Record.Exception(() => Build(new HostConfig(), c => c with { Mounts = [new ContainerMount { Source = "/usr", Destination = destination }] }));

        Assert.Equal(allowed, error is null);
        Assert.True(allowed || error!.Message.Contains("cannot be mounted because it is inside /proc", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_home_is_left_for_the_runtime_to_fill() =>
        Assert.DoesNotContain(Build(new HostConfig(), config: s_config with { Env = ["HOME=", "A="] }).Process!.Env!, v => v.StartsWith("HOME", StringComparison.Ordinal));

    [Theory]
    [InlineData(true, "rprivate", "bind,ro,private")]
    [InlineData(true, "slave", "bind,ro,slave")]
    [InlineData(false, "rprivate", "rbind,rro,rprivate")]
    public void A_bind_without_what_is_below_it_has_a_propagation_without_it_too(bool alone, string propagation, string options)
    {
        var spec = Build(new HostConfig(), c => c with
        {
            Mounts = [new ContainerMount { Source = "/usr", Destination = "/x", ReadOnly = true, Propagation = propagation, NonRecursive = alone }],
        });

        Assert.Equal(options, string.Join(',', Assert.Single(spec.Mounts, m => m.Destination == "/x").Options!));
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, null, null)]
    [InlineData(true, "no-new-privileges=false", null)]
    [InlineData(false, "no-new-privileges", true)]
    public void The_engines_word_on_new_privileges_is_for_containers_that_do_not_say(bool engine, string? option, bool? expected) => Assert.Equal(
        expected, Build(new HostConfig { SecurityOpt = option is null ? null : [option] }, c => c with { DefaultNoNewPrivileges = engine }).Process!.NoNewPrivileges);

    [Fact]
    public void Parents_are_mounted_before_children()
    {
        var spec = Build(new HostConfig { Tmpfs = new() { ["/a"] = "" } }, c => c with
        {
            Mounts = [new ContainerMount { Source = "/1", Destination = "/a/b/c" }, new ContainerMount { Source = "/2", Destination = "/a/b" }],
        });

        Assert.Equal(["/a", "/a/b", "/a/b/c"], spec.Mounts.Select(m => m.Destination).Where(d => d.StartsWith("/a", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("rshared", "shared")]
    [InlineData("slave", "rslave")]
    [InlineData("rprivate", null)]
    public void Propagating_mounts_need_a_root_that_propagates(string propagation, string? root)
    {
        var mount = new ContainerMount { Source = "/1", Destination = "/a", Propagation = propagation };

        Assert.Equal(root, Build(new HostConfig(), c => c with { Mounts = [mount] }).Linux!.RootfsPropagation);
    }

    [Fact]
    public void Read_only_mounts_are_recursive_where_the_kernel_can()
    {
        var mount = new ContainerMount { Source = "/usr", Destination = "/a", ReadOnly = true };
        var file = mount with { Source = "/etc/passwd" };
        var old = TestHost.Facts with { KernelVersion = new Version(5, 10) };

        Assert.Contains("rro", Build(new HostConfig(), c => c with { Mounts = [mount] }).Mounts[^1].Options!);
        Assert.Contains("ro", Build(new HostConfig(), c => c with { Mounts = [file] }).Mounts[^1].Options!);
        Assert.Contains("ro", Build(new HostConfig(), c => c with { Mounts = [mount], Host = old }).Mounts[^1].Options!);
        Throws("failed to apply recursive read-only mount: kernel 5.10 is older than 5.12", () =>
            Build(new HostConfig(), c => c with { Mounts = [mount with { ReadOnlyForceRecursive = true }], Host = old }));
    }

    [Fact]
    public void Init_without_a_binary_is_an_error_that_says_what_to_install()
    {
        var error = Assert.Throws<GantryException>(() => Build(new HostConfig { Init = true }));

        Assert.Contains("\"docker-init\": executable file not found in $PATH", error.Message, StringComparison.Ordinal);
        Assert.Contains("tini", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Init_is_left_out_where_the_pid_namespace_is_not_the_containers() =>
        Assert.Equal(["true"], Build(new HostConfig { Init = true, PidMode = "host" }).Process.Args);

    [Fact]
    public void Privileged_containers_get_the_hosts_devices_but_not_its_console()
    {
        var linux = Build(new HostConfig { Privileged = true }).Linux!;

        Assert.Contains(linux.Devices!, d => d is { Path: "/dev/full", Type: "c", Major: 1, Minor: 7 });
        Assert.DoesNotContain(linux.Devices!, d => d.Path == "/dev/console" || d.Path.StartsWith("/dev/pts", StringComparison.Ordinal));
        Assert.Equal([new LinuxDeviceCgroup { Allow = true, Access = "rwm" }], linux.Resources!.Devices!);
    }

    [Fact]
    public void Default_ulimits_fill_in_what_the_container_does_not_set()
    {
        var defaults = new List<Ulimit> { new() { Name = "nofile", Soft = 1, Hard = 2 }, new() { Name = "core", Soft = -1, Hard = -1 } };
        var own = new List<Ulimit> { new() { Name = "nofile", Soft = 3, Hard = 4 } };

        Assert.Equal(
            [new PosixRlimit("RLIMIT_NOFILE", 4, 3), new PosixRlimit("RLIMIT_CORE", ulong.MaxValue, ulong.MaxValue)],
            Build(new HostConfig { Ulimits = own }, c => c with { DefaultUlimits = defaults }).Process.Rlimits!);
    }

    [Fact]
    public void AppArmor_profiles_are_named_only_where_it_is_on()
    {
        var host = TestHost.Facts with { AppArmorEnabled = true };
        string? Profile(HostConfig config, HostFacts facts) =>
            Build(config, c => c with { Host = facts, DefaultAppArmorProfile = "engine-default" }).Process.ApparmorProfile;

        Assert.Null(Profile(new HostConfig(), TestHost.Facts));
        Assert.Equal("engine-default", Profile(new HostConfig(), host));
        Assert.Equal("unconfined", Profile(new HostConfig { Privileged = true }, host));
        Assert.Equal("mine", Profile(new HostConfig { SecurityOpt = ["apparmor=mine"] }, host));
    }

    [Fact]
    public void The_console_size_is_passed_to_terminals()
    {
        var config = s_config with { Tty = true };

        Assert.Equal(new ConsoleSize(24, 80), Build(new HostConfig { ConsoleSize = [24, 80] }, null, config).Process.ConsoleSize);
        Assert.Null(Build(new HostConfig { ConsoleSize = [0, 0] }, null, config).Process.ConsoleSize);
    }

    [Fact]
    public void Missing_devices_are_named()
    {
        Throws("error gathering device information while adding custom device \"/dev/nope\": no such file or directory", () =>
            Build(new HostConfig { Devices = [new DeviceMapping { PathOnHost = "/dev/nope" }] }), ErrorKind.Internal);
        Throws("error gathering device information while adding custom device \"/etc/passwd\": not a device node", () =>
            Build(new HostConfig { Devices = [new DeviceMapping { PathOnHost = "/etc/passwd" }] }), ErrorKind.Internal);
        Throws("stat /dev/nope: no such file or directory", () =>
            Build(new HostConfig { BlkioDeviceReadBps = [new ThrottleDevice { Path = "/dev/nope", Rate = 1 }] }));
    }

    [Fact]
    public void A_container_needs_a_command() => Throws("no command specified", () => Build(new HostConfig(), null, new ContainerConfig()));

    /// <summary>What only the start of a container finds is Internal, as in Docker.</summary>
    internal static void Throws(string message, Action action, ErrorKind kind = ErrorKind.InvalidArgument)
    {
        var error = Assert.Throws<GantryException>(action);
        Assert.Equal(kind, error.Kind);
        Assert.Equal(message, error.Message);
    }

    private static RuntimeSpec Build(HostConfig hostConfig, Func<SpecContext, SpecContext>? change = null, ContainerConfig? config = null)
    {
        var context = new SpecContext { ContainerId = "ID", RootfsPath = "/r", Host = TestHost.Facts, User = new RuntimeUser(0, 0, [0]) };
        return OciSpecBuilder.Build(config ?? s_config, hostConfig, change is null ? context : change(context));
    }
}
