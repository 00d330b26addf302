using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>Devices that files describe (Container Device Interface).</summary>
public sealed class CdiTests : IDisposable
{
    private const string Camera = """
        {"cdiVersion":"0.6.0","kind":"vendor.example/camera","containerEdits":{"env":["CAMERAS=yes"]},"devices":[
          {"name":"front","containerEdits":{
            "env":["FRONT=1","PATH=/camera"],
            "deviceNodes":[{"path":"/dev/front","hostPath":"/dev/zero","permissions":"rw"},{"path":"/dev/made","type":"c","major":77,"minor":3,"uid":5,"gid":6,"fileMode":438}],
            "mounts":[{"hostPath":"/usr/lib/camera","containerPath":"/usr/lib/camera","options":["ro","rbind"]},{"hostPath":"/x","containerPath":"/sys"}],
            "hooks":[{"hookName":"createContainer","path":"/bin/hook","args":["hook","a"],"env":["A=b"],"timeout":3},{"hookName":"poststop","path":"/bin/end"}]}},
          {"name":"back","annotations":{"a":"b"},"containerEdits":{"env":["BACK=1"]}}]}
        """;

    private readonly string _first = Directory.CreateTempSubdirectory("cdi-").FullName;
    private readonly string _second = Directory.CreateTempSubdirectory("cdi-").FullName;

    private CdiDevices Devices => new([_first, "/no/such/directory", _second]);

    public void Dispose()
    {
        Directory.Delete(_first, recursive: true);
        Directory.Delete(_second, recursive: true);
    }

    [Fact]
    public void A_devices_edits_and_its_files_are_made()
    {
        Write(_first, "camera.json", Camera);

        var spec = Build("vendor.example/camera=front", "vendor.example/camera=back");

        Assert.Equal(["CAMERAS=yes", "FRONT=1", "PATH=/camera", "BACK=1"], spec.Process.Env.Where(e => !e.StartsWith("HOSTNAME=", StringComparison.Ordinal)));
        var zero = Assert.Single(spec.Linux!.Devices!, d => d.Path == "/dev/front");
        Assert.Equal(("c", 1, 5, 7u), (zero.Type, zero.Major, zero.Minor, zero.Uid!.Value));
        var made = Assert.Single(spec.Linux.Devices!, d => d.Path == "/dev/made");
        Assert.Equal(("c", 77, 3, 5u, 6u, 438u), (made.Type, made.Major, made.Minor, made.Uid!.Value, made.Gid!.Value, made.FileMode!.Value));
        Assert.Contains(new LinuxDeviceCgroup { Allow = true, Type = "c", Major = 1, Minor = 5, Access = "rw" }, spec.Linux.Resources!.Devices!);
        Assert.Contains(new LinuxDeviceCgroup { Allow = true, Type = "c", Major = 77, Minor = 3, Access = "rwm" }, spec.Linux.Resources.Devices!);
        Assert.Equal("/x", Assert.Single(spec.Mounts, m => m.Destination == "/sys").Source);
        Assert.Equal(["ro", "rbind"], Assert.Single(spec.Mounts, m => m.Destination == "/usr/lib/camera").Options);
        Assert.True(Place(spec, "/sys") < Place(spec, "/usr/lib/camera"));
        var hook = Assert.Single(spec.Hooks!.CreateContainer!);
        Assert.Equal(("/bin/hook", 3), (hook.Path, hook.Timeout!.Value));
        Assert.Equal(["hook", "a"], hook.Args);
        Assert.Equal("/bin/end", Assert.Single(spec.Hooks.Poststop!).Path);
    }

    [Fact]
    public void Yaml_says_the_same_and_numbers_may_be_octal()
    {
        Write(_first, "gpu.yaml", """
            cdiVersion: "0.7.0"
            kind: vendor.example/gpu
            devices:
            - name: "0"
              containerEdits:
                additionalGids: [0, 44, 44]
                deviceNodes:
                - path: /dev/gpu0
                  hostPath: /dev/null
                  fileMode: 0660
                  permissions: none
                env:
                - GPU=0
            - name: all
              containerEdits: {env: [GPU=all]}
            """);

        var spec = Build("vendor.example/gpu=0");

        Assert.Equal([44u], spec.Process.User.AdditionalGids);
        Assert.Equal(0x1B0u, Assert.Single(spec.Linux!.Devices!).FileMode);
        Assert.Contains(spec.Linux.Resources!.Devices!, r => r is { Major: 1, Minor: 3, Access: "" });
        Assert.Contains("GPU=0", spec.Process.Env);
        Assert.Equal(["vendor.example/gpu=0", "vendor.example/gpu=all"], Devices.List().Names);
    }

