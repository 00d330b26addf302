using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Volume;

/// <summary>Mounts of type image.</summary>
[Collection(EngineCollection.Name)]
public sealed class ImageMountTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task An_image_is_mounted_read_only(string client)
    {
        var image = await BuildAsync();

        Assert.Equal("bar", (await engine.RunAsync(client, "run", "--rm", "--mount", $"type=image,src={image},dst=/image", "busybox", "cat", "/image/foo")).Succeeded().Text);
        (await engine.RunAsync(client, "run", "--rm", "--mount", $"type=image,src={image},dst=/image", "busybox", "touch", "/image/new")).Failed("Read-only file system");
        Assert.Equal("hello", (await RunAsync("subdir", "ls")).Succeeded().Text);
        Assert.Equal("hello", (await RunAsync("hack/good", "ls")).Succeeded().Text);
        Assert.Equal("world", (await RunAsync("subdir/hello", "cat")).Succeeded().Text);
        (await RunAsync("none", "ls")).Failed("cannot access path");
        (await RunAsync("hack/bad", "ls")).Failed("path concatenation escapes the base directory");
        (await RunAsync("../etc", "ls")).Failed("invalid mount config for type \"image\": subpath must be a relative path within the volume");
        Assert.Equal("bar\nbar", (await engine.RunAsync(
            client, "run", "--rm", "--mount", $"type=image,src={image},dst=/a", "--mount", $"type=image,src={image},dst=/b", "busybox", "cat", "/a/foo", "/b/foo")).Succeeded().Text);
        Assert.Empty((await engine.GantryAsync("ps", "-aq")).Succeeded().Text);
        (await engine.GantryAsync("rmi", image)).Succeeded();

        Task<Result> RunAsync(string subpath, string command) =>
            engine.RunAsync(client, "run", "--rm", "--mount", $"type=image,src={image},dst=/image,image-subpath={subpath}", "busybox", command, "/image");
    }

    [Fact]
    public async Task What_is_mounted_can_be_copied_out_and_in_whether_the_container_runs_or_not()
    {
        var image = await BuildAsync();
        var file = Path.Combine(engine.Folder, "to-copy");
        await File.WriteAllTextAsync(file, "copied\n");
        (await engine.GantryAsync("run", "--rm", "-v", "whole:/v", "busybox", "sh", "-c", "mkdir /v/part; echo in part >/v/part/file")).Succeeded();
        (await engine.GantryAsync(
            "create", "--name", "img", "--mount", $"type=image,src={image},dst=/image", "--mount", $"type=image,src={image},dst=/sub,image-subpath=subdir",
            "--mount", $"type=image,src={image},dst=/one,image-subpath=foo", "--mount", "type=volume,src=whole,dst=/part,volume-subpath=part", "busybox", "sleep", "100")).Succeeded();

        await CopyAsync();
        (await engine.GantryAsync("start", "img")).Succeeded();
        await CopyAsync();
        (await engine.GantryAsync("stop", "-t", "0", "img")).Succeeded();
        await CopyAsync();
        Assert.Equal("copied", (await engine.GantryAsync("run", "--rm", "-v", "whole:/v", "busybox", "cat", "/v/part/to-copy")).Succeeded().Text);

        (await engine.GantryAsync("run", "--rm", "-v", "whole:/v", "busybox", "rm", "-r", "/v/part")).Succeeded();
        (await engine.GantryAsync("cp", "img:/etc/passwd", "-")).Failed("cannot access path ");
        (await engine.GantryAsync("rm", "-f", "img")).Succeeded();
        (await engine.GantryAsync("volume", "rm", "whole")).Succeeded();
        (await engine.GantryAsync("rmi", image)).Succeeded();

        async Task CopyAsync()
        {
            Assert.Contains("bar", (await engine.GantryAsync("cp", "img:/image/foo", "-")).Succeeded().Output, StringComparison.Ordinal);
            Assert.Contains("bar", (await engine.GantryAsync("cp", "img:/one", "-")).Succeeded().Output, StringComparison.Ordinal);
            Assert.Contains("world", (await engine.GantryAsync("cp", "img:/sub/hello", "-")).Succeeded().Output, StringComparison.Ordinal);
            Assert.Contains("in part", (await engine.GantryAsync("cp", "img:/part/file", "-")).Succeeded().Output, StringComparison.Ordinal);
            (await engine.GantryAsync("cp", "img:/sub/foo", "-")).Failed("Could not find the file /sub/foo in container img");
            (await engine.GantryAsync("cp", file, "img:/part")).Succeeded();
            (await engine.GantryAsync("cp", file, "img:/image")).Failed("read-only");
        }
    }

    [Fact]
    public async Task A_mounted_image_is_in_use_and_outlives_its_removal_by_force()
    {
        var image = await BuildAsync();
        var id = (await engine.GantryAsync("create", "--mount", $"type=image,src={image},dst=/image", "busybox", "cat", "/image/foo")).Succeeded().Text;
        var imageId = (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", image)).Succeeded().Text["sha256:".Length..];

        (await engine.GantryAsync("rmi", image)).Failed($"container {id[..12]} is using its referenced image {imageId[..12]}");
        Assert.Equal(
            $"image {image} /image false rprivate",
            (await engine.GantryAsync("inspect", "-f", "{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}} {{.Propagation}}{{end}}", id)).Succeeded().Text);
        (await engine.GantryAsync("rmi", "-f", image)).Succeeded();
        await engine.StopAsync();
        await engine.StartAsync();
        Assert.Equal("bar", (await engine.GantryAsync("start", "-a", id)).Succeeded().Text);
        Assert.NotEmpty(Layers(id));
        (await engine.GantryAsync("rm", id)).Succeeded();
        Assert.Empty(Layers(id));
    }

    [Fact]
    public async Task A_missing_image_is_told()
    {
        (await engine.GantryAsync("create", "--pull", "never", "--mount", "type=image,src=no-such,dst=/x", "busybox")).Failed("No such image: no-such:latest");
        (await engine.GantryAsync("create", "--mount", "type=image,dst=/x", "busybox")).Failed("invalid mount config for type \"image\": field Source must not be empty");
    }

    private string[] Layers(string id) => Directory.GetDirectories(engine.DataRoot, id + ".image*", SearchOption.AllDirectories);

    private async Task<string> BuildAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(engine.Folder, Path.GetRandomFileName())).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "subdir"));
        await File.WriteAllTextAsync(Path.Combine(folder, "foo"), "bar\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "subdir", "hello"), "world\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "Dockerfile"),
            "FROM busybox AS links\nRUN mkdir /hack && ln -s ../subdir /hack/good && ln -s ../../../../tmp /hack/bad\nFROM scratch\nCOPY foo /\nCOPY subdir subdir\nCOPY --from=links /hack /hack\n");
        var name = "mounted-" + Guid.NewGuid().ToString("N")[..8];
        (await engine.GantryAsync("build", "-q", "-t", name, folder)).Succeeded();
        return name;
    }
}
