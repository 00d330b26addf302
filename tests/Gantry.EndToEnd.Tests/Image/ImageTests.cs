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

    [Fact]
    public async Task Events_tell_of_images_that_are_made()
    {
        var since = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await engine.GantryAsync("create", "--name", "basis", "busybox")).Succeeded();
        var committed = (await engine.GantryAsync("commit", "basis", "made:commit")).Succeeded().Text;
        (await engine.GantryWithInputAsync("FROM busybox\nLABEL made=here\n", "build", "-q", "-t", "made:build", "-")).Succeeded();
        (await engine.GantryWithInputAsync("FROM busybox\nLABEL made=here\n", "build", "-q", "-t", "made:again", "-")).Succeeded();
        var built = (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", "made:build")).Succeeded().Text;
        var imported = (await engine.GantryAsync("import", Repository.BusyboxTar, "made:import")).Succeeded().Text;

        var until = DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var events = (await engine.GantryAsync("events", "--since", since, "--until", until, "-f", "type=image", "--format", "{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}")).Succeeded().Text;

        Assert.Equal(
            [
                $"create {committed} {committed}", $"tag {committed} made:commit", $"create {built} {built}", $"tag {built} made:build", $"tag {built} made:again",
                $"tag {imported} made:import", $"import {imported} {imported}",
            ],
            events.Split('\n').Where(e => e.Contains(committed, StringComparison.Ordinal) || e.Contains(built, StringComparison.Ordinal) || e.Contains(imported, StringComparison.Ordinal)));
        (await engine.GantryAsync("rm", "basis")).Succeeded();
        (await engine.GantryAsync("rmi", "made:commit", "made:build", "made:again", "made:import")).Succeeded();
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