    [Fact]
    public void A_later_directory_hides_an_earlier_one_and_two_files_of_one_hide_each_other()
    {
        Write(_first, "a.json", Simple("one", "FROM=first"));
        Write(_second, "a.json", Simple("one", "FROM=second"));
        Write(_second, "b.json", Simple("two", "B=1"));
        Write(_second, "c.json", Simple("two", "C=1"));

        Assert.Contains("FROM=second", Build("v.example/c=one").Process.Env);
        Assert.Equal(["v.example/c=one"], Devices.List().Names);
        Assert.Contains("conflicting device \"v.example/c=two\"", Assert.Single(Devices.List().Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"cdiVersion":"9.0.0","kind":"v/c","devices":[]}""", "invalid version \"9.0.0\"")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"vc","devices":[]}""", "invalid kind \"vc\"")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","devices":[]}""", "no devices")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","devices":[{"name":"-","containerEdits":{"env":["A=b"]}}]}""", "invalid device name \"-\"")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","devices":[{"name":"a","containerEdits":{}}]}""", "empty device edits")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","devices":[{"name":"a","containerEdits":{"env":["A"]}}]}""", "invalid environment variable \"A\"")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","devices":[{"name":"a","containerEdits":{"hooks":[{"hookName":"x","path":"/y"}]}}]}""", "invalid hook name \"x\"")]
    [InlineData("""{"cdiVersion":"0.5.0","kind":"v/c","unheard":1,"devices":[]}""", "unheard")]
    [InlineData("{", "failed to parse CDI Spec")]
    public void What_is_wrong_with_a_file_is_told_and_the_others_are_used(string text, string problem)
    {
        Write(_first, "bad.json", text);
        Write(_first, "good.json", Simple("one", "A=b"));

        Assert.Contains(problem, Assert.Single(Devices.List().Problems), StringComparison.Ordinal);
        Assert.Equal(["v.example/c=one"], Devices.List().Names);
    }

    [Theory]
    [InlineData("v.example/c=none, v.example/d=x", "CDI device injection failed: unresolvable CDI devices v.example/c=none, v.example/d=x")]
    [InlineData("v.example/c=gone", "CDI device injection failed: failed to stat CDI host device \"/dev/gone\": no such file or directory")]
    [InlineData("v.example/c=other", "CDI device injection failed: CDI device (\"/dev/null\", \"/dev/null\"), host type mismatch (b, c)")]
    [InlineData("v.example/c=cache", "v.example/c=cache: intelRdt is not available in this version")]
    public void What_cannot_be_had_fails_in_the_reference_implementations_words(string names, string error)
    {
        Write(_first, "a.json", """
            {"cdiVersion":"0.7.0","kind":"v.example/c","devices":[
              {"name":"gone","containerEdits":{"deviceNodes":[{"path":"/dev/gone"}]}},
              {"name":"other","containerEdits":{"deviceNodes":[{"path":"/dev/null","type":"b"}]}},
              {"name":"cache","containerEdits":{"intelRdt":{"closID":"x"}}}]}
            """);

        Assert.Contains(error, Assert.Throws<GantryException>(() => Build(names.Split(", "))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Driver":"","Count":-1,"Capabilities":[["gpu"]]}""", "could not select device driver \"\" with capabilities: [[gpu]]")]
    [InlineData("""{"Driver":"nvidia","Capabilities":[["gpu","compute"],["x"]]}""", "could not select device driver \"nvidia\" with capabilities: [[gpu compute] [x]]")]
    [InlineData("""{"Driver":"cdi","Count":1,"DeviceIDs":["a/b=c"]}""", "unexpected count in CDI device request")]
    [InlineData("""{"Driver":"cdi","Options":{"a":"b"},"DeviceIDs":["a/b=c"]}""", "unexpected options in CDI device request")]
    public void Requests_that_no_driver_takes_are_refused(string request, string error)
    {
        var wanted = System.Text.Json.JsonSerializer.Deserialize(request, ApiJson.Default.DeviceRequest)!;

        Assert.Equal(error, Assert.Throws<GantryException>(() => Build(new HostConfig { DeviceRequests = [wanted] }, Devices)).Message);
    }

    [Fact]
    public void Without_directories_there_is_no_driver() => Assert.Equal(
        "could not select device driver \"cdi\" with capabilities: []",
        Assert.Throws<GantryException>(() => Build(new HostConfig { DeviceRequests = [new DeviceRequest { Driver = "cdi", DeviceIDs = ["a/b=c"] }] }, null)).Message);

    private static string Simple(string name, string variable) =>
        $$$"""{"cdiVersion":"0.3.0","kind":"v.example/c","devices":[{"name":"{{{name}}}","containerEdits":{"env":["{{{variable}}}"]}}]}""";

    private static void Write(string directory, string name, string text) => File.WriteAllText(Path.Combine(directory, name), text);

    private static int Place(RuntimeSpec spec, string destination) => spec.Mounts.ToList().FindIndex(m => m.Destination == destination);

    private RuntimeSpec Build(params string[] names) => Build(new HostConfig { DeviceRequests = [new DeviceRequest { Driver = "cdi", DeviceIDs = [.. names] }] }, Devices);

    private static RuntimeSpec Build(HostConfig host, CdiDevices? devices) => OciSpecBuilder.Build(
        new ContainerConfig { Hostname = "h", Cmd = ["true"] },
        HostConfigDefaults.Apply(host, TestHost.Facts),
        new SpecContext { ContainerId = "ID", RootfsPath = "/rootfs", Host = TestHost.Facts, User = new RuntimeUser(7, 0), Devices = devices });
}
