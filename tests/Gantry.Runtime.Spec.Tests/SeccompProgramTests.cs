using System.Runtime.InteropServices;
using Gantry.Api;
using Gantry.Linux.Seccomp;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

public sealed class SeccompProgramTests
{
    private const string Annotation = "run.oci.seccomp_bpf_data";
    private const uint Allow = 0x7fff0000;
    private const uint NotPermitted = 0x00050001;

    // linux/audit.h
    private static readonly uint s_thisArchitecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? 0xC00000B7 : 0xC000003E;
    private const uint OtherArchitecture = 0x80000016;

    [Fact]
    public void The_default_filters_program_says_of_every_call_what_its_rules_say()
    {
        var seccomp = Spec(new HostConfig()).Linux!.Seccomp!;
        var program = Program(Spec(new HostConfig()));
        var rules = seccomp.Syscalls!.SelectMany(rule => rule.Names, (rule, name) => (rule, SeccompFilterBuilder.ResolveSyscall(name)))
            .Where(pair => pair.Item2 >= 0).ToLookup(pair => (uint)pair.Item2!.Value, pair => pair.rule);
        ulong[] values = [0, 1, 8, 0x20000, 0x20008, 0x7E020000, 0x10000000, 0xffffffff, 0x1_00000000, 2114060288, ulong.MaxValue];
        Assert.True(rules.Count > 250);

        foreach (var value in values)
        {
            for (var number = 0u; number < 700; number++)
            {
                ulong[] arguments = [value, value, value, value, value, value];
                var matching = rules[number].FirstOrDefault(rule => (rule.Args ?? []).All(a => Holds(a, arguments)));
                var expected = matching is null ? NotPermitted : matching.Action == "SCMP_ACT_ALLOW" ? Allow : 0x00050000 | matching.ErrnoRet!.Value;
                Assert.Equal((number, value, expected), (number, value, FilterMachine.Run(program, number, s_thisArchitecture, arguments)));
            }
        }
    }

    [Fact]
    public void Calls_of_a_foreign_architecture_end_the_thread() =>
        Assert.Equal(0u, FilterMachine.Run(Program(Spec(new HostConfig())), 0, OtherArchitecture, []));

    [Fact]
    public void The_program_takes_the_place_of_the_rules()
    {
        var spec = SeccompPrograms.Precompile(Spec(new HostConfig { Annotations = new() { ["own"] = "x" } }));

        Assert.Null(spec.Linux!.Seccomp);
        Assert.Equal("x", spec.Annotations!["own"]);
        Assert.Contains(Annotation, spec.Annotations);
    }

