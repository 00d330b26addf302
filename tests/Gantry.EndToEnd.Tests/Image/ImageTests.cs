using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

[Collection(EngineCollection.Name)]
public sealed class ImageTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Save_and_load_keep_the_image(string client)
    {
        var file = Path.Combine(engine.Folder, "saved.tar");
        (await engine.RunAsync(client, "tag", "busybox", "saved:1")).Succeeded();
        var id = (await engine.RunAsync(client, "image", "inspect", "-f", "{{.Id}}", "saved:1")).Succeeded().Text;
        (await engine.RunAsync(client, "save", "-o", file, "saved:1")).Succeeded();
        (await engine.RunAsync(client, "rmi", "saved:1")).Succeeded();

        Assert.Equal("Loaded image: saved:1\n", (await engine.RunAsync(client, "load", "-i", file)).Succeeded().Output);
        Assert.Equal(id, (await engine.RunAsync(client, "image", "inspect", "-f", "{{.Id}}", "saved:1")).Succeeded().Text);
        Assert.Equal("Untagged: saved:1\n", (await engine.RunAsync(client, "rmi", "saved:1")).Succeeded().Output);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Commit_keeps_what_the_container_changed(string client)
    {
        (await engine.RunAsync(client, "run", "--name", "changed", "busybox", "sh", "-c", "echo data > /file; rm /bin/vi")).Succeeded();
        Assert.Equal(["A /file", "C /bin", "D /bin/vi"], (await engine.RunAsync(client, "diff", "changed")).Succeeded().Text.Split('\n').Order());
        Assert.Matches("^sha256:[0-9a-f]{64}$", (await engine.RunAsync(client, "commit", "changed", "committed")).Succeeded().Text);

        Assert.Equal("data", (await engine.RunAsync(client, "run", "--rm", "committed", "sh", "-c", "test ! -e /bin/vi && cat /file")).Succeeded().Text);
        (await engine.RunAsync(client, "rm", "changed")).Succeeded();
        (await engine.RunAsync(client, "rmi", "committed")).Succeeded();
    }

    [Theory]
    [InlineData("No such image: no-such:latest", "image", "inspect", "no-such")]
    [InlineData("No such image: no-such:latest", "rmi", "no-such")]
    [InlineData("invalid reference format", "tag", "busybox", "UPPER:x:y")]
    public async Task Errors_are_Dockers(string expected, params string[] arguments)
    {
        var result = await engine.GantryAsync(arguments);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_in_use_is_not_removed()
    {
        (await engine.GantryAsync("tag", "busybox", "used")).Succeeded();
        var id = (await engine.GantryAsync("create", "used")).Succeeded().Text;

        var result = await engine.GantryAsync("rmi", "busybox", "used");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("is using its referenced image", result.Error, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", id)).Succeeded();
        await engine.GantryAsync("tag", "used", "busybox");
        (await engine.GantryAsync("rmi", "used")).Succeeded();
    }
}
