using Gantry.Api;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

public sealed class SeccompTests
{
    [Fact]
    public void The_default_filter_is_the_one_a_real_engine_hands_to_the_runtime()
    {
        var seccomp = Build(new HostConfig())!;

        // Docker 26.1 on the same host, with 352 calls in the first rule; later versions allow some more.
        Assert.Equal("SCMP_ACT_ERRNO", seccomp.DefaultAction);
        Assert.Equal(1u, seccomp.DefaultErrnoRet);
        Assert.Equal(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], seccomp.Architectures!);
        Assert.Equal(
            ["accept", "process_vm_readv", "socket", "personality", "personality", "personality", "personality", "personality", "arch_prctl",
                "modify_ldt", "clone", "clone3", "chroot"],
            seccomp.Syscalls!.Select(s => s.Names[0]));
        Assert.True(seccomp.Syscalls![0].Names.Count >= 352);
        Assert.Equal(38u, seccomp.Syscalls!.Single(s => s.Names[0] == "clone3").ErrnoRet);
        var clone = Assert.Single(seccomp.Syscalls!.Single(s => s.Names[0] == "clone").Args!);
        Assert.Equal(new LinuxSeccompArg { Index = 0, Value = 2114060288, Op = "SCMP_CMP_MASKED_EQ" }, clone);
    }

    [Fact]
    public void Capabilities_open_their_system_calls()
    {
        var seccomp = Build(new HostConfig { CapAdd = ["SYS_ADMIN", "SYS_PTRACE"] })!;

        Assert.Contains(seccomp.Syscalls!, s => s.Names.Contains("mount") && s.Action == "SCMP_ACT_ALLOW");
        Assert.DoesNotContain(seccomp.Syscalls!, s => s.Names[0] == "clone3" && s.Action == "SCMP_ACT_ERRNO");
        Assert.DoesNotContain(Build(new HostConfig())!.Syscalls!, s => s.Names.Contains("mount"));
    }

    [Fact]
    public void Rules_for_other_architectures_and_newer_kernels_are_left_out()
    {
        var arm = TestHost.Facts with { Architecture = "arm64", KernelVersion = new Version(4, 4) };
        var seccomp = Build(new HostConfig(), arm)!;

        Assert.Equal(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], seccomp.Architectures!);
        Assert.Contains(seccomp.Syscalls!, s => s.Names.Contains("arm_fadvise64_64"));
        Assert.DoesNotContain(seccomp.Syscalls!, s => s.Names.Contains("modify_ldt") || s.Names.Contains("process_vm_readv"));
    }

    [Theory]
    [InlineData("unconfined")]
    [InlineData("{}")]
    public void Unconfined_and_empty_profiles_leave_no_filter(string profile) =>
        Assert.Null(Build(new HostConfig { SecurityOpt = ["seccomp=" + profile] }));

    [Fact]
    public void Privileged_containers_have_a_filter_only_when_they_ask_for_one()
    {
        Assert.Null(Build(new HostConfig { Privileged = true }));
        Assert.NotNull(Build(new HostConfig { Privileged = true, SecurityOpt = ["seccomp=builtin"] }));
    }

    [Fact]
    public void A_profile_of_the_users_own_is_evaluated()
    {
        const string Profile = """
            {"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],"architectures":["SCMP_ARCH_X86_64"],"comment":"x",
             "syscalls":[{"name":"mkdir","action":"SCMP_ACT_ERRNO","errnoRet":5},
                         {"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]},
                         {"names":["chown"],"action":"SCMP_ACT_ERRNO","includes":{"minKernel":"99.1"}}]}
            """;
        var seccomp = Build(new HostConfig { SecurityOpt = ["seccomp=" + Profile] })!;

        Assert.Equal("SCMP_ACT_ALLOW", seccomp.DefaultAction);
        Assert.Equal(["SECCOMP_FILTER_FLAG_LOG"], seccomp.Flags!);
        Assert.Equal(["mkdir", "chmod"], seccomp.Syscalls!.SelectMany(s => s.Names));
        Assert.Equal(5u, seccomp.Syscalls![0].ErrnoRet);
        Assert.Equal(2ul, seccomp.Syscalls![1].Args![0].ValueTwo);
    }

    [Theory]
    [InlineData("garbage", "Decoding seccomp profile failed: ")]
    [InlineData("""{"defaultAction":"a","architectures":["x"],"archMap":[{"architecture":"y"}]}""", "both 'architectures' and 'archMap' are specified")]
    [InlineData("""{"defaultAction":"a","syscalls":[{"name":"x","names":["y"]}]}""", "both 'name' and 'names' are specified")]
    public void Bad_profiles_are_refused(string profile, string message)
    {
        var error = Assert.Throws<Errors.GantryException>(() => Build(new HostConfig { SecurityOpt = ["seccomp=" + profile] }));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    private static LinuxSeccomp? Build(HostConfig hostConfig, HostFacts? host = null) =>
        OciSpecBuilder.Build(
            new ContainerConfig { Cmd = ["true"] },
            hostConfig,
            new SpecContext { ContainerId = "ID", RootfsPath = "/r", Host = host ?? TestHost.Facts, User = new RuntimeUser(0, 0) }).Linux!.Seccomp;
}
