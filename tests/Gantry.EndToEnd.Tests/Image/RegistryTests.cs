using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

[Collection(EngineCollection.Name)]
public sealed class RegistryTests(EngineProcess engine)
{
    [Theory]
    [InlineData("gantry")]
    [InlineData("docker-registry")]
    public async Task Push_and_pull_keep_the_image(string kind)
    {
        await using var registry = await RegistryProcess.StartAsync(kind);
        await engine.RemoveContainersAsync();
        var name = $"{registry.Address}/team/box:v1";
        var id = (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", "busybox")).Succeeded().Text;
        (await engine.GantryAsync("tag", "busybox", name)).Succeeded();

        var push = (await engine.GantryAsync("push", name)).Succeeded().Output;
        Assert.Contains($"The push refers to repository [{registry.Address}/team/box]", push, StringComparison.Ordinal);
        Assert.Matches("v1: digest: sha256:[0-9a-f]{64} size: [0-9]+", push);

        (await engine.GantryAsync("rmi", name)).Succeeded();
        try
        {
            (await engine.GantryAsync("tag", "busybox", "kept")).Succeeded();
            (await engine.GantryAsync("rmi", "busybox")).Succeeded();
            (await engine.GantryAsync("rmi", "kept")).Succeeded();
            var pull = (await engine.GantryAsync("pull", name)).Succeeded().Output;
            Assert.Contains($"Status: Downloaded newer image for {name}", pull, StringComparison.Ordinal);
            Assert.Equal(id, (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", name)).Succeeded().Text);
            Assert.Contains($"Status: Image is up to date for {name}", (await engine.GantryAsync("pull", name)).Succeeded().Output, StringComparison.Ordinal);
            (await engine.GantryAsync("tag", name, "busybox")).Succeeded();
            (await engine.GantryAsync("rmi", name)).Succeeded();
            Assert.Equal("hi", (await engine.GantryAsync("run", "--rm", "busybox", "echo", "hi")).Succeeded().Text);
        }
        finally
        {
            // The other tests need it whatever happened here.
            await engine.HaveBusyboxAsync();
        }
    }

    [Fact]
    public async Task Run_pulls_a_missing_image_and_says_so()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/box:latest";
        (await engine.GantryAsync("tag", "busybox", name)).Succeeded();
        (await engine.GantryAsync("push", "-q", name)).Succeeded();
        (await engine.GantryAsync("rmi", name)).Succeeded();

        var run = (await engine.GantryAsync("run", "--rm", name, "echo", "pulled")).Succeeded();

        Assert.Equal("pulled", run.Text);
        Assert.StartsWith($"Unable to find image '{name}' locally", run.Error, StringComparison.Ordinal);
        (await engine.GantryAsync("rmi", name)).Succeeded();
    }

    [Fact]
    public async Task Skopeo_reads_what_was_pushed()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        (await engine.GantryAsync("tag", "busybox", $"{registry.Address}/box")).Succeeded();
        (await engine.GantryAsync("push", $"{registry.Address}/box")).Succeeded();
        (await engine.GantryAsync("rmi", $"{registry.Address}/box")).Succeeded();

        var inspect = (await Command.RunAsync("skopeo", ["inspect", "--tls-verify=false", $"docker://{registry.Address}/box"])).Succeeded().Output;

        Assert.Contains("\"Architecture\": \"amd64\"", inspect, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_may_choose_the_form_of_the_layers()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/box:1";
        (await engine.GantryAsync("tag", "busybox", name)).Succeeded();
        try
        {
            (await engine.GantryAsync("push", "-q", "--compression", "zstd", "--compression-level", "5", name)).Succeeded();

            var manifest = (await Command.RunAsync("skopeo", ["inspect", "--raw", "--tls-verify=false", $"docker://{name}"])).Succeeded().Output;
            Assert.Contains("application/vnd.oci.image.layer.v1.tar+zstd", manifest, StringComparison.Ordinal);
            Assert.DoesNotContain("gzip", manifest, StringComparison.Ordinal);

            var unknown = await engine.GantryAsync("push", "--compression", "lzma", name);
            Assert.Equal(1, unknown.ExitCode);
            Assert.Contains("invalid compression \"lzma\": it must be gzip, zstd or uncompressed", unknown.Error, StringComparison.Ordinal);
            var alone = await engine.GantryAsync("push", "--compression-level", "5", name);
            Assert.Contains("a compression level needs a compression", alone.Error, StringComparison.Ordinal);
        }
        finally
        {
            (await engine.GantryAsync("rmi", name)).Succeeded();
        }
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_Dockers_words()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");

        var missing = await engine.GantryAsync("pull", $"{registry.Address}/nothing:1");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("manifest unknown", missing.Error, StringComparison.Ordinal);
        var refused = await engine.GantryAsync("pull", "127.0.0.1:1/nothing:1");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("connection refused", refused.Error, StringComparison.Ordinal);
    }
}
