using CsCheck;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

public sealed class SmallPartsTests
{
    [Fact]
    public void Environment_keeps_first_places_and_last_values() => Assert.Equal(
        ["PATH=/b", "HOSTNAME=h", "A=3", "B="],
        ContainerEnvironment.Build("h", terminal: true, [], ["A=1", "PATH=/b", "TERM", "A=3", "B=", "GONE"]));

    [Theory]
    [InlineData("")]
    [InlineData("=x")]
    [InlineData("A=\0")]
    public void Bad_variables_are_refused(string entry) =>
        SpecBuilderTests.Throws($"invalid environment variable: {entry}", () => ContainerEnvironment.Check([entry]));

    [Theory]
    [InlineData("6.1.0-13-amd64\n", "6.1")]
    [InlineData("5.10-rc1", "5.10")]
    public void Kernel_releases(string release, string version) => Assert.Equal(Version.Parse(version), HostFacts.ParseKernelVersion(release));

    [Fact]
    public void Dropping_always_takes_away_and_adding_always_gives()
    {
        var names = Gen.Int[0, HostCapabilities.All.Count - 1].Select(bit => HostCapabilities.All[bit]).List[0, 6];
        Gen.Select(names, names).Sample((add, drop) =>
        {
            var result = CapabilitySet.Resolve(add, drop, privileged: false, HostCapabilities.All);
            Assert.Equal(result.Distinct(), result);
            Assert.All(add, name => Assert.Contains(name, result));
            Assert.All(drop.Except(add), name => Assert.DoesNotContain(name, result));
            Assert.Equal(
                result.Order(),
                CapabilitySet.Resolve(add.Select(n => n[4..].ToLowerInvariant()), drop.Select(n => n.ToLowerInvariant()), false, HostCapabilities.All).Order());
        });
    }

    [Fact]
    public void Any_text_as_option_gives_a_result_or_a_clear_error()
    {
        Gen.String.Sample(text =>
        {
            try
            {
                _ = HostSettingsValidator.Validate(
                    new ContainerConfig(),
                    new HostConfig
                    {
                        SecurityOpt = [text], CpusetCpus = text, CapAdd = [text], DeviceCgroupRules = [text],
                        Tmpfs = new() { ["/" + text] = text }, Sysctls = new() { [text] = text },
                    },
                    TestHost.Facts);
            }
            catch (GantryException e)
            {
                Assert.Equal(ErrorKind.InvalidArgument, e.Kind);
            }
        });
    }

    [Fact]
    public void The_host_can_be_probed()
    {
        var facts = HostFacts.Probe();

        Assert.Contains("CAP_CHOWN", facts.Capabilities);
        Assert.True(facts.CpuCount >= 1);
        Assert.InRange(facts.Cgroups.Version, 1, 2);
        Assert.Contains(facts.Architecture, new[] { "amd64", "arm64", "riscv64", "s390x", "ppc64le", "arm", "386" });
    }

    [Fact]
    public void An_exec_is_confined_as_its_container()
    {
        var container = new RuntimeProcess
        {
            User = new RuntimeUser(1, 2), Cwd = "/w", NoNewPrivileges = true, Capabilities = new LinuxCapabilities { Bounding = ["CAP_KILL"] }, ApparmorProfile = "p",
        };
        var config = new ContainerConfig { Hostname = "h", Env = ["A=1"] };
        var exec = ExecProcessBuilder.Build(new ExecCreateRequest { Cmd = ["ls"], Env = ["A=2"], Tty = true, ConsoleSize = [3, 4] }, config, container, null, TestHost.Facts);

        Assert.Equal(["ls"], exec.Args);
        Assert.Equal(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h", "TERM=xterm", "A=2"], exec.Env);
        Assert.Equal((container.User, "/w", true, "p", new ConsoleSize(3, 4)), (exec.User, exec.Cwd, exec.NoNewPrivileges, exec.ApparmorProfile, exec.ConsoleSize));
        Assert.Equal(["CAP_KILL"], exec.Capabilities!.Bounding!);

        var privileged = ExecProcessBuilder.Build(new ExecCreateRequest { Cmd = ["ls"], Privileged = true, WorkingDir = "/x" }, config, container, new RuntimeUser(9, 9), TestHost.Facts);
        Assert.Equal(("unconfined", "/x", 9u), (privileged.ApparmorProfile, privileged.Cwd, privileged.User.Uid));
        Assert.Equal(TestHost.Facts.Capabilities, privileged.Capabilities!.Effective);
        SpecBuilderTests.Throws("No exec command specified", () => ExecProcessBuilder.Build(new ExecCreateRequest(), config, container, null, TestHost.Facts));
    }
}