    [Fact]
    public void Flags_stay_with_the_runtime()
    {
        var seccomp = SeccompPrograms.Precompile(Spec(Own("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"]}"""))).Linux!.Seccomp!;

        Assert.Equal(["SECCOMP_FILTER_FLAG_LOG"], seccomp.Flags!);
        Assert.Null(seccomp.Syscalls);
    }

    [Fact]
    public void Every_operator_action_and_error_number_is_translated()
    {
        var program = Program(Spec(Own("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
              {"names":["no_such_call","read"],"action":"SCMP_ACT_ERRNO","errnoRet":5,"args":[{"index":0,"value":3,"op":"SCMP_CMP_GT"}]},
              {"names":["write"],"action":"SCMP_ACT_LOG","args":[{"index":1,"value":3,"op":"SCMP_CMP_LE"}]},
              {"names":["close"],"action":"SCMP_ACT_TRAP","args":[{"index":2,"value":3,"op":"SCMP_CMP_NE"}]},
              {"names":["lseek"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":5,"value":12,"valueTwo":4,"op":"SCMP_CMP_MASKED_EQ"}]},
              {"names":["dup"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":[{"index":0,"value":3,"op":"SCMP_CMP_GE"}]},
              {"names":["fsync"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":9,"op":"SCMP_CMP_EQ"}]},
              {"names":["flock"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_LT"},{"index":1,"value":9,"op":"SCMP_CMP_EQ"}]}]}
            """)));

        Assert.Equal((0x00050005u, Allow), (Run("read", 4), Run("read", 3)));
        Assert.Equal((0x7ffc0000u, Allow), (Run("write", 9, 3), Run("write", 0, 4)));
        Assert.Equal((0x00030000u, Allow), (Run("close", 3, 3, 4), Run("close", 0, 0, 3)));
        Assert.Equal((0x80000000u, Allow), (Run("lseek", 0, 0, 0, 0, 0, 0xff04), Run("lseek", 0, 0, 0, 0, 0, 8)));
        Assert.Equal((0x7ff00007u, Allow), (Run("dup", 3), Run("dup", 2)));
        Assert.Equal((0u, 0u, Allow), (Run("fsync", 1), Run("fsync", 9), Run("fsync", 2)));
        Assert.Equal((NotPermitted, Allow, Allow), (Run("flock", 0, 9), Run("flock", 0, 8), Run("flock", 1, 9)));

        uint Run(string name, params ulong[] arguments) =>
            FilterMachine.Run(program, (uint)SeccompFilterBuilder.ResolveSyscall(name)!.Value, s_thisArchitecture, arguments);
    }

    [Theory]
    [InlineData("""{"defaultAction":"SCMP_ACT_NONSENSE"}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_Z80"]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/x","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","errnoRet":1}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"=="}]}]}""")]
    public void What_cannot_be_translated_is_left_to_the_runtime(string profile)
    {
        var spec = Spec(Own(profile));

        Assert.Same(spec, SeccompPrograms.Precompile(spec));
    }

    [Fact]
    public void Without_a_filter_and_with_a_program_of_its_own_nothing_changes()
    {
        var unconfined = Spec(new HostConfig { Privileged = true });
        var own = Spec(new HostConfig { Annotations = new() { [Annotation] = "AAAA" } });

        Assert.Same(unconfined, SeccompPrograms.Precompile(unconfined));
        Assert.Same(own, SeccompPrograms.Precompile(own));
    }

    [Theory]
    [InlineData("crun version 1.8.1\ncommit: f8a096be\nspec: 1.0.0\n", "crun", "1.8.1", "f8a096be", true)]
    [InlineData("crun version 0.16\ncommit: x\n", "crun", "0.16", "x", false)]
    [InlineData("runc version 1.1.12\n", "runc", "1.1.12", "", false)]
    [InlineData("youki", "", "unknown", "", false)]
    public void Only_runtimes_known_to_take_a_program_are_given_one(string output, string program, string number, string commit, bool takes)
    {
        var version = RuntimeVersion.Parse(output);

        Assert.Equal((program, number, commit), (version.Program, version.Number, version.Commit));
        Assert.Equal(takes, version.TakesSeccompPrograms);
    }

    private static HostConfig Own(string profile) => new() { SecurityOpt = ["seccomp=" + profile] };

    private static bool Holds(LinuxSeccompArg argument, ulong[] arguments) => argument.Op switch
    {
        "SCMP_CMP_EQ" => arguments[argument.Index] == argument.Value,
        "SCMP_CMP_NE" => arguments[argument.Index] != argument.Value,
        "SCMP_CMP_MASKED_EQ" => (arguments[argument.Index] & argument.Value) == (argument.ValueTwo ?? 0),
        _ => throw new InvalidOperationException(argument.Op),
    };

    private static byte[] Program(RuntimeSpec spec) => Convert.FromBase64String(SeccompPrograms.Precompile(spec).Annotations![Annotation]);

    private static RuntimeSpec Spec(HostConfig hostConfig) => OciSpecBuilder.Build(
        new ContainerConfig { Cmd = ["true"] },
        hostConfig,
        new SpecContext { ContainerId = "ID", RootfsPath = "/r", Host = TestHost.Facts, User = new RuntimeUser(0, 0) });
}
