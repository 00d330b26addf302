using System.Diagnostics;
using System.Text.Json;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>Our server as others' clients use it.</summary>
public sealed class ForeignClientTests
{
    [NeedsProgramFact("skopeo")]
    public async Task Skopeo_copies_in_and_out()
    {
        await using var registry = await TestRegistry.StartAsync();
        using var directory = new TemporaryDirectory();
        var image = new FakeImage();
        using var client = new RegistryClient(Clients.Quick);
        await image.PushAsync(client.OpenForPush(registry.Reference("from/x")), "1");

        await SkopeoAsync("copy", "--src-tls-verify=false", $"docker://{registry.Address}/from/x:1", $"oci:{directory.At("layout")}:1");
        await SkopeoAsync("copy", "--dest-tls-verify=false", $"oci:{directory.At("layout")}:1", $"docker://{registry.Address}/to/y:2");
        await SkopeoAsync(
            "copy", "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{registry.Address}/to/y:2", $"docker://{registry.Address}/mounted/z:3");

        foreach (var (name, tag) in new[] { ("to/y", "2"), ("mounted/z", "3") })
        {
            Assert.Equal(Digest.Of(image.Manifest), (await client.OpenForPull(registry.Reference(name)).GetManifestAsync(tag)).Digest);
        }

        using var json = JsonDocument.Parse(await SkopeoAsync("inspect", "--tls-verify=false", $"docker://{registry.Address}/to/y:2"));
        Assert.Equal(Digest.Of(image.Manifest).ToString(), json.RootElement.GetProperty("Digest").GetString());
        await SkopeoAsync("delete", "--tls-verify=false", $"docker://{registry.Address}/to/y:2");
        Assert.Empty(await client.OpenForPull(registry.Reference("to/y")).ListTagsAsync());
        Assert.Empty(registry.Failures);
    }

    [NeedsProgramFact("skopeo")]
    public async Task Skopeo_with_passwords_and_tokens()
    {
        var users = RegistryServer.RegistryUsers.FromTable(new Dictionary<string, string> { ["ann"] = "secret" });
        foreach (var tokens in new[] { false, true })
        {
            await using var registry = await TestRegistry.StartAsync(options => options with { Users = users, TokenService = tokens });
            using var directory = new TemporaryDirectory();
            using var client = new RegistryClient(Clients.Quick);
            await new FakeImage().PushAsync(client.OpenForPush(registry.Reference("from/x"), new RegistryCredentials { Username = "ann", Password = "secret" }), "1");

            await SkopeoAsync("copy", "--src-tls-verify=false", "--src-creds", "ann:secret", $"docker://{registry.Address}/from/x:1", $"dir:{directory.At("dir")}");
            await SkopeoAsync("copy", "--dest-tls-verify=false", "--dest-creds", "ann:secret", $"dir:{directory.At("dir")}", $"docker://{registry.Address}/to/y:1");
            await SkopeoAsync(1, "inspect", "--tls-verify=false", "--creds", "ann:wrong", $"docker://{registry.Address}/from/x:1");
        }
    }

    private static Task<string> SkopeoAsync(params string[] arguments) => SkopeoAsync(0, arguments);

    private static async Task<string> SkopeoAsync(int exitCode, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("skopeo", ["--insecure-policy", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == exitCode, $"skopeo {string.Join(' ', arguments)}: exit {process.ExitCode}: {await error}");
        return output;
    }
}
