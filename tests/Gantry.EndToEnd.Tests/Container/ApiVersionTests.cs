using System.Text;
using System.Text.Json;
using Gantry.EndToEnd.Tests.Daemon;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>What clients of older API versions, and of the newest, get from the same engine.</summary>
[Collection(EngineCollection.Name)]
public sealed class ApiVersionTests(EngineProcess engine)
{
    private string Socket => engine.Host["unix://".Length..];

    [Fact]
    public async Task Fields_that_a_version_does_not_have_mean_nothing_in_it()
    {
        var id = await CreateAsync("v1.42", """{"Image":"busybox","Healthcheck":{"Test":["CMD","true"],"StartInterval":2000000000},"HostConfig":{"Annotations":{"a":"b"}}}""");
        var old = await JsonAsync($"/containers/{id}/json");
        Assert.Equal(JsonValueKind.Undefined, Member(old.GetProperty("HostConfig"), "Annotations").ValueKind);
        Assert.Equal(JsonValueKind.Undefined, Member(old.GetProperty("Config").GetProperty("Healthcheck"), "StartInterval").ValueKind);
        await RemoveAsync(id);

        id = await CreateAsync("v1.51", """{"Image":"busybox","HostConfig":{"Annotations":{"a":"b"}}}""");
        Assert.Equal("b", (await ListedAsync("v1.46", id)).GetProperty("HostConfig").GetProperty("Annotations").GetProperty("a").GetString());
        Assert.Equal(JsonValueKind.Undefined, Member((await ListedAsync("v1.45", id)).GetProperty("HostConfig"), "Annotations").ValueKind);
        await RemoveAsync(id);
    }

    [Theory]
    [InlineData("v1.41", """{"Type":"tmpfs","Target":"/x","VolumeOptions":{"NoCopy":true}}""", null)]
    [InlineData("v1.42", """{"Type":"tmpfs","Target":"/x","VolumeOptions":{"NoCopy":true}}""", "VolumeOptions must not be specified on mount type \"tmpfs\"")]
    [InlineData("v1.43", """{"Type":"bind","Source":"/","Target":"/x","BindOptions":{"ReadOnlyForceRecursive":true}}""", "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")]
    [InlineData("v1.44", """{"Type":"volume","Source":"v","Target":"/x","VolumeOptions":{"Subpath":"a"}}""", "VolumeOptions.Subpath needs API v1.45 or newer")]
    [InlineData("v1.47", """{"Type":"image","Source":"busybox","Target":"/x"}""", "Mount type \"Image\" needs API v1.48 or newer")]
    public async Task Mounts_are_checked_as_the_version_does(string version, string mount, string? message)
    {
        var (status, body) = await PostAsync($"/{version}/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"Mounts\":[" + mount + "]}}");

        Assert.Equal(message is null ? "HTTP/1.1 201 Created" : "HTTP/1.1 400 Bad Request", status);
        using var answer = JsonDocument.Parse(body);
        if (message is null)
        {
            await RemoveAsync(answer.RootElement.GetProperty("Id").GetString()!);
        }
        else
        {
            Assert.Equal(message, answer.RootElement.GetProperty("message").GetString());
        }
    }

    [Theory]
    [InlineData("v1.43", "rw")]
    [InlineData("v1.44", "ro")]
    public async Task Mounts_below_a_read_only_bind_stay_writable_for_old_clients(string version, string expected)
    {
        var id = await CreateAsync(version, """{"Image":"busybox","Cmd":["sh","-c","grep ' /x/shm ' /proc/self/mountinfo | cut -d' ' -f6"],"HostConfig":{"NetworkMode":"none","Binds":["/dev:/x:ro"]}}""");

        var options = (await engine.GantryAsync("start", "-a", id)).Succeeded().Text.Split('\n')[^1].Split(',')[0];

        Assert.Equal(expected, options);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Info_has_for_old_clients_what_is_no_more()
    {
        var old = await JsonAsync("/v1.46/info");
        Assert.False(old.GetProperty("BridgeNfIptables").GetBoolean());
        Assert.Equal(old.GetProperty("RuncCommit").GetProperty("ID").GetString(), old.GetProperty("RuncCommit").GetProperty("Expected").GetString());
        Assert.Equal(JsonValueKind.Null, old.GetProperty("RegistryConfig").GetProperty("AllowNondistributableArtifactsCIDRs").ValueKind);

        var today = await JsonAsync("/v1.51/info");
        Assert.Equal(JsonValueKind.Undefined, Member(today, "BridgeNfIptables").ValueKind);
        Assert.Equal(JsonValueKind.Undefined, Member(today.GetProperty("RuncCommit"), "Expected").ValueKind);
    }

    [Fact]
    public async Task An_exec_with_a_terminal_has_frames_for_a_client_that_does_not_ask_for_it_and_goes_with_its_container()
    {
        (await engine.GantryAsync("run", "-d", "--name", "framed", "--network", "none", "busybox", "sleep", "100")).Succeeded();

        // crun sets the size of an exec's terminal after it let the program go: the program waits for it.
        var (_, made) = await PostAsync(
            "/containers/framed/exec", """{"Cmd":["timeout","20","sh","-c","until stty size 2>/dev/null; do :; done"],"Tty":true,"ConsoleSize":[57,123],"AttachStdout":true}""");
        using var document = JsonDocument.Parse(made);
        var exec = document.RootElement.GetProperty("Id").GetString()!;

        var (_, output) = await PostAsync($"/exec/{exec}/start", "{}");
        Assert.Equal("\u0001\0\0\0\0\0\0\u000857 123\r\n", output);

        (await engine.GantryAsync("rm", "-f", "framed")).Succeeded();
        Assert.Equal("HTTP/1.1 404 Not Found", (await RawHttp.GetAsync(Socket, $"/exec/{exec}/json")).Status);
    }

    [Fact]
    public async Task A_linked_container_is_found_by_the_name_it_has_there()
    {
        (await engine.GantryAsync("run", "-d", "--name", "linked", "busybox", "sleep", "100")).Succeeded();
        (await engine.GantryAsync("create", "--name", "linking", "--link", "linked:db", "busybox")).Succeeded();

        Assert.Equal("/linked", (await JsonAsync("/containers/linking/db/json")).GetProperty("Name").GetString());
        Assert.Equal("HTTP/1.1 404 Not Found", (await RawHttp.GetAsync(Socket, "/containers/linking/other/json")).Status);
        (await engine.GantryAsync("rm", "-f", "linking", "linked")).Succeeded();
    }

    private static JsonElement Member(JsonElement element, string name) => element.TryGetProperty(name, out var member) ? member : default;

    private Task<(string Status, string Body)> PostAsync(string target, string body) =>
        RawHttp.PostAsync(Socket, "POST", target, "application/json", Encoding.UTF8.GetBytes(body));

    private async Task<JsonElement> JsonAsync(string target)
    {
        var (status, body) = await RawHttp.GetAsync(Socket, target);
        Assert.Equal("HTTP/1.1 200 OK", status);
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    private async Task<JsonElement> ListedAsync(string version, string id) =>
        (await JsonAsync($"/{version}/containers/json?all=1")).EnumerateArray().Single(c => c.GetProperty("Id").GetString() == id);

    private async Task<string> CreateAsync(string version, string body)
    {
        var (status, answer) = await PostAsync($"/{version}/containers/create", body);
        Assert.True(status == "HTTP/1.1 201 Created", answer);
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("Id").GetString()!;
    }

    private async Task RemoveAsync(string id) => (await engine.GantryAsync("rm", "-f", id)).Succeeded();
}
