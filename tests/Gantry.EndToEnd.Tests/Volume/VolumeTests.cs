using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Volume;

[Collection(EngineCollection.Name)]
public sealed class VolumeTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_named_volume_outlives_its_containers(string client)
    {
        Assert.Equal("kept\n", (await engine.RunAsync(client, "volume", "create", "kept")).Succeeded().Output);
        (await engine.RunAsync(client, "run", "--rm", "-v", "kept:/data", "busybox", "sh", "-c", "echo hello > /data/file")).Succeeded();
        Assert.Equal("hello", (await engine.RunAsync(client, "run", "--rm", "--mount", "type=volume,src=kept,dst=/d,readonly", "busybox", "cat", "/d/file")).Succeeded().Text);

        var id = (await engine.RunAsync(client, "create", "-v", "kept:/data", "--mount", "type=volume,src=kept,dst=/d,readonly", "busybox")).Succeeded().Text;
        Assert.Equal("/d false z", (await engine.RunAsync(client, "inspect", "-f", "{{range .Mounts}}{{if not .RW}}{{.Destination}} {{.RW}} {{.Mode}}{{end}}{{end}}", id)).Succeeded().Text);
        Assert.Contains("volume is in use", (await engine.RunAsync(client, "volume", "rm", "kept")).Error, StringComparison.Ordinal);
        (await engine.RunAsync(client, "rm", id)).Succeeded();
        (await engine.RunAsync(client, "volume", "rm", "kept")).Succeeded();
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_directory_of_a_volume_begins_with_what_the_image_has_at_its_place(string client)
    {
        (await engine.RunAsync(client, "run", "--rm", "-v", "parts:/v", "busybox", "sh", "-c", "mkdir /v/empty /v/full; echo own > /v/full/own; ln -s .. /v/out")).Succeeded();

        Assert.Contains("root:", (await MountAsync("empty", "passwd")).Succeeded().Output, StringComparison.Ordinal);
        (await MountAsync("full", "passwd")).Failed("No such file or directory");
        (await MountAsync("out", "passwd")).Failed("failed to populate volume: path concatenation escapes the base directory, base: ");
        (await MountAsync("none", "passwd")).Failed("cannot access path ");

        (await engine.RunAsync(client, "volume", "rm", "parts")).Succeeded();

        Task<Result> MountAsync(string part, string file) =>
            engine.RunAsync(client, "run", "--rm", "--mount", $"type=volume,src=parts,dst=/etc,volume-subpath={part}", "busybox", "cat", "/etc/" + file);
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Binds_and_copies_reach_the_host(string client)
    {
        var folder = Directory.CreateDirectory(Path.Combine(engine.Folder, "bind-" + client)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "in"), "from host\n");

        Assert.Equal("from host", (await engine.RunAsync(client, "run", "--name", "binder", "-v", $"{folder}:/b", "busybox", "sh", "-c", "cat /b/in; echo back > /b/out; echo x > /inside")).Succeeded().Text);
        Assert.Equal("back\n", await File.ReadAllTextAsync(Path.Combine(folder, "out")));
        (await engine.RunAsync(client, "cp", "binder:/inside", folder)).Succeeded();
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(folder, "inside")));
        (await engine.RunAsync(client, "rm", "binder")).Succeeded();
    }

    [Fact]
    public async Task Places_that_are_missing_are_made_as_ordinary_directories()
    {
        (await engine.GantryAsync("run", "--name", "places", "-v", "/new/place", "--tmpfs", "/other", "busybox", "stat", "-c", "%a", "/new", "/new/place")).Succeeded();
        (await engine.GantryAsync("commit", "places", "with-places")).Succeeded();

        Assert.Equal("755\n755\n755", (await engine.GantryAsync("run", "--rm", "with-places", "stat", "-c", "%a", "/new", "/new/place", "/other")).Succeeded().Text);
        (await engine.GantryAsync("rm", "-v", "places")).Succeeded();
        (await engine.GantryAsync("rmi", "with-places")).Succeeded();
    }

    [Fact]
    public async Task A_filter_that_is_no_boolean_is_refused_whether_there_are_volumes_or_not() =>
        (await engine.GantryAsync("volume", "ls", "-f", "dangling=invalid")).Failed("invalid filter 'dangling=[invalid]'");

    [Fact]
    public async Task A_missing_bind_source_is_an_error_for_mount_and_is_made_for_v()
    {
        var folder = Path.Combine(engine.Folder, "not-yet");

        var mount = await engine.GantryAsync("run", "--rm", "--mount", $"type=bind,src={folder},dst=/x", "busybox", "true");
        Assert.Equal(125, mount.ExitCode);
        Assert.Contains($"bind source path does not exist: {folder}", mount.Error, StringComparison.Ordinal);
        (await engine.GantryAsync("run", "--rm", "-v", $"{folder}:/x", "busybox", "true")).Succeeded();
        Assert.True(Directory.Exists(folder));
    }
}
