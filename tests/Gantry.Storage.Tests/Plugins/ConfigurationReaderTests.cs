using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Plugins.Managed;

namespace Gantry.Storage.Tests.Plugins;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Names_in_any_case_are_read()
    {
        var read = Read("""{"ENTRYPOINT":["/p"],"interface":{"types":["docker.volumedriver/1.0"],"SOCKET":"p.sock"},"Linux":{"capabilities":["CAP_SYS_ADMIN"]},"user":{"uid":7,"GID":8},"workdir":"/w"}""");

        Assert.Equal(["/p"], read.Entrypoint);
        Assert.Equal("p.sock", read.Interface.Socket);
        Assert.Equal(new InterfaceType("docker", "volumedriver", "1.0"), Assert.Single(read.Interface.Types!));
        Assert.Equal((7u, 8u), (read.User.Uid, read.User.Gid));
        Assert.Equal("/w", read.WorkDir);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"args":null,"description":null,"entrypoint":null,"env":null,"interface":null,"linux":null,"mounts":null,"network":null,"user":null,"workdir":null,"propagatedmount":null,"documentation":null}""")]
    [InlineData("""{"unknown":{"deep":[[[1]]]},"Unknown":1}""")]
    public void What_is_missing_or_null_is_empty(string json)
    {
        var read = Read(json);

        Assert.Equal(
            """{"Args":{"Description":"","Name":"","Settable":null,"Value":null},"Description":"","Documentation":"","Entrypoint":null,"Env":null,"Interface":{"Socket":"","Types":null},"IpcHost":false,"Linux":{"AllowAllDevices":false,"Capabilities":null,"Devices":null},"Mounts":null,"Network":{"Type":""},"PidHost":false,"PropagatedMount":"","User":{},"WorkDir":""}""",
            JsonSerializer.Serialize(read, ManagedJson.Default.PluginConfiguration));
        Assert.Empty(PluginPrivilege.Of(read));
        Assert.Empty(PluginSettings.Of(read).Env);
    }

    [Fact]
    public void Lists_lose_what_is_null_in_them()
    {
        var read = Read("""{"env":[null,{"name":null,"value":null}],"mounts":[null,{}],"linux":{"devices":[null,{}],"capabilities":[null]},"entrypoint":[null],"interface":{"types":[null]},"args":{"value":[null]}}""");

        Assert.Equal("", Assert.Single(read.Env!).Name);
        Assert.Null(Assert.Single(read.Mounts!).Source);
        Assert.Null(Assert.Single(read.Linux.Devices!).Path);
        Assert.Equal([""], read.Linux.Capabilities);
        Assert.Equal([""], read.Entrypoint);
        Assert.Empty(read.Interface.Types!);
        Assert.Equal([""], PluginSettings.Of(read).Args);
    }

    [Theory]
    [InlineData("", "EOF")]
    [InlineData("{", "unexpected EOF")]
    [InlineData("[]", "cannot unmarshal $")]
    [InlineData("nojson", "invalid character 'o' in literal null")]
    [InlineData("{} {}", "invalid character '{' after top-level value")]
    [InlineData("{\"env\":{}}", "cannot unmarshal $.env")]
    [InlineData("{\"interface\":{\"types\":[{}]}}", "cannot unmarshal $.interface.types[0]")]
    [InlineData("{\"user\":{\"uid\":4294967296}}", "cannot unmarshal $.user.uid")]
    [InlineData("{\"pidhost\":\"yes\"}", "cannot unmarshal $.pidhost")]
    [InlineData("{\"interface\":{\"socket\":\"../x.sock\"}}", "must be the name of a file")]
    [InlineData("{\"interface\":{\"socket\":\"..\"}}", "must be the name of a file")]
    [InlineData("{\"interface\":{\"socket\":\"a\\u0000b\"}}", "must be the name of a file")]
    [InlineData("{\"propagatedmount\":\"/\"}", "must be an absolute path below the root")]
    [InlineData("{\"propagatedmount\":\"mnt\"}", "must be an absolute path below the root")]
    [InlineData("{\"propagatedmount\":\"/mnt/../../etc\"}", "must be an absolute path below the root")]
    public void Hostile_ones_are_refused(string json, string error)
    {
        var failure = Assert.Throws<GantryException>(() => Read(json));

        Assert.StartsWith("failed to parse config: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(error, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        Assert.Throws<GantryException>(() => Read("{\"x\":" + new string('[', 100_000)));
        Assert.Throws<GantryException>(() => Read("{\"x\":" + new string('[', 1000) + new string(']', 1000) + "}"));
        Assert.Throws<GantryException>(() => Read("\"" + new string('x', ConfigurationReader.MaxSize) + "\""));
        Assert.Throws<GantryException>(() => ConfigurationReader.Read([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'"', 0xff, (byte)'"', (byte)'}', 0]));
    }

    [Theory]
    [InlineData("docker.volumedriver/1.0", "docker", "volumedriver", "1.0")]
    [InlineData("a.b.c/1/2", "a.b", "c", "1/2")]
    [InlineData("x/1.0", "", "", "1.0")]
    [InlineData("", "", "", "")]
    [InlineData(".", "", "", "")]
    public void Interface_types_are_taken_apart_as_Docker_does(string text, string prefix, string capability, string version)
    {
        Assert.Equal(new InterfaceType(prefix, capability, version), InterfaceType.Parse(text));
    }

    [Fact]
    public void Privileges_are_Dockers_in_Dockers_order()
    {
        var read = Read("""{"network":{"type":"host"},"ipchost":true,"pidhost":true,"mounts":[{"source":"/m"},{"name":"unset"}],"linux":{"allowalldevices":true,"devices":[{"path":"/dev/d"},{}],"capabilities":["CAP_A","CAP_B"]}}""");

        var needed = PluginPrivilege.Of(read);

        Assert.Equal(
            ["network: host", "host ipc namespace: true", "host pid namespace: true", "mount: /m", "device: /dev/d", "allow-all-devices: true", "capabilities: CAP_A CAP_B"],
            needed.Select(p => $"{p.Name}: {string.Join(' ', p.Value!)}"));
        Assert.True(PluginPrivilege.AreSame(needed, [.. needed.AsEnumerable().Reverse()]));
        Assert.False(PluginPrivilege.AreSame(needed, [.. needed.Skip(1)]));
        Assert.False(PluginPrivilege.AreSame(needed, null));
        Assert.True(PluginPrivilege.AreSame([], null));
    }

    private static PluginConfiguration Read(string json) => ConfigurationReader.Read(Encoding.UTF8.GetBytes(json));
}
